// Sending: a message is shown at once, sent when there is a connection (again after a loss, with the same id, so that it
// is never doubled), and its promise settles when the server has it.
'use strict';

__d('WAWebSendMsgChatAction', (require, exports) => {
  const { MsgCollection } = require('WAWebMsgCollection');
  const { Msg } = require('WAWebMsgModel');

  // Shown before it is sent. An id that is shown already stays what it is: nothing is added, and no event says so.
  exports.show = async (chat, values) => {
    const msg = MsgCollection.get(values) || new Msg(values);
    chat.msgs.add(msg);
    chat.t = Math.max(chat.t || 0, msg.t);
    MsgCollection.add(msg);
    return msg;
  };

  exports.handIn = (msg) => require('WAWebSendMsgJob').encryptAndSendMsg({ data: msg, type: msg.type }).then(
    (sent) => ({ messageSendResult: 'OK', t: sent.t, count: null }),
    (error) => {
      msg.updateAck(-1);
      return { messageSendResult: 'ERROR_UNKNOWN', errorCode: error.code, t: null, count: null };
    });

  // Two promises, at once: the message as shown, and what became of it.
  exports.addAndSendMsgToChat = (chat, values) => {
    const shown = exports.show(chat, values);
    return [shown, shown.then(exports.handIn)];
  };
  exports.sendTextMsgToChat = async (chat, text) => {
    const MsgKey = require('WAWebMsgKey').default;
    const from = require('WASimulatorWire').meIn(chat.id);
    const participant = chat.id.isGroup() ? from : undefined;
    const id = new MsgKey({ fromMe: true, remote: chat.id, id: await MsgKey.newId(), participant });
    const [shown, result] = exports.addAndSendMsgToChat(chat, { id, type: 'chat', body: text, from, to: chat.id, self: 'out',
      t: require('WATimeUtils').unixTime(), isNewMsg: true, ack: 0, local: true });
    await shown;
    return result;
  };
});

__d('WAWebSendMsgResultAction', (require, exports) => {
  exports.SendMsgResult = { OK: 'OK', ERROR_NETWORK: 'ERROR_NETWORK', ERROR_EXPIRED: 'ERROR_EXPIRED',
    ERROR_CANCELLED: 'ERROR_CANCELLED', ERROR_UPLOAD: 'ERROR_UPLOAD', ERROR_UNKNOWN: 'ERROR_UNKNOWN' };
});

__d('WAWebSendMsgJob', (require, exports) => {
  const Transport = require('WASimulatorTransport');
  const waiting = new Map(); // message id → {frame, resolve, reject}, oldest first

  exports.encryptAndSendMsg = async ({ data, type }) => {
    const Wire = require('WASimulatorWire');
    const msgProtobuf = require('WAWebE2EProtoGenerator').createMsgProtobuf(data);
    const { attrs } = await require('WAWebSendMsgCreateFanoutStanza').createFanoutMsgStanza({ chatId: data.to,
      deviceList: [], msgProtobuf, msgRecord: { type, data } });
    const { text } = msgProtobuf.extendedTextMessage || { text: msgProtobuf.conversation };
    return exports.handOver({ type: 'send', id: attrs.id, to: attrs.to, kind: data.type, gif: Boolean(data.isGif),
      body: text === undefined ? Wire.text(data) : text, content: Wire.content(data) }, data);
  };

  // Until the server has it, over losses of the line and of the page. `shown` is the message; a change has none.
  exports.handOver = (frame, shown) => new Promise((resolve, reject) => {
    const before = waiting.get(frame.id); // handed over twice, it has one outcome
    const both = (name, settle) => (value) => { if (before) { before[name](value); } settle(value); };
    const entry = { frame, resolve: both('resolve', resolve), reject: both('reject', reject), kept: false };
    waiting.set(frame.id, entry);
    require('WASimulatorPending').keep(frame, shown).then(() => {
      entry.kept = true;
      if (require('WAWebSocketModel').Socket.canSend) {
        Transport.send(frame);
      }
    });
  });
  exports.encryptAndSendSenderKeyMsg = exports.encryptAndSendMsg;
  exports.encryptAndSendStatusMsg = async () => { throw new Error('status: not simulated'); };

  // After a login: what the server may not have.
  exports.sendWaiting = () => {
    for (const { frame, kept } of waiting.values()) {
      if (kept) {
        Transport.send(frame);
      }
    }
  };

  // One that an earlier life of this page left behind; it goes out with the next `sendWaiting`.
  exports.sendAgain = (frame, msg) => waiting.set(frame.id, { frame, kept: true,
    resolve({ t }) { if (!msg) { require('WASimulatorChanges').applied(frame, t); } },
    reject() { if (msg) { msg.updateAck(-1); } } });

  const settle = (id, how) => {
    const entry = waiting.get(id);
    waiting.delete(id);
    if (entry) {
      require('WASimulatorPending').forget(id);
      how(entry);
    }
  };
  exports.accepted = ({ id, t }) => settle(id, (entry) => entry.resolve({ t, sync: null, phash: null, error: null }));
  exports.refused = ({ id, error, message }) =>
    settle(id, (entry) => entry.reject(Object.assign(new Error(message), { code: error })));
});

__d('WAWebSendMsgCreateFanoutStanza', (require, exports) => {
  exports.createFanoutMsgStanza = async ({ chatId, msgProtobuf, msgRecord }) => ({ tag: 'message',
    attrs: { id: msgRecord.data.id.id, to: String(chatId),
      type: require('WAWebE2EProtoUtils').typeAttributeFromProtobuf(msgProtobuf) }, content: [] });
});

__d('WAWebE2EProtoGenerator', (require, exports) => {
  const NAMES = { ptt: 'audio', ptv: 'video', vcard: 'contact', multi_vcard: 'contactsArray', poll_creation: 'pollCreation' };
  exports.createMsgProtobuf = (msg) => {
    if (msg.type === 'chat') {
      return msg.subtype === 'url' ? { extendedTextMessage: { text: msg.body } } : { conversation: msg.body };
    }
    return { [`${NAMES[msg.type] || msg.type}Message`]: require('WASimulatorWire').content(msg) };
  };
});

__d('WAWebE2EProtoUtils', (require, exports) => {
  const MEDIA = ['imageMessage', 'videoMessage', 'audioMessage', 'documentMessage', 'stickerMessage', 'contactMessage'];
  exports.typeAttributeFromProtobuf = (proto) => (MEDIA.some((name) => proto[name]) ? 'media' : 'text');
});

__d('WAWebBackendJobsCommon', (require, exports) => {
  exports.mediaTypeFromProtobuf = (proto) => {
    const name = Object.keys(proto).find((one) => /^(image|video|audio|document|sticker)Message$/.test(one));
    return name ? name.replace('Message', '') : null;
  };
  exports.encodeMaybeMediaType = (type) => type || exports.DROP_ATTR;
  exports.DROP_ATTR = 'DROP_ATTR';
});

__d('WAWebGetEphemeralFieldsMsgActionsUtils', (require, exports) => {
  exports.getEphemeralFields = () => ({});
});

__d('WALinkify', (require, exports) => {
  const link = ([href]) => ({ href, url: href, originalText: href, suspiciousCharacters: undefined });
  exports.findLinks = (text) => [...String(text || '').matchAll(/https?:\/\/\S+/g)].map(link);
  exports.findLink = (text) => exports.findLinks(text)[0];
  exports.findFirstWebLink = exports.findLink;
});

__d('WAWebLinkPreviewChatAction', (require, exports) => {
  exports.getLinkPreview = async (link) => require('WAWebMinimalLinkPreview').genMinimalLinkPreview(link);
});

__d('WAWebMinimalLinkPreview', (require, exports) => {
  // The simulator fetches nothing from the web.
  exports.genMinimalLinkPreview = async () => null;
});
