// Messages between the server's words and the model's: what a message carries (media, a place, contacts, a poll, a quote,
// mentions), and who wrote it where.
'use strict';

__d('WAWebMsgType', (require, exports) => {
  const names = ['notification', 'notification_template', 'group_notification', 'gp2', 'broadcast_notification',
    'e2e_notification', 'call_log', 'protocol', 'chat', 'location', 'payment', 'vcard', 'ciphertext', 'multi_vcard', 'revoked',
    'oversized', 'groups_v4_invite', 'hsm', 'template_button_reply', 'image', 'video', 'audio', 'ptt', 'sticker', 'document',
    'product', 'order', 'list', 'interactive', 'list_response', 'buttons_response', 'reaction', 'native_flow', 'unknown'];
  exports.MSG_TYPE = Object.fromEntries(names.map((name) => [name.toUpperCase(), name]));
  exports.SYSTEM_MESSAGE_TYPES = names.slice(0, 7);
});

__d('WAWebNonJidMentionType', (require, exports) => {
  exports.default = { MENTION_ALL: 1 };
});

__d('WASimulatorWire', (require, exports) => {
  const { createWid } = require('WAWebWidFactory');
  const { decodeB64, encodeB64 } = require('WABase64');
  const MsgKey = require('WAWebMsgKey').default;
  const Me = require('WAWebUserPrefsMeUser');
  const MEDIA = ['image', 'video', 'audio', 'ptt', 'document', 'sticker', 'ptv'];
  const CAPTIONED = ['image', 'video', 'document'];
  // What stands in `body` of pictures and places: a small JPEG, which clients must not take for text.
  const THUMBNAIL = '/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z';

  const hexToB64 = (hex) => encodeB64(Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16)));
  const b64ToHex = (text) =>
    [...new Uint8Array(decodeB64(text))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

  exports.hexToB64 = hexToB64;
  exports.isMedia = (type) => MEDIA.includes(type);
  exports.hasCaption = (type) => CAPTIONED.includes(type);

  // As whom this account speaks in a chat: by its LID in groups and to those whom it knows by LID alone.
  exports.meIn = (chat) => (chat.isGroup() || chat.isLid() ? Me.getMeLidUserOrThrow() : Me.getMePnUserOrThrow());

  exports.keyOf = ({ chat, id, fromMe, author }) => {
    const remote = createWid(chat);
    const participant = remote.isGroup() ? (author ? createWid(author) : fromMe && Me.getMeLidUserOrThrow()) : undefined;
    return new MsgKey({ fromMe, remote, id, participant: participant || undefined });
  };

  function mediaValues(media, gif) {
    return { mimetype: media.mimeType, filehash: hexToB64(media.sha256), encFilehash: hexToB64(media.sha256),
      size: media.size, filename: media.fileName, duration: media.seconds, width: media.width, height: media.height,
      directPath: media.directPath, deprecatedMms3Url: location.origin + media.directPath, mediaKey: hexToB64(media.sha256),
      isGif: Boolean(gif) };
  }

  function contentValues({ type, gif, body, content }) {
    const values = { body };
    if (content.media) {
      const thumbnail = type === 'image' || type === 'video' ? THUMBNAIL : '';
      Object.assign(values, mediaValues(content.media, gif), { caption: body || undefined, body: thumbnail,
        isCaptionByUser: Boolean(body) });
    }
    if (content.location) {
      const { latitude, longitude, name, address } = content.location;
      Object.assign(values, { lat: latitude, lng: longitude, loc: [name, address].filter(Boolean).join('\n'),
        body: THUMBNAIL });
    }
    if (type === 'vcard') {
      Object.assign(values, { body: content.contacts[0].vcard, vcardFormattedName: content.contacts[0].name });
    } else if (type === 'multi_vcard') {
      values.vcardList = content.contacts.map(({ name, vcard }) => ({ displayName: name, vcard, isMultiVcard: false }));
    } else if (type === 'poll_creation') {
      Object.assign(values, { pollName: content.poll.name, pollSelectableOptionsCount: content.poll.multiple ? 0 : 1,
        pollOptions: content.poll.options.map((name, localId) => ({ name, localId })) });
    } else if (type === 'gp2') {
      Object.assign(values, { subtype: content.action, recipients: (content.members || []).map(createWid) });
    }
    if (content.quoted) {
      const { id, participant, type: quotedType, body: quotedBody } = content.quoted;
      Object.assign(values, { quotedStanzaID: id, quotedParticipant: createWid(participant),
        quotedMsg: { type: quotedType, body: quotedBody } });
    }
    if (content.mentions) {
      values.mentionedJidList = content.mentions.map(createWid);
    }
    if (content.forwarded) {
      Object.assign(values, { isForwarded: true, forwardingScore: 1 });
    }
    return values;
  }

  // A message as the server tells it, as the model has it; with what has been done to it, when that is told too.
  exports.values = (message, isNewMsg, notifyName) => {
    const chat = createWid(message.chat);
    const me = exports.meIn(chat);
    const id = exports.keyOf(message);
    const values = { id, type: message.type, t: message.t, ack: message.ack, isNewMsg, notifyName,
      from: message.fromMe ? me : chat, to: message.fromMe ? chat : me, self: message.fromMe ? 'out' : 'in',
      author: id.participant, seq: message.seq, ...contentValues(message) };
    if (message.edit) {
      exports.edit(values, message.edit.text);
      Object.assign(values, { latestEditMsgKey: new MsgKey({ ...id, id: message.edit.id }),
        latestEditSenderTimestampMs: message.edit.t * 1000 });
    }
    if (message.delete) {
      Object.assign(values, exports.revoked(message.delete.byAuthor ? 'sender' : 'admin', message.delete.t));
    } else if (exports.isMedia(message.type)) {
      values.mediaData = require('WASimulatorMedia').dataOf(values);
    }
    return values;
  };

  exports.edit = (values, text) => { values[exports.hasCaption(values.type) ? 'caption' : 'body'] = text; };
  exports.revoked = (subtype, t) => ({ type: 'revoked', subtype, body: '', caption: undefined, mediaData: undefined,
    quotedStanzaID: undefined, quotedMsg: undefined, mentionedJidList: [], revokeTimestamp: t });

  // What a model carries beside its text, as the server takes it.
  exports.content = (msg) => {
    const content = {};
    if (exports.isMedia(msg.type)) {
      content.media = { sha256: b64ToHex(msg.filehash), size: msg.size, mimeType: msg.mimetype };
      const more = { fileName: msg.type === 'document' ? msg.filename : undefined, seconds: msg.duration, width: msg.width,
        height: msg.height };
      for (const [name, value] of Object.entries(more)) {
        if (value !== undefined && value !== null && value !== '') {
          content.media[name] = typeof value === 'string' && name !== 'fileName' ? Number(value) : value;
        }
      }
    } else if (msg.type === 'location') {
      const [name, ...address] = String(msg.loc || '').split('\n');
      content.location = { latitude: msg.lat, longitude: msg.lng, name: name || null, address: address.join('\n') || null };
    } else if (msg.type === 'vcard') {
      content.contacts = [{ name: msg.vcardFormattedName, vcard: msg.body }];
    } else if (msg.type === 'multi_vcard') {
      content.contacts = msg.vcardList.map(({ displayName, vcard }) => ({ name: displayName, vcard }));
    } else if (msg.type === 'poll_creation') {
      content.poll = { name: msg.pollName, options: msg.pollOptions.map(({ name }) => name),
        multiple: msg.pollSelectableOptionsCount !== 1 };
    }
    if (msg.quotedStanzaID) {
      content.quoted = { id: msg.quotedStanzaID, participant: String(msg.quotedParticipant),
        body: (msg.quotedMsg || {}).caption || (msg.quotedMsg || {}).body || '' };
    }
    if (msg.mentionedJidList && msg.mentionedJidList.length) {
      content.mentions = msg.mentionedJidList.map(String);
    }
    if (msg.isForwarded) {
      content.forwarded = true;
    }
    return content;
  };

  // What a person reads of it, in one line.
  exports.label = (msg) => {
    const what = { chat: '', revoked: 'This message was deleted', ciphertext: 'Waiting for this message', gp2: msg.subtype,
      vcard: msg.vcardFormattedName, poll_creation: msg.pollName, location: msg.loc }[msg.type];
    const kind = msg.type === 'chat' || msg.type === 'revoked' || msg.type === 'ciphertext' ? '' : `[${msg.type}]`;
    return [kind, what, msg.type === 'chat' ? msg.body : exports.hasCaption(msg.type) && (msg.caption || msg.filename)]
      .filter(Boolean).join(' ');
  };

  // The text that is sent: of media the caption, if a person wrote one.
  exports.text = (msg) => {
    if (exports.isMedia(msg.type)) {
      return msg.isCaptionByUser ? msg.caption || '' : '';
    }
    return msg.type === 'chat' ? msg.body : '';
  };
});
