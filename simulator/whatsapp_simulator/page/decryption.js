// Messages that cannot be read yet: shown as ciphertext, then as what they are, in the same model. Clients hear of such a
// message twice, as with the real page.
'use strict';

__d('WASimulatorDecryption', (require, exports) => {
  const { createWid } = require('WAWebWidFactory');
  const MsgKey = require('WAWebMsgKey').default;
  const { MsgCollection } = require('WAWebMsgCollection');
  const Incoming = require('WASimulatorIncoming');

  const waiting = (message) => {
    const known = MsgCollection.findFirst((msg) => !msg.id.fromMe && msg.id.id === message.id);
    return known && known.type === 'ciphertext' ? known : undefined;
  };

  exports.ciphertext = async ({ message, contact }) => {
    require('WAWebContactCollection').ContactCollection.learn(contact);
    const chat = createWid(message.chat);
    const participant = message.author && createWid(message.author);
    const id = new MsgKey({ fromMe: false, remote: chat, id: message.id, participant });
    if (!MsgCollection.get(id)) {
      await require('WAWebHandleSingleMsg').handleSingleMsg(chat, { id, type: 'ciphertext', body: '', t: message.t,
        ack: message.ack, isNewMsg: true, notifyName: contact.name || undefined, from: chat, author: participant,
        to: require('WAWebUserPrefsMeUser').getMePnUserOrThrow(), self: 'in' });
    }
  };

  // The keys came: the model of the ciphertext becomes the message.
  exports.message = async (frame) => {
    const known = waiting(frame.message);
    if (known) {
      const { id, ...values } = Incoming.values(frame.message, true, known.notifyName);
      known.set(values);
    }
    await Incoming.message(frame);
  };
});
