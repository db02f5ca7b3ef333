// Chats: the list, one chat, and how one comes into being.
'use strict';

__d('WAWebSuperChatMsgs', (require, exports) => {
  const { BaseModel } = require('WAWebBaseModel');

  class ModelChatBase extends BaseModel {
    initialize() {
      const { ChatMsgsCollection } = require('WAWebChatMsgsCollection');
      Object.defineProperty(this, 'msgs', { value: new ChatMsgsCollection([], { parent: this }), configurable: true });
    }
    onEmptyMRM() { throw new Error('onEmptyMRM not implemented'); }
    getAllCMCs() { return [this.msgs]; }
    getAllMsgs() { return this.msgs.getModelsArray(); }
    removeMsg(msg) { this.msgs.remove(msg); }
  }
  exports.default = ModelChatBase;
});

__d('WAWebChatModel', (require, exports) => {
  const { defineModel } = require('WAWebBaseModel');
  const ModelChatBase = require('WAWebSuperChatMsgs').default;
  const Getters = require('WAWebFrontendContactGetters');

  class Chat extends ModelChatBase {
    static defaults() {
      return { unreadCount: 0, archive: false, isReadOnly: false, isAnnounceGrpRestrict: false, muteExpiration: 0,
        pin: 0, notSpam: true, canSend: true, active: false, pendingMsgs: false, hasEstablishedE2EESession: true };
    }

    initialize() {
      super.initialize();
      this.promises = {};
      this.mute = { id: this.id, expiration: 0, isMuted: false, isState: true };
    }

    get contact() { return require('WAWebContactCollection').ContactCollection.gadd(this.id); }
    get formattedTitle() { return this.name || Getters.getDisplayName(this.contact); }
    get presence() { return require('WAWebPresenceCollection').PresenceCollection.gadd(this.id); }
    get lastReceivedKey() { return this.msgs.length ? this.msgs.last().id : undefined; }
    title() { return this.formattedTitle; }
    getCollection() { return require('WAWebChatCollection').ChatCollection; }
    isTrusted() { return true; }
    hasMaybeSentMsgToChat() { return this.msgs.some((msg) => msg.id.fromMe); }
    serialize() {
      return { ...super.serialize(), formattedTitle: this.formattedTitle, lastReceivedKey: this.lastReceivedKey };
    }
  }
  exports.Chat = defineModel('chat', ['id', 't', 'unreadCount', 'archive', 'isReadOnly', 'isAnnounceGrpRestrict',
    'muteExpiration', 'name', 'notSpam', 'pin', 'canSend', 'active', 'pendingMsgs', 'labels', 'ephemeralDuration',
    'hasEstablishedE2EESession', 'groupMetadata', 'markedUnread', 'typing', 'accountLid'], Chat);
  Chat.idClass = require('WAWebWid').default;
});

__d('WAWebChatCollection', (require, exports) => {
  const { BaseCollection } = require('WAWebBaseCollection');
  const { createWid } = require('WAWebWidFactory');

  class ChatCollectionImpl extends BaseCollection {
    static comparator(a, b) { return (b.t || 0) - (a.t || 0); }
    getActive() { return this.findFirst((chat) => chat.active); }
    setActive(chat) {
      for (const other of this.filter((one) => one.active && one !== chat)) {
        other.active = false;
      }
      if (chat) {
        chat.active = true;
      }
    }
    gadd(id, values = {}) { return super.gadd(createWid(id), values); }
  }
  ChatCollectionImpl.model = require('WAWebChatModel').Chat;
  exports.ChatCollectionImpl = ChatCollectionImpl;
  exports.ChatCollection = new ChatCollectionImpl();
  exports.ChatCollection.on('change:t', () => exports.ChatCollection.sort());
});

__d('WAWebChatGetters', (require, exports) => {
  exports.getShouldAppearInList = (chat) => Boolean(chat.t);
  exports.getPreviewMessage = (chat) => (chat.msgs.length ? [chat.msgs.last()] : []);
  exports.getShowChangeNumberNotification = () => false;
  exports.getShouldShowUnreadDivider = (chat) => chat.unreadCount > 0;
  exports.getHasUnread = (chat) => chat.unreadCount !== 0;
  exports.getIsGroup = (chat) => chat.id.isGroup();
  exports.getIsNewsletter = (chat) => chat.id.isNewsletter();
  exports.getIsBroadcast = (chat) => chat.id.isBroadcast();
  exports.getKind = (chat) => (chat.id.isGroup() ? 'group' : 'chat');
});

__d('WAWebChatSearchQuery', (require, exports) => {
  class SearchQuery {
    constructor() { this.filter = undefined; }
    updateLabelQuery(filter) { this.filter = filter; return this; }
  }
  exports.SearchQuery = SearchQuery;
});

__d('WAWebInboxFilters', (require, exports) => {
  exports.isFilterExcludedFromSearchTreatmentInInboxFlow = () => false;
});

__d('WAWebCreateChatRecord', (require, exports) => {
  exports.createChatRecord = async (wid) => require('WAWebChatCollection').ChatCollection.gadd(wid);
});

__d('WAWebFindChatAction', (require, exports) => {
  const { ChatCollection } = require('WAWebChatCollection');
  const { toUserWidOrThrow } = require('WAWebWidFactory');

  // A chat with a LID is the chat with its number, as long as accounts are not migrated to LIDs.
  const chatWid = (wid) => {
    const phone = wid.isLid() ? require('WAWebLidPnCache').lidPnCache.getPhoneNumber(wid) : wid;
    return phone && phone.isUser() ? toUserWidOrThrow(phone) : phone || wid;
  };

  exports.findExistingChat = async (wid) => ChatCollection.get(chatWid(wid));
  exports.findChat = async (wid) => (await exports.findOrCreateLatestChat(wid)).chat;
  exports.findOrCreateLatestChat = async (wid) => {
    const id = chatWid(wid);
    const known = ChatCollection.get(id);
    if (known) {
      return { chat: known, created: false };
    }
    require('WAWebContactCollection').ContactCollection.gadd(id);
    return { chat: await require('WAWebCreateChatRecord').createChatRecord(id), created: true };
  };
});

__d('WAWebUpdateUnreadChatAction', (require, exports) => {
  exports.sendSeen = async (options) => {
    const chat = options.chat || options;
    if (chat.unreadCount !== 0) {
      chat.unreadCount = 0;
      require('WASimulatorTransport').send({ type: 'seen', chat: String(chat.id) });
    }
  };
  exports.markUnread = async (options) => { (options.chat || options).unreadCount = -1; };
});
