// Messages as plain data, and how one is found. The page's half of `messages.py`.
const SYSTEM_KINDS = new Set([
  "ciphertext", "e2e_notification", "notification", "notification_template", "gp2", "broadcast_notification",
  "call_log", "protocol", "debug", "pinned_message", "reaction", "album", "poll_update", "keep_in_chat", "unknown",
]);
const FILE_KINDS = new Set(["image", "video", "gif", "ptv", "audio", "ptt", "document", "sticker"]);
const BODY_KINDS = new Set([
  "chat", "list_response", "buttons_response", "template_button_reply", "interactive_response",
]);
const LOOKUP_MS = 5000;

// Deleted for everyone: the model may carry the id of the deletion, and the message's own beside it.
const keyOf = (msg) => (msg.type === "revoked" && msg.protocolMessageKey) || msg.id;
const idOf = (key) => text(attempt(() => key._serialized, null) || key);
const counts = (msg) =>
  attempt(
    () => msg.type !== "revoked" && !SYSTEM_KINDS.has(msg.type) && !SYSTEM_CHATS.test(String(msg.id.remote)),
    false,
  );
const countsInStore = (msg) =>
  counts(msg) || attempt(() => msg.type === "revoked" && !SYSTEM_CHATS.test(String(msg.id.remote)), false);

// When something last happened to it, in seconds.
const touchedAt = (msg) =>
  Math.max(msg.t || 0, seconds(msg.latestEditSenderTimestampMs), seconds(msg.revokeTimestamp));
const seconds = (time) => (time > 1e11 ? time / 1000 : time || 0);
const textOf = (msg) => {
  if (msg.type === "revoked") return "";
  if (BODY_KINDS.has(msg.type)) return text(msg.body) || "";
  // Without a caption WhatsApp shows the file's name in its place.
  if (msg.caption && msg.caption === msg.filename && !msg.isCaptionByUser) return "";
  return text(msg.caption) || "";
};
const fileOf = (msg) => {
  if (!FILE_KINDS.has(msg.type)) return null;
  const data = msg.mediaData || {};
  const number = (...values) => {
    const found = values.map(Number).find((value) => Number.isFinite(value) && value > 0);
    return found === undefined ? null : Math.round(found);
  };
  return {
    mimeType: text(msg.mimetype || data.mimetype),
    size: number(msg.size, data.size),
    fileName: text(msg.filename || data.filename),
    voice: msg.type === "ptt",
    gif: msg.type === "gif" || !!(msg.isGif || data.isGif),
    seconds: number(msg.duration, data.duration),
    width: number(msg.width, data.fullWidth),
    height: number(msg.height, data.fullHeight),
  };
};
const placeOf = (msg) => {
  if (!["location", "live_location"].includes(msg.type)) return null;
  const [name, ...address] = (text(msg.loc) || "").split("\n");
  if (!Number.isFinite(Number(msg.lat)) || !Number.isFinite(Number(msg.lng))) return null;
  return { latitude: Number(msg.lat), longitude: Number(msg.lng), name: name || null, address: address.join("\n") || null };
};
const cardsOf = (msg) => {
  if (msg.type === "vcard") return [{ name: text(msg.vcardFormattedName), vcard: text(msg.body) || "" }];
  if (msg.type !== "multi_vcard") return [];
  return (msg.vcardList || []).map((card) => ({ name: text(card.displayName), vcard: text(card.vcard) || "" }));
};
const pollOf = (msg) =>
  msg.type === "poll_creation"
    ? {
        name: text(msg.pollName) || "",
        options: (msg.pollOptions || []).map((option) => text(option.name) || ""),
        multiple: msg.pollSelectableOptionsCount !== 1,
      }
    : null;
const quotedOf = (msg) => {
  if (!msg.quotedStanzaID) return null;
  const remote = toWid(msg.quotedRemoteJid || msg.id.remote);
  const who = msg.quotedParticipant;
  const key = attempt(
    () =>
      new WPP.whatsapp.MsgKey({
        id: msg.quotedStanzaID, fromMe: isMe(who), remote, participant: isGroup(remote) ? toWid(who) : undefined,
      }),
    null,
  );
  const quoted = msg.quotedMsg || {};
  return { id: key ? idOf(key) : text(msg.quotedStanzaID), from: known(who), text: textOf(quoted) || null };
};
const plain = (msg) => {
  const key = keyOf(msg);
  const author = msg.author || msg.from;
  const contact = attempt(() => WPP.whatsapp.ContactStore.get(author), null);
  return {
    id: idOf(key),
    chat: text(key.remote),
    from: known(author),
    to: known(msg.to),
    fromMe: !!key.fromMe,
    kind: text(msg.type),
    text: textOf(msg),
    t: msg.t || 0,
    ack: msg.ack || 0,
    phone: phoneOf(author),
    lid: lidOf(author),
    pushName: key.fromMe ? null : text(msg.notifyName || (contact && contact.pushname)),
    file: fileOf(msg),
    place: placeOf(msg),
    cards: cardsOf(msg),
    poll: pollOf(msg),
    quoted: attempt(() => quotedOf(msg), null),
    mentions: (msg.mentionedJidList || []).map(known),
    forwarded: !!msg.isForwarded,
    editedAt: msg.latestEditMsgKey ? seconds(msg.latestEditSenderTimestampMs) || msg.t : null,
    deleted: msg.type === "revoked",
  };
};

const inMemory = (id) => attempt(() => WPP.whatsapp.MsgStore.get(id), null);
// The slow way of pages whose store has no look-up by ids: one by one, around each.
const aroundEach = async (ids) => {
  for (const id of ids) {
    try {
      return { messages: [await WPP.chat.getMessageById(id)] };
    } catch (error) {
      if (!/not_found$/.test(attempt(() => error.code, "") || "")) throw error;
    }
  }
  return { messages: [] };
};
// The first of these whole ids that the page's store has. Rejects when it could not be asked.
const inStore = async (ids) => {
  const found = ids.map(inMemory).find(Boolean);
  if (found) return found;
  const store = WPP.whatsapp.MsgStore;
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Problem("failed", "WhatsApp's store did not answer.")), LOOKUP_MS);
  });
  try {
    const asked = typeof store.getMessagesById === "function" ? store.getMessagesById(ids) : aroundEach(ids);
    const answer = await Promise.race([asked, late]);
    const models = attempt(() => answer.messages, null) || [];
    const one = models.find(Boolean);
    return one ? inMemory(idOf(one.id)) || one : null;
  } finally {
    clearTimeout(timer);
  }
};
const messageOf = async (id, what) => {
  const msg = await inStore([id]);
  if (!msg) throw new Problem("missing", `WhatsApp does not have ${what || "the message"}.`);
  return msg;
};
