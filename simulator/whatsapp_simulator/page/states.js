// What clients watch: the socket's state, the stream's mode and info, the connection's facts, commands and bus events.
'use strict';

__d('WAWebSocketConstants', (require, exports) => {
  const values = (...names) => Object.fromEntries(names.map((name) => [name, name]));
  exports.SOCKET_STATE = values('OPENING', 'PAIRING', 'UNPAIRED', 'UNPAIRED_IDLE', 'CONNECTED', 'TIMEOUT', 'CONFLICT',
    'UNLAUNCHED', 'PROXYBLOCK', 'TOS_BLOCK', 'SMB_TOS_BLOCK', 'DEPRECATED_VERSION');
  exports.SOCKET_STREAM = values('DISCONNECTED', 'SYNCING', 'RESUMING', 'CONNECTED');
  exports.WATCHED_SOCKET_STATE = values('OPEN', 'CLOSED');
});

__d('WAWebCmd', (require, exports) => {
  const EventEmitter = require('WAWebEventEmitter').default;

  class CmdImpl extends EventEmitter {
    constructor() {
      super();
      this.isMainLoaded = false;
      this.uiBusy = 0;
    }

    mainLoaded() {
      this.isMainLoaded = true;
      this.trigger('main_loaded');
    }

    logout() { this.trigger('logout'); }
    refreshQR() { this.trigger('refresh_qr'); }
    criticalSyncDone() { this.trigger('critical_sync_done'); }
    handleOfflineProgressUpdate(percent) { this.trigger('offline_progress_update_from_bridge', percent); }
    sendRevokeMsgs(...args) { return require('WAWebRevokeMsgAction').sendRevokeMsgs(...args); }
    sendDeleteMsgs(...args) { return require('WAWebRevokeMsgAction').sendDeleteMsgs(...args); }
    async openChatBottom({ chat }) { chat.collection.setActive(chat); return true; }
    async openChatFromUnread({ chat }) { chat.collection.setActive(chat); return true; }
    async closeChat(chat) { chat.collection.setActive(null); return true; }
  }
  exports.CmdImpl = CmdImpl;
  exports.Cmd = new CmdImpl();
});

__d('WAWebBackendEventBus', (require, exports) => {
  const EventEmitter = require('WAWebEventEmitter').default;
  const names = ['app_state_sync_completed', 'logout', 'refresh_qr', 'starting_logout', 'on_initial_chat_synced',
    'on_recent_chat_history_synced', 'on_full_chat_history_synced', 'on_critical_sync_done',
    'storage_initialization_error', 'socket_stream_disconnected', 'open_socket_stream', 'reconnect_socket',
    'set_socket_state', 'account_temporarily_banned', 'unexpected_logout_modal', 'initial_load_ready',
    'main_stream_mode_ready', 'service_unavailable_503', 'offline_process_ready', 'offline_delivery_end'];
  exports.BackendEvent = Object.fromEntries(names.map((name) => [name.toUpperCase(), name]));

  class BackendEventBusImpl extends EventEmitter {
    constructor() {
      super();
      this.isMainStreamReadyMd = false;
      this.isOfflineDeliveryEnd = false;
    }
  }
  exports.BackendEventBus = new BackendEventBusImpl();
});

__d('WAWebConnModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');

  class ConnImpl extends BaseModel {
    static defaults() { return { id: 'Conn', connected: false, platform: undefined, pushname: '', is24h: true }; }
    get isSMB() { return ['smba', 'smbi'].includes(this.platform); }
    canSetMyPushname() { return !this.isSMB; }
  }
  defineModel('conn', ['id', 'ref', 'refTTL', 'refId', 'wid', 'connected', 'platform', 'pushname', 'battery', 'plugged',
    'phone', 'is24h', 'blockStoreAdds'], ConnImpl);
  exports.ConnImpl = ConnImpl;
  exports.Conn = new ConnImpl();
});

__d('WAWebNetworkStatus', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');

  class NetworkStatusModel extends BaseModel {
    static defaults() { return { online: navigator.onLine }; }
    checkOnline() { return this.online; }
  }
  defineModel('networkStatus', ['online'], NetworkStatusModel);
  exports.default = new NetworkStatusModel();
});

__d('WAWebStreamModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');
  const values = (...names) => Object.fromEntries(names.map((name) => [name, name]));
  exports.StreamInfo = values('OFFLINE', 'OPENING', 'PAIRING', 'SYNCING', 'RESUMING', 'CONNECTING', 'NORMAL');
  exports.StreamMode = values('QR', 'MAIN', 'SYNCING', 'OFFLINE', 'CONFLICT', 'PROXYBLOCK', 'TOS_BLOCK',
    'SMB_TOS_BLOCK', 'DEPRECATED_VERSION');

  class StreamImpl extends BaseModel {
    static defaults() { return { mode: 'SYNCING', info: 'OPENING', available: false, needsUpdate: false }; }
    get displayInfo() { return this.info; }
    markAvailable() { this.available = true; }
    markUnavailable() { this.available = false; }
    unobscure() {}
  }
  defineModel('stream', ['mode', 'info', 'available', 'needsUpdate', 'obscurity', 'isHardRefresh', 'resumeCount'],
    StreamImpl);
  exports.Stream = new StreamImpl();
});

__d('WAWebSocketModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');
  const { Cmd } = require('WAWebCmd');

  class SocketImpl extends BaseModel {
    static defaults() { return { state: 'UNLAUNCHED', stream: 'DISCONNECTED', hasSynced: false, canSend: false }; }
    logout() { require('WASimulatorSession').logout(); }
    takeover() { require('WASimulatorSession').takeover(); }
    reconnect() { require('WASimulatorTransport').reconnect(); }
    poke() { Cmd.refreshQR(); }
  }
  defineModel('socket', ['state', 'stream', 'hasSynced', 'canSend', 'retryTimestamp', 'launched'], SocketImpl);
  exports.Socket = new SocketImpl();
});

__d('WAWebHistorySyncProgressModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');
  exports.HistorySyncProgressModel = defineModel('historySyncProgress', ['realProgress', 'remainingPausedSeconds'],
    class HistorySyncProgressModel extends BaseModel {});
  const progress = new exports.HistorySyncProgressModel({ realProgress: 0, remainingPausedSeconds: 0 });
  exports.getHistorySyncProgressModel = () => progress;
});

__d('WAWebLaunchSocketUtils', (require, exports) => {
  exports.refreshQR = () => require('WAWebCmd').Cmd.refreshQR();
});

__d('WAWebLogoutReason', (require, exports) => {
  exports.LogoutReason = { UserInitiated: 'user_initiated', UnknownCompanion: 'unknown_companion',
    AccountLocked: 'account_locked', SyncdFailure: 'syncd_failure' };
  exports.LOGOUT_REASON_CODE = { CLIENT_FATAL: '0', SYNC_FAIL: '1', INITIAL_HISTORY_SYNC_TIMEOUT: '2',
    ACCOUNT_LOCKED: '3' };
});

__d('WAWebLogoutReasonConstants', (require, exports) => {
  let code = null;
  let message = null;
  exports.getErrorCodeFromLogoutReason = (reason) => (reason === 'account_locked' ? '3' : '0');
  exports.setPrevLogoutReasonCode = (value) => { code = value; };
  exports.getPrevLogoutReasonCode = () => code;
  exports.setPrevCustomLogoutMessage = (value) => { message = value; };
  exports.getPrevCustomLogoutMessage = () => message;
});

__d('WAWebLinkDeviceEvents', (require, exports) => {
  const EventEmitter = require('WAWebEventEmitter').default;
  exports.WAWebLinkDeviceEvents = new EventEmitter();
});

__d('WAWebOfflineHandler', (require, exports) => {
  exports.OfflineMessageHandler = { getOfflineDeliveryProgress: () => 100 };
});

__d('WAWebMiscBrowserUtils', (require, exports) => {
  const agent = navigator.userAgent;
  const find = (names) => names.find((name) => agent.includes(name));
  const browser = {
    os: find(['Windows', 'Android', 'Linux', 'Mac']) || 'Unknown',
    name: { Firefox: 'Firefox', Edg: 'Edge', Chrome: 'Chrome', Safari: 'Safari' }[
      find(['Firefox', 'Edg', 'Chrome', 'Safari'])] || 'Browser',
    version: (/(?:Chrome|Firefox|Version)\/([\d.]+)/.exec(agent) || [])[1],
    ua: agent,
  };
  exports.default = { info: () => browser, hardRefresh: () => location.reload() };
  exports.info = () => exports.default.info();
});
