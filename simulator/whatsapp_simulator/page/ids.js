// Identities: who (Wid), which message (MsgKey), and base64 as the clients use it.
'use strict';

__d('WABase64', (require, exports) => {
  exports.encodeB64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  exports.decodeB64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
});

__d('WAWebWid', (require, exports) => {
  class Wid {
    constructor(text) {
      const [, user, device, server] = /^([^:@]*)(?::(\d+))?@?([a-z.]*)$/.exec(text) || [];
      if (server === undefined) {
        throw new Error(`wid error: invalid wid ${text}`);
      }
      this.server = server || user;
      this.user = server ? user : '';
      if (device !== undefined) {
        this.device = Number(device);
      }
      this._serialized = device ? `${user}:${this.device}@${this.server}` : `${this.user}@${this.server}`;
    }

    toString() { return this._serialized; }
    toJSON() { return this._serialized; }
    toJid() { return this._serialized.replace('@c.us', '@s.whatsapp.net'); }
    equals(other) { return Boolean(other) && String(other) === this._serialized; }
    getDeviceId() { return this.device || 0; }
    getSignalAddress() { return `${this.user}.${this.getDeviceId()}`; }
    isUser() { return ['c.us', 'lid', 'bot'].includes(this.server); }
    isUserNotPSA() { return this.isUser() && !this.isPSA(); }
    isRegularUser() { return this.isUser() && !this.isPSA() && !this.isBot(); }
    isLid() { return this.server === 'lid'; }
    isGroup() { return this.server === 'g.us'; }
    isGroupCall() { return this.server === 'call'; }
    isBroadcast() { return this.server === 'broadcast'; }
    isStatus() { return this._serialized === 'status@broadcast'; }
    isStatusV3() { return this.isStatus(); }
    isNewsletter() { return this.server === 'newsletter'; }
    isBot() { return this.server === 'bot'; }
    isPSA() { return this._serialized === '0@c.us'; }
    isServer() { return this._serialized === 'server@c.us'; }
    isCompanion() { return this.getDeviceId() > 0; }
    isOfficialBizAccount() { return false; }
    isHosted() { return false; }
    isSameAccount(other) { return Boolean(other) && this.user === other.user && this.server === other.server; }
    isGreaterThan(other) { return this._serialized > String(other); }
    isLessThan(other) { return this._serialized < String(other); }
    asUserWidOrThrow() { return require('WAWebWidFactory').toUserWidOrThrow(this); }
    toLogString() { return this._serialized; }
  }

  const parse = (value) => (value instanceof Wid ? value : new Wid(String(value)));
  Wid.isWid = (value) => value instanceof Wid || /^[^@]*@(c\.us|lid|g\.us|broadcast|newsletter|bot)$/.test(String(value));
  Wid.isXWid = (server, value) => Wid.isWid(value) && parse(value).server === server;
  Wid.equals = (a, b) => String(a) === String(b);
  Wid.user = (value) => parse(value).user;
  for (const name of ['isUser', 'isLid', 'isGroup', 'isGroupCall', 'isBroadcast', 'isStatus', 'isStatusV3', 'isServer',
    'isPSA', 'isOfficialBizAccount', 'isGreaterThan', 'isLessThan']) {
    Wid[name] = (value, other) => Wid.isWid(value) && parse(value)[name](other);
  }
  exports.default = Wid;
});

__d('WAWebWidFactory', (require, exports) => {
  const Wid = require('WAWebWid').default;
  const known = new Map();

  // The same text is the same object, as clients compare with ===.
  exports.createWid = (text) => {
    if (text instanceof Wid) {
      return text;
    }
    const wid = new Wid(String(text).replace('@s.whatsapp.net', '@c.us'));
    if (!known.has(wid._serialized)) {
      known.set(wid._serialized, wid);
    }
    return known.get(wid._serialized);
  };
  exports.isWidlike = (value) =>
    Boolean(value) && typeof value === 'object' && typeof value.server === 'string' && typeof value.user === 'string';
  exports.createWidFromWidLike = (value) => exports.createWid(
    value.device ? `${value.user}:${value.device}@${value.server}` : `${value.user}@${value.server}`);
  exports.createUserWidOrThrow = (user, server = 'c.us') =>
    exports.createWid(String(user).includes('@') ? user : `${user}@${server}`);
  exports.createUserWid = exports.createUserWidOrThrow;
  exports.createUserLidOrThrow = (user) => exports.createUserWidOrThrow(user, 'lid');
  exports.createDeviceWid = exports.createWid;
  exports.createDeviceWidFromUserAndDevice = (user, server, device) => exports.createWid(`${user}:${device}@${server}`);
  exports.userJidToUserWid = exports.createWid;
  exports.toUserWidOrThrow = (wid) => exports.createWid(`${wid.user}@${wid.server}`);
  exports.toUserWid = exports.toUserWidOrThrow;
  exports.toChatWid = exports.toUserWidOrThrow;
  exports.toGroupWid = exports.createWid;
  exports.asUserWidOrThrow = exports.toUserWidOrThrow;
});

__d('WAWebMsgKey', (require, exports) => {
  const { createWid } = require('WAWebWidFactory');

  class MsgKey {
    constructor(obj) {
      if (!obj) {
        throw new Error('MsgKey error: obj is null/undefined');
      }
      if (obj.remote === undefined && obj.to === undefined) {
        throw new Error('MsgKey error: neither remote nor to was given');
      }
      this.fromMe = obj.fromMe !== undefined ? Boolean(obj.fromMe) : obj.selfDir !== 'in';
      this.remote = createWid(obj.remote || (this.fromMe ? obj.to : obj.from));
      this.id = obj.id;
      if (obj.participant) {
        this.participant = createWid(obj.participant);
      }
      this.self = this.fromMe ? 'out' : 'in';
      this._serialized = [this.fromMe, this.remote, this.id].concat(this.participant || []).join('_');
    }

    toString() { return this._serialized; }
    toJSON() { return this; }
    equals(other) { return Boolean(other) && String(other) === this._serialized; }
    clone() { return new MsgKey(this); }

    static fromString(text) {
      const [fromMe, remote, id, participant] = String(text).split('_');
      if (!['true', 'false'].includes(fromMe) || !remote || !id) {
        throw new Error(`MsgKey error: ${text} is no message key`);
      }
      return new MsgKey({ fromMe: fromMe === 'true', remote, id, participant });
    }

    static from(value) { return value instanceof MsgKey ? value : MsgKey.fromString(value); }

    // Ids made by WhatsApp Web begin so.
    static async newId() {
      const bytes = crypto.getRandomValues(new Uint8Array(9));
      return '3EB0' + [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('').toUpperCase();
    }
  }
  MsgKey.newTag = MsgKey.newId;
  exports.default = MsgKey;
});

__d('WATimeUtils', (require, exports) => {
  exports.unixTime = () => Math.floor(Date.now() / 1000);
  exports.unixTimeMs = () => Date.now();
});
