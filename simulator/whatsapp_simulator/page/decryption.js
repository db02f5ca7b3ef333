// Messages that cannot be read yet: shown as ciphertext, then as what they are, in the same model. Clients hear of such a
// message twice, as with the real page.
'use strict';

__d('WASimulatorDecryption', (require, exports) => {
  const { createWid } = require('WAWebWidFactory');
  const MsgKey = require('WAWebMsgKey').default;
  const { MsgCollection } = require('WAWebMsgCollection');

  exports.ciphertext = async ({ message, contact }) => {
    require('WAWebContactCollection').ContactCollection.learn(contact);
    const chat = createWid(message.chat);
    const participant = message.author && createWid(message.author);
    const id = new MsgKey({ fromMe: false, remote: chat, id: message.id, participant });
    if (!MsgCollection.get(id)) {
      await require('WAWebHandleSingleMsg').handleSingleMsg(chat, { id, type: 'ciphertext', body: '', t: message.t,
        seq: message.seq, ack: message.ack, isNewMsg: true, notifyName: contact.name || undefined, from: chat, author: participant,
        to: require('WAWebUserPrefsMeUser').getMePnUserOrThrow(), self: 'in' });
    }
  };

  // The keys came, or the page logged in again: the model of the ciphertext becomes the message.
  exports.decrypt = (message) => {
    const known = MsgCollection.findFirst((msg) => !msg.id.fromMe && msg.id.id === message.id);
    if (known && known.type === 'ciphertext') {
      const { id, isNewMsg, ...values } = require('WASimulatorIncoming').values(message, true, known.notifyName);
      known.set(values);
    }
  };
});
