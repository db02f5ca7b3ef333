// Who is there and who is typing, both ways.
'use strict';

__d('WAWebPresenceModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');
  const { BaseCollection } = require('WAWebBaseCollection');

  class Chatstate extends BaseModel {}
  exports.Chatstate = defineModel('chatstate', ['id', 'type', 't', 'deny'], Chatstate);

  class ChatstateCollection extends BaseCollection {}
  ChatstateCollection.model = Chatstate;
  exports.ChatstateCollection = ChatstateCollection;
  exports.ChatstateCollectionImpl = ChatstateCollection;

  class Presence extends BaseModel {
    static defaults() { return { isOnline: false, isSubscribed: false, hasData: false, forceDisplay: false }; }

    initialize() {
      const chatstate = new Chatstate({ id: this.id });
      chatstate.on('change:type', (...args) => this.trigger('change:chatstate.type', ...args));
      this.set({ chatstate }, { silent: true });
      Object.defineProperty(this, 'chatstates', { value: new ChatstateCollection() });
    }

    get isUser() { return require('WAWebWidFactory').createWid(this.id).isUser(); }
    get isGroup() { return require('WAWebWidFactory').createWid(this.id).isGroup(); }
    async subscribe() {
      if (!this.isSubscribed) {
        this.isSubscribed = true;
        require('WAWebContactPresenceBridge').subscribeUserPresence(this.id);
      }
    }
  }
  exports.Presence = defineModel('presence', ['id', 'isOnline', 'isSubscribed', 'hasData', 'forceDisplay', 'chatstate'],
    Presence);
});

__d('WAWebPresenceCollection', (require, exports) => {
  const { BaseCollection } = require('WAWebBaseCollection');
  const { createWid } = require('WAWebWidFactory');

  class PresenceCollectionImpl extends BaseCollection {
    gadd(id, values = {}) { return super.gadd(createWid(id), values); }
    clearAllPresence() { this.reset(); }
  }
  PresenceCollectionImpl.model = require('WAWebPresenceModel').Presence;
  exports.PresenceCollection = new PresenceCollectionImpl();
});

__d('WAWebContactPresenceBridge', (require, exports) => {
  const ask = (wid) => require('WASimulatorTransport').send({ type: 'subscribe', chat: String(wid) });
  exports.subscribeUserPresence = async (wid) => { ask(wid); };
  exports.subscribeGroupPresence = () => {};
});

__d('WAWebPresenceChatAction', (require, exports) => {
  const tell = (chat, state) =>
    require('WASimulatorTransport').send({ type: 'chatstate', chat: String(chat.id), state });
  exports.markComposing = async (chat) => { tell(chat, 'composing'); };
  exports.markRecording = async (chat) => { tell(chat, 'recording'); };
  exports.markPaused = async (chat) => { tell(chat, 'paused'); };
  exports.sendPresenceAvailable = () => {};
  exports.sendPresenceUnavailable = () => {};
});

// As whatsapp-web.js names them.
__d('WAWebChatStateBridge', (require, exports) => {
  const of = (wid) => ({ id: wid });
  exports.sendChatStateComposing = (wid) => require('WAWebPresenceChatAction').markComposing(of(wid));
  exports.sendChatStateRecording = (wid) => require('WAWebPresenceChatAction').markRecording(of(wid));
  exports.sendChatStatePaused = (wid) => require('WAWebPresenceChatAction').markPaused(of(wid));
});

__d('WASimulatorPresence', (require, exports) => {
  const { PresenceCollection } = require('WAWebPresenceCollection');
  const SHOWN = { paused: 'available' };

  exports.told = ({ chat, participant, state }) => {
    const presence = PresenceCollection.gadd(chat);
    const type = SHOWN[state] || state;
    presence.set({ hasData: true, isOnline: state !== 'unavailable' });
    if (participant) {
      presence.chatstates.gadd(participant).type = type;
    }
    presence.chatstate.type = type;
  };
});
