// What is done to messages: reactions, edits, deletions for everyone, votes; and forwarding. Own ones are handed in like
// messages, under an id of their own; those of others come from the server in their place among the messages.
'use strict';

__d('WAWebReactionsModel', (require, exports) => {
  const { BaseModel, defineModel } = require('WAWebBaseModel');
  exports.default = defineModel('reactions', ['id', 'reactions', 'reactionByMe'], class Reactions extends BaseModel {
    initialize() { Object.defineProperty(this, 'senders', { value: new Map() }); }
  });
});

__d('WAWebReactionsCollection', (require, exports) => {
  const { BaseCollection } = require('WAWebBaseCollection');

  class ReactionsCollectionImpl extends BaseCollection {
    // Each person has one reaction to a message; an empty one takes it back.
    addOrUpdateReaction(data) {
      const reactions = this.gadd(String(data.parentMsgKey));
      reactions.senders.delete(data.senderUserJid);
      if (data.reactionText) {
        reactions.senders.set(data.senderUserJid, data);
      }
      const byMe = (one) => require('WAWebUserPrefsMeUser').isSerializedWidMe(one.senderUserJid);
      const emojis = new Map();
      for (const one of reactions.senders.values()) {
        emojis.set(one.reactionText, [...(emojis.get(one.reactionText) || []), one]);
      }
      reactions.set({ reactionByMe: [...reactions.senders.values()].find(byMe),
        reactions: [...emojis].map(([aggregateEmoji, senders]) =>
          ({ aggregateEmoji, hasReactionByMe: senders.some(byMe), senders })) });
    }
  }
  ReactionsCollectionImpl.model = require('WAWebReactionsModel').default;
  exports.ReactionsCollectionImpl = ReactionsCollectionImpl;
  exports.ReactionsCollection = new ReactionsCollectionImpl();
});

// Clients wrap this function to hear of reactions; the second argument says whether it is a new one.
__d('WAWebAddOrUpdateReactions', (require, exports) => {
  exports.addOrUpdateReactionsModelCollection = async (data) => {
    require('WAWebReactionsCollection').ReactionsCollection.addOrUpdateReaction(data);
  };
});

__d('WAWebReactionsGetReactions', (require, exports) => {
  exports.getReactions = async (msgId) => {
    const found = require('WAWebReactionsCollection').ReactionsCollection.get(String(msgId));
    return { reactionByMe: found && found.reactionByMe, reactions: (found && found.reactions) || [] };
  };
});

__d('WAWebSendReactionMsgAction', (require, exports) => {
  exports.sendReactionToMsg = async (msg, reactionText) => {
    const Changes = require('WASimulatorChanges');
    const key = await Changes.newKey(msg.id.remote);
    try {
      const { t } = await Changes.handIn('reaction', key, msg.id, { body: reactionText || '' });
      await Changes.reacted({ key, parent: msg.id, sender: require('WASimulatorWire').meIn(msg.id.remote),
        text: reactionText || '', t, isNew: true });
      return { messageSendResult: 'OK', t, count: null };
    } catch (error) {
      return { messageSendResult: 'ERROR_UNKNOWN', errorCode: error.code, t: null, count: null };
    }
  };
});

__d('WAWebMsgActionCapability', (require, exports) => {
  const EDIT_SECONDS = 15 * 60;
  const young = (msg) => require('WATimeUtils').unixTime() - msg.t < EDIT_SECONDS;
  exports.canEditText = (msg) => msg.id.fromMe && msg.type === 'chat' && msg.ack >= 0 && young(msg);
  exports.canEditCaption = (msg) => msg.id.fromMe && require('WASimulatorWire').hasCaption(msg.type) && young(msg);
  exports.canSenderRevokeMsg = (msg) => msg.id.fromMe && msg.type !== 'revoked';
});

__d('WAWebSendMessageEditAction', (require, exports) => {
  exports.addAndSendMessageEdit = async (msg, { id, body, t }) => {
    await require('WASimulatorChanges').handIn('edit', id, msg.id, { body });
    require('WASimulatorChanges').edited(msg, body, id, t);
  };
  exports.sendMessageEdit = async (msg, body) => {
    const id = await require('WASimulatorChanges').newKey(msg.id.remote);
    await exports.addAndSendMessageEdit(msg, { id, body, t: require('WATimeUtils').unixTime() });
  };
});

__d('WAWebRevokeMsgAction', (require, exports) => {
  exports.sendRevokeMsgs = async (chat, { list }) => {
    const Changes = require('WASimulatorChanges');
    for (const msg of list) {
      try {
        const { t } = await Changes.handIn('delete', await Changes.newKey(msg.id.remote), msg.id, {});
        Changes.revoked(msg, msg.id.fromMe ? 'sender' : 'admin', t);
      } catch (error) {
        console.warn(`revoke: ${error.message}`);
      }
    }
  };
  // On this device alone, and until it logs in again.
  exports.sendDeleteMsgs = async (chat, { list }) => {
    for (const msg of list) {
      chat.msgs.remove(msg);
      require('WAWebMsgCollection').MsgCollection.remove(msg);
    }
  };
});

// Clients wrap this function to hear of votes.
__d('WAWebPollsUpsertVotes', (require, exports) => {
  const votes = new Map();
  exports.upsertVotesDb = async (rows) => {
    for (const row of rows) {
      const sofar = (votes.get(String(row.parentMsgKey)) || []).filter((one) => String(one.sender) !== String(row.sender));
      votes.set(String(row.parentMsgKey), [...sofar, row]);
    }
  };
  exports.votesOf = (key) => votes.get(String(key)) || [];
});

__d('WAWebPollsVotesSchema', (require, exports) => {
  exports.getVotes = async (keys) => keys.flatMap((key) => require('WAWebPollsUpsertVotes').votesOf(key));
  exports.getVote = async (key) => (await exports.getVotes([key]))[0];
});

__d('WAWebChatForwardMessage', (require, exports) => {
  const MsgKey = require('WAWebMsgKey').default;
  const KEPT = ['type', 'body', 'caption', 'isCaptionByUser', 'mimetype', 'filehash', 'encFilehash', 'mediaKey', 'directPath',
    'size', 'filename', 'duration', 'width', 'height', 'isGif', 'lat', 'lng', 'loc', 'vcardFormattedName', 'vcardList',
    'pollName', 'pollOptions', 'pollSelectableOptionsCount'];

  // Those that could not be forwarded.
  exports.forwardMessages = async ({ chat, msgs, includeCaption = true }) => {
    const Wire = require('WASimulatorWire');
    const failed = [];
    for (const msg of msgs) {
      const from = Wire.meIn(chat.id);
      const id = new MsgKey({ fromMe: true, remote: chat.id, id: await MsgKey.newId(),
        participant: chat.id.isGroup() ? from : undefined });
      const values = Object.fromEntries(KEPT.filter((name) => msg[name] !== undefined).map((name) => [name, msg[name]]));
      if (!includeCaption && Wire.isMedia(msg.type)) {
        Object.assign(values, { caption: undefined, isCaptionByUser: false });
      }
      const [, result] = require('WAWebSendMsgChatAction').addAndSendMsgToChat(chat, { ...values, id, from, to: chat.id,
        self: 'out', t: require('WATimeUtils').unixTime(), isNewMsg: true, ack: 0, local: true, isForwarded: true,
        forwardingScore: (msg.forwardingScore || 0) + 1 });
      if ((await result).messageSendResult !== 'OK') {
        failed.push(msg);
      }
    }
    return failed;
  };
});

__d('WAWebForwardMessagesToChat', (require, exports) => {
  exports.forwardMessagesToChats = async (msgs, chats, includeCaption) => {
    for (const chat of chats) {
      await require('WAWebChatForwardMessage').forwardMessages({ chat, msgs, includeCaption });
    }
    return true;
  };
});

__d('WASimulatorChanges', (require, exports) => {
  const MsgKey = require('WAWebMsgKey').default;
  const { MsgCollection } = require('WAWebMsgCollection');
  const Wire = require('WASimulatorWire');

  exports.newKey = async (remote) => new MsgKey({ fromMe: true, remote, id: await MsgKey.newId(),
    participant: remote.isGroup() ? Wire.meIn(remote) : undefined });

  exports.handIn = (kind, key, target, more) => require('WAWebSendMsgJob').handOver({ type: 'send', kind, id: key.id,
    to: String(target.remote), target: target.id, ...more });

  exports.edited = (msg, text, key, t) => {
    const values = { type: msg.type };
    Wire.edit(values, text);
    msg.set({ ...values, latestEditMsgKey: key, latestEditSenderTimestampMs: t * 1000 });
  };

  exports.revoked = (msg, subtype, t) => msg.set(Wire.revoked(subtype, t));

  exports.reacted = ({ key, parent, sender, text, t, isNew }) =>
    require('WAWebAddOrUpdateReactions').addOrUpdateReactionsModelCollection({ msgKey: String(key), orphan: 0,
      parentMsgKey: String(parent), senderUserJid: String(sender), reactionText: text, read: !isNew, t: t * 1000,
      timestamp: t * 1000 }, isNew);

  // An own change that an earlier life of this page handed in, and that the server has now.
  exports.applied = async ({ id, kind, to, target, body }, t) => {
    const msg = MsgCollection.findFirst((one) => one.id.id === target && String(one.id.remote) === to);
    if (!msg) {
      return;
    }
    const sender = Wire.meIn(msg.id.remote);
    const key = Wire.keyOf({ chat: to, id, fromMe: true });
    if (kind === 'edit') {
      exports.edited(msg, body, key, t);
    } else if (kind === 'delete') {
      exports.revoked(msg, msg.id.fromMe ? 'sender' : 'admin', t);
    } else if (kind === 'reaction') {
      await exports.reacted({ key, parent: msg.id, sender, text: body, t, isNew: true });
    }
  };

  const voted = ({ key, parent, sender, names, t }) => {
    const poll = MsgCollection.get(parent);
    const chosen = ((poll && poll.pollOptions) || []).filter(({ name }) => names.includes(name));
    return require('WAWebPollsUpsertVotes').upsertVotesDb([{ ack: 1, msgKey: key, parentMsgKey: parent, sender,
      selectedOptionLocalIds: chosen.map(({ localId }) => localId), senderTimestampMs: t * 1000 }]);
  };

  // A change as the server tells it; `isNew` when it is told live, not as history.
  exports.take = async (message, isNew) => {
    const key = Wire.keyOf(message);
    const parent = Wire.keyOf({ ...message.target, chat: message.chat });
    const me = Wire.meIn(key.remote);
    const sender = key.participant || (message.fromMe ? me : key.remote);
    const msg = MsgCollection.get(parent);
    if (message.type === 'reaction') {
      await exports.reacted({ key, parent, sender, text: message.body, t: message.t, isNew });
    } else if (message.type === 'vote') {
      await voted({ key, parent, sender, names: message.content.options, t: message.t });
    } else if (message.type === 'edit' && msg && String(msg.latestEditMsgKey) !== String(key)) {
      exports.edited(msg, message.body, key, message.t);
    } else if (message.type === 'revoke') {
      const byAuthor = message.target.fromMe === message.fromMe && message.target.author === message.author;
      await require('WAWebHandleSingleMsg').handleSingleMsg(key.remote, { id: key, type: 'protocol',
        subtype: byAuthor ? 'sender_revoke' : 'admin_revoke', protocolMessageKey: parent, t: message.t, isNewMsg: isNew,
        author: key.participant, from: message.fromMe ? me : key.remote, to: message.fromMe ? key.remote : me });
    }
  };

  // What was done to a message that comes as history.
  exports.takeHistory = async ({ reactions = [], votes = [] }) => {
    for (const change of [...reactions, ...votes]) {
      await exports.take(change, false);
    }
  };
});
