// New messages, each under an id that Python gives, and changes of old ones.
//
// The promise: one id is one message. A message that the page's store has already is waited for, never made again;
// what WhatsApp kept from before a crash it sends by itself.
const HOLD_MS = 60000; // how long after its caller a send that hangs inside wa-js keeps its id taken
const OPTIONS = { createChat: true, linkPreview: false, detectMentioned: false, markIsRead: false, waitForAck: true };
const underway = new Map(); // bare id → the send
const QUIET = { linkPreview: false, detectMentioned: false, markIsRead: false };

const keyFor = async (chat, id) => {
  const { remote, participant } = await WPP.chat.generateMessageID(chat); // WhatsApp's own form for this chat
  return new WPP.whatsapp.MsgKey({ fromMe: true, remote, id, participant });
};
// Every whole id that the message may have: a chat can be known by number or LID, and so can we in a group.
const wholeIds = (chat, id, key) => {
  const ids = key ? [idOf(key)] : [];
  const me = attempt(() => WPP.conn.getMyUserId(), null);
  const tails = isGroup(chat) ? [...new Set([lidOf(me), text(me)])].filter(Boolean).map((one) => `_${one}`) : [""];
  for (const one of [text(chat), phoneOf(chat), lidOf(chat)].filter(Boolean)) {
    for (const tail of tails) ids.push(`true_${one}_${id}${tail}`);
  }
  return [...new Set(ids)];
};

const OWN_FIELDS = [
  "body", "caption", "isCaptionByUser", "subtype", "mimetype", "filename", "size", "duration", "width", "height", "waveform",
  "directPath", "deprecatedMms3Url", "mediaKey", "mediaKeyTimestamp", "filehash", "encFilehash", "streamingSidecar",
  "firstFrameLength", "firstFrameSidecar", "scanLengths", "scansSidecar", "pageCount", "isGif", "gifAttribution", "isAnimated",
  "thumbnailDirectPath", "thumbnailSha256", "thumbnailEncSha256", "thumbnailHeight", "thumbnailWidth", "lat", "lng", "loc",
  "clientUrl", "isLive", "accuracy", "vcardFormattedName", "vcardList", "pollName", "pollOptions",
  "pollSelectableOptionsCount",
];
// WhatsApp's own forwarding chooses the id itself, so the message is made again from what it is made of: the file
// stays where it is on WhatsApp's servers.
const forwarded = (msg) => {
  const raw = { type: msg.type, isForwarded: true, forwardingScore: (msg.forwardingScore || 0) + 1 };
  for (const name of OWN_FIELDS) {
    if (msg[name] !== undefined && msg[name] !== null) raw[name] = msg[name];
  }
  if (msg.type === "poll_creation") {
    raw.pollEncKey = self.crypto.getRandomValues(new Uint8Array(32));
    raw.messageSecret = self.crypto.getRandomValues(new Uint8Array(32));
  }
  if (msg.mediaData) raw.mediaData = msg.mediaData;
  return raw;
};

// How each content goes to wa-js. `file` is a File of `files.js`.
const SENDERS = {
  text: (chat, { text: body }, options) => WPP.chat.sendTextMessage(chat, body, options),
  media: (chat, content, options, file) =>
    WPP.chat.sendFileMessage(chat, file, {
      ...options,
      type: content.kind === "voice" ? "audio" : content.kind,
      isPtt: content.kind === "voice",
      isGif: content.gif,
      caption: content.caption || undefined, // an empty one would show the file's name
      filename: content.fileName,
      mimetype: content.mimeType,
    }),
  location: (chat, { latitude, longitude, name, address }, options) =>
    WPP.chat.sendLocationMessage(chat, {
      ...options, lat: latitude, lng: longitude, name: name || undefined, address: address || undefined,
    }),
  // Not sendVCardContactMessage: it writes its own card from what the page knows of a number.
  contacts: (chat, { cards }, options) =>
    WPP.chat.sendRawMessage(
      chat,
      cards.length === 1
        ? { type: "vcard", body: cards[0].vcard, vcardFormattedName: cards[0].name }
        : { type: "multi_vcard", vcardList: cards.map(({ name, vcard }) => ({ displayName: name, vcard })) },
      options,
    ),
  poll: (chat, { name, options: choices, multiple }, options) =>
    WPP.chat.sendCreatePollMessage(chat, name, choices, { ...options, selectableCount: multiple ? 0 : 1 }),
  forward: (chat, { original }, options) => WPP.chat.sendRawMessage(chat, forwarded(original), options),
};

// Waits until WhatsApp has the message, or says that it will not take it.
const settled = (msg, ms) =>
  new Promise((resolve) => {
    if (msg.ack !== 0) {
      resolve();
      return;
    }
    const look = () => {
      if (msg.ack === 0) return;
      msg.off("change:ack", look);
      resolve();
    };
    msg.on("change:ack", look);
    setTimeout(() => {
      msg.off("change:ack", look);
      resolve();
    }, ms);
  });
const outcome = (msg, result) => {
  if (!msg) throw new Problem("unknown", `WhatsApp says ${result || "nothing"} of the message.`);
  if (msg.ack < 0) throw new Problem("refused", `WhatsApp refused the message (${result || `ack ${msg.ack}`}).`);
  if (msg.ack < 1 && !["OK", "0"].includes(result)) {
    throw new Problem("unknown", `WhatsApp did not accept the message: ${result || "no reason given"}.`);
  }
  return { ...plain(msg), ack: Math.max(1, msg.ack) };
};

const begin = async (chat, key, { content, replyTo, mentions }) => {
  mustBeConnected();
  const options = { ...OPTIONS, messageId: key };
  if (replyTo) options.quotedMsg = await messageOf(replyTo, "the message to reply to");
  if (mentions.length) options.mentionedList = mentions;
  const what = { ...content };
  if (what.forward) what.original = await messageOf(what.forward, "the message to forward");
  const file = what.handle ? takeUpload(what.handle, what) : null;
  mustBeConnected(); // after the lookups, and as late as can be
  // A receipt says as much as WhatsApp's own answer, which may have been lost.
  const receipt = { id: idOf(key), sendMsgResult: { messageSendResult: "OK" } };
  const received = new Promise((resolve) => accepted.set(key.id, () => resolve(receipt)));
  try {
    const sent = await Promise.race([SENDERS[what.type](chat.id, what, options, file), received]);
    const result = text(sent.sendMsgResult && sent.sendMsgResult.messageSendResult);
    return outcome(inMemory(idOf(key)) || inMemory(sent.id), result);
  } catch (error) {
    if (error instanceof Problem) throw error;
    // Once it is in the store, WhatsApp may send it whatever wa-js says.
    throw new Problem(inMemory(idOf(key)) ? "unknown" : "refused", said(error));
  } finally {
    accepted.delete(key.id);
  }
};

serve("send", async (call) => {
  const { chat: chatId, id, ms } = call;
  if (!underway.has(id)) {
    const work = (async () => {
      if (!existingChat(chatId)) mustBeConnected();
      const chat = await WPP.chat.find(chatId).catch(() => null);
      if (!chat) throw new Problem("missing", "WhatsApp could not open the chat.");
      const key = await keyFor(chat, id).catch(() => null);
      if (!key) throw new Problem("refused", "WhatsApp could not make an id for the message.");
      // When the store does not answer, the id itself keeps the message from being doubled.
      const there = await inStore(wholeIds(chat.id, id, key)).catch(() => null);
      if (!there || there.ack < 0) return begin(chat, key, call);
      await settled(there, ms);
      return outcome(there, null);
    })();
    const given = new Promise((_resolve, reject) => {
      setTimeout(() => reject(new Problem("unknown", "wa-js did not end the send.")), ms + HOLD_MS);
    });
    underway.set(id, Promise.race([work, given]).finally(() => underway.delete(id)));
  }
  return underway.get(id);
});
serve("find", async ({ chat, id }) => {
  const own = ownByBareId(id) || (await inStore(wholeIds(chat, id, null)));
  if (own) return plain(own);
  if (underway.has(id)) throw new Problem("failed", "The message is still being made.");
  mustBeConnected(); // a store that is not synced proves nothing
  return null;
});

const change = (name, work) =>
  serve(name, async (call) => {
    const msg = await messageOf(call.id);
    mustBeConnected();
    try {
      return await work(msg, call);
    } catch (error) {
      if (error instanceof Problem) throw error;
      throw new Problem("unknown", said(error));
    }
  });
const ownOnly = (msg) => {
  if (!msg.id.fromMe) throw new Problem("refused", "Only an own message can be changed so.");
};
const mustBeOk = (result) => {
  const how = text(attempt(() => result.messageSendResult, null) || result);
  if (how && !["OK", "0", "[object Object]"].includes(how)) throw new Problem("unknown", `WhatsApp says ${how}.`);
  return true;
};
change("react", async (msg, { emoji }) => {
  if (msg.type === "revoked") throw new Problem("refused", "The message was deleted.");
  const { sendMsgResult } = await WPP.chat.sendReactionToMessage(msg, emoji || false);
  return mustBeOk(sendMsgResult);
});
change("edit", async (msg, { text: body }) => {
  ownOnly(msg);
  try {
    await WPP.chat.editMessage(idOf(msg.id), body, QUIET);
  } catch (error) {
    if (attempt(() => error.code, null) !== "edit_message_error") throw error;
    throw new Problem("refused", "WhatsApp lets a text or caption be edited for 15 minutes only.");
  }
  return true;
});
change("delete", async (msg) => {
  ownOnly(msg); // of others' messages wa-js would delete the own copy
  if (msg.type === "revoked") return true;
  await WPP.chat.deleteMessage(msg.id.remote, idOf(msg.id), false, true);
  return true;
});
