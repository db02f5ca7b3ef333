// One page's life with the server: QR codes until a scan, the login after it, restoring it, logging out, losing the
// line and coming back. The only code that moves the socket's state and the stream's mode.
'use strict';

__d('WASimulatorSession', (require, exports) => {
  const Transport = require('WASimulatorTransport');
  const Login = require('WASimulatorLogin');
  const Keys = require('WASimulatorKeys');
  const Incoming = require('WASimulatorIncoming');
  const { encodeB64 } = require('WABase64');
  const { createWid } = require('WAWebWidFactory');
  const { Conn } = require('WAWebConnModel');
  const { Cmd } = require('WAWebCmd');
  const { Socket } = require('WAWebSocketModel');
  const { Stream } = require('WAWebStreamModel');
  const { BackendEventBus } = require('WAWebBackendEventBus');
  const NetworkStatus = require('WAWebNetworkStatus').default;

  // Between the last event of a page and its reload, so that whoever listens hears it.
  const BEFORE_RELOAD_MS = 250;
  const LOGOUT_ANSWER_MS = 5000;
  let leaving = false;
  // The real page takes a while to sync; clients that hook in during it must find it still syncing.
  let shortestSyncMs = 0;

  function browserName() {
    const { name, os } = require('WAWebMiscBrowserUtils').info();
    return `${name} (${os})`;
  }

  const frames = {
    ref({ ref, ttl, attempt }) {
      Conn.set({ ref, refTTL: ttl, refId: attempt });
      Socket.state = 'UNPAIRED';
      Stream.info = 'PAIRING';
      Stream.mode = 'QR';
    },

    idle() {
      Conn.ref = undefined;
      Socket.state = 'UNPAIRED_IDLE';
    },

    // The phone scanned: keep the credential, say so, and only then does the server count this browser as linked.
    async pair_success({ credential }) {
      Socket.state = 'PAIRING';
      await Login.keep(credential);
      Transport.send({ type: 'stored' });
    },

    restart() {
      leaving = true;
      Conn.set({ ref: undefined, wid: createWid(Login.current().wid), platform: Login.current().platform });
      Stream.set({ mode: 'SYNCING', info: 'SYNCING' });
      Cmd.mainLoaded();
      setTimeout(() => location.reload(), BEFORE_RELOAD_MS);
    },

    challenge({ nonce }) {
      Transport.send({ type: 'proof', answer: require('WASimulatorHmac').hmac(Login.current().secret, nonce) });
    },

    async welcome(welcome) {
      const { me, syncSeconds } = welcome;
      shortestSyncMs = syncSeconds * 1000;
      Conn.set({ wid: createWid(me.wid), pushname: me.pushname, platform: me.platform, connected: true, ref: undefined });
      Socket.set({ state: 'CONNECTED', stream: Socket.hasSynced ? 'RESUMING' : 'SYNCING' });
      Stream.set({ info: Socket.hasSynced ? 'RESUMING' : 'SYNCING', mode: Socket.hasSynced ? 'MAIN' : 'SYNCING' });
      require('WAWebContactCollection').ContactCollection.learn({ wid: me.wid.replace(/:\d+/, ''), name: me.pushname,
        lid: me.lid });
      await Incoming.loadHistory(welcome);
      require('WAWebHistorySyncProgressModel').getHistorySyncProgressModel().realProgress = 100;
      if (!Cmd.isMainLoaded) {
        Cmd.mainLoaded();
      }
    },

    async caught_up() {
      Incoming.settleUnread();
      if (!Socket.hasSynced) {
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, shortestSyncMs - performance.now())));
      }
      await require('WASimulatorPending').restore();
      if (!Transport.isOpen() || leaving) {
        return;
      }
      Socket.set({ stream: 'CONNECTED', canSend: true });
      Stream.set({ info: 'NORMAL', mode: 'MAIN' });
      BackendEventBus.isMainStreamReadyMd = true;
      BackendEventBus.isOfflineDeliveryEnd = true;
      BackendEventBus.trigger('offline_delivery_end');
      BackendEventBus.trigger('main_stream_mode_ready');
      Cmd.handleOfflineProgressUpdate(100);
      Socket.hasSynced = true;
      require('WAWebSendMsgJob').sendWaiting();
    },

    message: (frame) => Incoming.message(frame),
    ciphertext: (frame) => require('WASimulatorDecryption').ciphertext(frame),
    ack: (frame) => Incoming.ack(frame),
    nack: (frame) => require('WAWebSendMsgJob').refused(frame),
    receipt: (frame) => Incoming.receipt(frame),
    read: (frame) => Incoming.read(frame),

    // The same login was opened elsewhere: this page waits for a person (or takeover()).
    replaced() {
      Transport.stop();
      Socket.set({ state: 'CONFLICT', canSend: false });
      Stream.mode = 'CONFLICT';
    },

    // The number is banned: the page waits, connected, until it is not.
    blocked() {
      Conn.set({ connected: false, ref: undefined });
      Socket.set({ state: 'TOS_BLOCK', stream: 'DISCONNECTED', canSend: false });
      Stream.set({ mode: 'TOS_BLOCK' });
      BackendEventBus.trigger('account_temporarily_banned');
    },

    unblocked() {
      Stream.set({ mode: 'SYNCING', info: 'CONNECTING' });
      Transport.reconnect();
    },

    link_code_expired: () => require('WAWebAltDeviceLinkingApi').expired(),
    link_code_typed: () => require('WAWebAltDeviceLinkingApi').typed(),
    presence: (frame) => require('WASimulatorPresence').told(frame),
    call: (frame) => require('WASimulatorCalls').told(frame),

    // An update of WhatsApp Web.
    reload() {
      leaving = true;
      location.reload();
    },

    logout: ({ reason }) => leave(reason),
  };

  async function leave(reason) {
    if (leaving) {
      return;
    }
    leaving = true;
    const code = require('WAWebLogoutReasonConstants').getErrorCodeFromLogoutReason(reason);
    BackendEventBus.trigger('starting_logout');
    await Login.forget();
    Transport.stop();
    Conn.set({ connected: false });
    Socket.set({ canSend: false });
    BackendEventBus.trigger('logout');
    Cmd.logout();
    setTimeout(() => location.replace(`/?post_logout=1&logout_reason=${code}`), BEFORE_RELOAD_MS);
  }

  exports.logout = () => {
    if (!Login.current() || !Transport.send({ type: 'logout' })) {
      leave('user_initiated');
      return;
    }
    setTimeout(() => leave('user_initiated'), LOGOUT_ANSWER_MS);
  };

  exports.takeover = () => {
    Socket.state = 'OPENING';
    Stream.mode = 'MAIN';
    Transport.connect();
  };

  function onOpen() {
    NetworkStatus.online = true;
    Socket.set({ state: 'OPENING' });
    if (Login.current()) {
      Transport.send({ type: 'login', device: Login.current().device });
      return;
    }
    const { noise, identity } = Keys.current();
    Transport.send({ type: 'hello', browser: browserName(), keys: { noise: encodeB64(noise.pubKey),
      identity: encodeB64(identity.pubKey), adv: require('WAWebUserPrefsMultiDevice').getADVSecretKey() } });
  }

  function onLost() {
    if (leaving || Socket.state === 'CONFLICT') {
      return;
    }
    NetworkStatus.online = false;
    Conn.set({ connected: false, ref: undefined });
    Socket.set({ state: 'OPENING', stream: 'DISCONNECTED', canSend: false });
    Stream.info = 'OFFLINE';
    BackendEventBus.trigger('socket_stream_disconnected');
  }

  exports.start = async () => {
    try {
      await Keys.load();
      await Login.load();
    } catch (error) {
      BackendEventBus.trigger('storage_initialization_error', error);
      throw error;
    }
    Socket.state = 'OPENING';
    Transport.device(() => (Login.current() || {}).device);
    Transport.onFrame((frame) => (frames[frame.type] || (() => {}))(frame));
    Transport.on('open', onOpen);
    Transport.on('lost', onLost);
    Cmd.on('refresh_qr', () => Transport.send({ type: 'refresh' }));
    Transport.connect();
  };
});
