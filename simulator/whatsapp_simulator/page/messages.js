// Messages: the model, the store of all, the store of one chat, and looking back.
'use strict';

__d('WAWebAck', (require, exports) => {
  exports.ACK = { MD_DOWNGRADE: -7, INACTIVE: -6, CONTENT_UNUPLOADABLE: -5, CONTENT_TOO_BIG: -4, CONTENT_GONE: -3,
    EXPIRED: -2, FAILED: -1, CLOCK: 0, SENT: 1, RECEIVED: 2, READ: 3, PLAYED: 4, PEER: 5 };
  exports.ACK_STRING = { SENDER: 'sender', DELIVERY: 'delivery', READ: 'read', PLAYED: 'played', INACTIVE: 'inactive',
    READ_SELF: 'read-self', PLAYED_SELF: 'played-self' };
  exports.EDIT_ATTR = { SENDER_REVOKE: 7, ADMIN_REVOKE: 8 };
});

__d('WAWebMsgModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');

  class Msg extends BaseModel {
    static defaults() {
      return { type: 'chat', body: '', ack: 0, isNewMsg: false, star: false, isForwarded: false, mentionedJidList: [] };
    }

    initialize() {
      if (!this.mediaData && this.directPath && require('WASimulatorWire').isMedia(this.type)) {
        this.set({ mediaData: require('WASimulatorMedia').dataOf(this) }, { silent: true });
      }
    }

    get senderObj() { return require('WAWebContactCollection').ContactCollection.gadd(this.sender); }
    async downloadMedia() { return require('WASimulatorMedia').download(this); }
    get sender() { return this.author || this.from; }
    get text() { return this.body || this.caption; }
    get isFailed() { return this.ack < 0; }
    getCollection() { return require('WAWebMsgCollection').MsgCollection; }
    msgContextInfo() {
      return { quotedMsg: this.serialize(), quotedStanzaID: this.id.id, quotedParticipant: this.sender };
    }
    canReply() { return true; }
    canForward() { return true; }
    updateAck(ack) {
      if (ack > this.ack || ack < 0) {
        this.ack = ack;
      }
    }
    safe() { return this; }
    unsafe() { return this; }
  }
  exports.Msg = defineModel('msg', ['id', 'rowId', 'type', 'subtype', 'body', 't', 'notifyName', 'from', 'to', 'author',
    'self', 'ack', 'isNewMsg', 'star', 'isForwarded', 'mentionedJidList', 'caption', 'quotedMsg', 'quotedStanzaID',
    'quotedParticipant', 'latestEditMsgKey', 'mediaData', 'isLive', 'interactivePayload', 'protocolMessageKey', 'seq'], Msg);
  Msg.idClass = require('WAWebMsgKey').default;
});

__d('WAWebMsgCollection', (require, exports) => {
  const { BaseCollection } = require('WAWebBaseCollection');
  const { Msg } = require('WAWebMsgModel');

  class MsgCollectionImpl extends BaseCollection {
    // Every message of another one's making enters here, new or old.
    async processMultipleMessages(chatWid, messages) {
      const chat = require('WAWebChatCollection').ChatCollection.gadd(chatWid);
      return messages.map((values) => {
        if (values.type === 'protocol') {
          const about = this.get(values.protocolMessageKey);
          return about && require('WASimulatorChanges').revoked(about, values.subtype.split('_')[0], values.t);
        }
        const known = this.get(values);
        if (known) {
          known.updateAck(values.ack);
          return known;
        }
        const msg = new Msg(values);
        chat.msgs.add(msg);
        chat.t = Math.max(chat.t || 0, msg.t);
        if (msg.isNewMsg && !msg.id.fromMe && msg.ack < 3) {
          chat.unreadCount = Math.max(chat.unreadCount, 0) + 1;
        }
        return this.add(msg);
      });
    }

    async getMessagesById(ids) {
      const MsgKey = require('WAWebMsgKey').default;
      await require('WASimulatorLookup').byKeys(ids.filter((id) => !this.get(id)).map((id) => MsgKey.from(id)));
      return { messages: ids.map((id) => this.get(id)).filter(Boolean) };
    }
    hasSynced() { return require('WAWebSocketModel').Socket.hasSynced; }
  }
  MsgCollectionImpl.model = Msg;
  exports.MsgCollectionImpl = MsgCollectionImpl;
  exports.MsgCollection = new MsgCollectionImpl();
});

__d('WAWebChatMsgsCollection', (require, exports) => {
  const { BaseCollection } = require('WAWebBaseCollection');

  class ChatMsgsCollection extends BaseCollection {
    // Within a second the server's order counts; what it has not taken in yet comes last.
    static comparator(a, b) {
      return a.t - b.t || (a.seq || Number.MAX_SAFE_INTEGER) - (b.seq || Number.MAX_SAFE_INTEGER);
    }
    get loadAroundPromise() { return this.loadingAround || Promise.resolve(); }
  }
  ChatMsgsCollection.model = require('WAWebMsgModel').Msg;
  exports.ChatMsgsCollection = ChatMsgsCollection;
});

__d('WAWebChatLoadMessages', (require, exports) => {
  exports.loadEarlierMsgs = async () => [];
  exports.loadRecentMsgs = async () => [];
});

__d('WAWebChatMessageSearch', (require, exports) => {
  exports.getSearchContext = ({ chat, msgKey }) => {
    chat.msgs.loadingAround = require('WASimulatorLookup').byKeys([msgKey]);
    return { collection: chat.msgs, msg: chat.msgs.get(msgKey), key: msgKey, highlightMsg: true };
  };
});

__d('WAWebDBMessageFindLocal', (require, exports) => {
  const { MsgCollection } = require('WAWebMsgCollection');

  exports.msgFindByDirection = async ({ anchor, count, direction }) => {
    await require('WASimulatorLookup').around(anchor.remote, anchor, count);
    const chat = require('WAWebChatCollection').ChatCollection.get(anchor.remote);
    const all = chat ? chat.msgs.getModelsArray() : [];
    const at = all.indexOf(MsgCollection.get(anchor));
    const found = direction === 'after' ? all.slice(at + 1, at + 1 + count) : all.slice(Math.max(0, at - count), at);
    return { messages: found.map((msg) => msg.attributes), status: 200 };
  };
  exports.msgFindBefore = (options) => exports.msgFindByDirection({ ...options, direction: 'before' });
  exports.msgFindAfter = (options) => exports.msgFindByDirection({ ...options, direction: 'after' });
});

__d('WAWebMsgGetters', (require, exports) => {
  exports.getIsUnreadType = (msg) => ['chat', 'image', 'video', 'audio', 'ptt', 'document', 'sticker'].includes(msg.type);
});

__d('WAWebMsgReply', (require, exports) => {
  exports.canReplyMsg = (msg) => msg.ack >= 0;
});

__d('WAWebQuotedMsgModelUtils', (require, exports) => {
  const { MsgCollection } = require('WAWebMsgCollection');
  exports.getQuotedMsgObj = (msg) => MsgCollection.findFirst((other) => other.id.id === msg.quotedStanzaID);
});

__d('WAWebMsgDataFromModel', (require, exports) => {
  exports.msgDataFromMsgModel = (msg) => msg.attributes;
});
