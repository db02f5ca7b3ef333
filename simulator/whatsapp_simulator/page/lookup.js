// Looking for messages that this page does not have: the server has all of them. What is found enters the store silently,
// as history does.
'use strict';

__d('WASimulatorLookup', (require, exports) => {
  const Transport = require('WASimulatorTransport');

  async function take(frame) {
    try {
      const { contacts, messages } = await Transport.ask(frame);
      await require('WASimulatorIncoming').loadHistory({ contacts, chats: [], messages });
    } catch (error) {
      console.warn(`lookup: ${error.message}`); // without a connection there is what is here
    }
  }

  exports.byKeys = async (keys) => {
    if (keys.length) {
      await take({ type: 'lookup', keys: keys.map(({ fromMe, remote, id }) => ({ fromMe, chat: String(remote), id })) });
    }
  };

  // `count` messages before the anchor (all without a count), and everything after it.
  exports.around = (chat, anchor, count) => take({ type: 'history', chat: String(chat), id: anchor ? anchor.id : null,
    fromMe: Boolean(anchor && anchor.fromMe), count: Number.isFinite(count) ? count : null });
});
