// What the server tells a logged-in page about messages: new ones, acknowledgements, receipts, reads.
'use strict';

__d('WAWebHandleSingleMsg', (require, exports) => {
  exports.handleSingleMsg = (chatWid, values) =>
    require('WAWebMsgCollection').MsgCollection.processMultipleMessages(chatWid, [values]);
});

// Receipts of own messages (2 delivered, 3 read). Clients wrap these functions to hear of acknowledgements.
__d('WAWebHandleChatSimpleReceipt', (require, exports) => {
  exports.handleChatSimpleReceipt = async (receipt) => {
    const MsgKey = require('WAWebMsgKey').default;
    const { MsgCollection } = require('WAWebMsgCollection');
    for (const id of receipt.externalIds) {
      const msg = MsgCollection.get(new MsgKey({ fromMe: true, remote: receipt.from, id }));
      if (msg) {
        msg.updateAck(receipt.ack);
      }
    }
  };
});

__d('WAWebHandleGroupSimpleReceipt', (require, exports) => {
  exports.handleGroupSimpleReceipt = async (receipt) => {
    const { MsgCollection } = require('WAWebMsgCollection');
    for (const id of receipt.externalIds) {
      const msg = MsgCollection.findFirst((one) => one.id.fromMe && one.id.id === id);
      if (msg) {
        msg.updateAck(receipt.reached);
      }
    }
  };
});

__d('WAWebHandleStatusSimpleReceipt', (require, exports) => {
  exports.handleStatusSimpleReceipt = async () => {};
});

__d('WASimulatorIncoming', (require, exports) => {
  const { createWid } = require('WAWebWidFactory');
  const MsgKey = require('WAWebMsgKey').default;
  const { MsgCollection } = require('WAWebMsgCollection');
  const { ChatCollection } = require('WAWebChatCollection');
  const { ContactCollection } = require('WAWebContactCollection');
  const Send = require('WAWebSendMsgJob');
  const Transport = require('WASimulatorTransport');
  const { values } = require('WASimulatorWire');
  exports.values = values;

  // Acknowledgements that came while this page was not connected are told like all others.
  async function catchUp(message) {
    require('WASimulatorDecryption').decrypt(message);
    const known = MsgCollection.get(values(message, false));
    for (let ack = known.ack + 1; message.fromMe && ack <= message.ack; ack++) {
      await acknowledge(known, ack);
    }
  }

  // `participant` is the member of a group who has it; `reached` how far the message has come with all of them.
  async function acknowledge(msg, ack, participant = null, reached = ack) {
    if (ack === 1) {
      msg.updateAck(1);
      Send.accepted({ id: msg.id.id, t: msg.t });
      return;
    }
    const receipt = { type: 'receipt', stanzaId: msg.id.id, externalIds: [msg.id.id], from: msg.id.remote, participant,
      recipient: null, ack, ts: require('WATimeUtils').unixTime(), ackString: null, offline: null, reached };
    if (msg.id.remote.isGroup()) {
      await require('WAWebHandleGroupSimpleReceipt').handleGroupSimpleReceipt(receipt);
    } else {
      await require('WAWebHandleChatSimpleReceipt').handleChatSimpleReceipt(receipt);
    }
  }

  exports.loadHistory = async ({ contacts, chats, messages, groups = [] }) => {
    contacts.forEach((contact) => ContactCollection.learn(contact));
    groups.forEach((group) => require('WASimulatorGroups').learn(group));
    for (const message of messages) {
      if (MsgCollection.get(values(message, false))) {
        await catchUp(message);
      } else {
        await MsgCollection.processMultipleMessages(createWid(message.chat), [values(message, false)]);
        await require('WASimulatorChanges').takeHistory(message);
      }
    }
    for (const { wid, t, unread } of chats) {
      const chat = ChatCollection.gadd(wid);
      chat.set({ t: Math.max(chat.t || 0, t) });
      exports.unreadOnServer.set(wid, unread);
    }
  };

  // Counted when the missed messages are in: they count themselves.
  exports.unreadOnServer = new Map();
  exports.settleUnread = () => {
    for (const [wid, unread] of exports.unreadOnServer) {
      ChatCollection.gadd(wid).unreadCount = unread;
    }
    exports.unreadOnServer.clear();
  };

  exports.message = async ({ message, contact }) => {
    ContactCollection.learn(contact);
    const chat = ChatCollection.gadd(message.chat);
    if (message.chatName && !chat.name) {
      chat.name = message.chatName;
    }
    if (message.target) {
      await require('WASimulatorChanges').take(message, true);
    } else if (message.type === 'gp2') {
      await require('WASimulatorGroups').notice(message, contact.name || undefined);
    } else if (MsgCollection.get(values(message, true))) {
      await catchUp(message);
    } else {
      await require('WAWebHandleSingleMsg').handleSingleMsg(
        createWid(message.chat), values(message, true, contact.name || undefined));
    }
    Transport.send({ type: 'received', seq: message.seq });
  };

  const own = (id) => MsgCollection.findFirst((one) => one.id.fromMe && one.id.id === id);

  exports.ack = ({ id, seq, t, contact }) => {
    if (contact) {
      ContactCollection.learn(contact);
    }
    const msg = own(id);
    if (msg) {
      msg.seq = seq;
      msg.updateAck(1);
    }
    Send.accepted({ id, t });
    Transport.send({ type: 'received', seq });
  };

  exports.receipt = async ({ chat, ids, ack, participant, reached }) => {
    for (const id of ids) {
      const msg = MsgCollection.get(new MsgKey({ fromMe: true, remote: chat, id })) || own(id);
      if (msg && participant) {
        await acknowledge(msg, ack, createWid(participant), reached);
      } else if (msg && msg.ack < ack) {
        await acknowledge(msg, ack);
      }
    }
  };

  exports.read = ({ chat }) => {
    const known = ChatCollection.get(chat);
    if (known) {
      known.unreadCount = 0;
    }
  };
});
