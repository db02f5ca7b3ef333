// What happens, in a queue that Python empties.
//
// One pull loop instead of a binding: `next` answers when something happened, and at the latest after `ms`,
// so the same call carries messages and is the sign of life. What is lost with a page (a crash, WhatsApp's own
// reload) is found again by comparing WhatsApp's store with the journal.
const QUEUE_LIMIT = 5000;
const PRESENCE_LIMIT = 500; // of the queue: who types is worth nothing later
const queue = [];
const followed = new Map(); // chats whose presence was asked for: every id of it → the id it was asked by
let wake = null;

const ring = () => {
  if (wake) wake();
};
const push = (item) => {
  const taken = queue.length < QUEUE_LIMIT;
  if (taken) queue.push(item);
  ring();
  return taken;
};
// Each once: wa-js tells a message that is decrypted late twice, and an acknowledgement for each member of a group.
const once = (limit) => {
  const seen = new Set();
  return (id, tell) => {
    if (seen.has(id) || !tell()) return;
    seen.add(id);
    if (seen.size > limit) seen.delete(seen.values().next().value);
  };
};
const newMessages = once(QUEUE_LIMIT);
const acceptedMessages = once(QUEUE_LIMIT);
const accepted = new Map(); // bare id of a message under way → who waits until WhatsApp has it
const now = () => Date.now() / 1000;

WPP.on("chat.new_message", (msg) => {
  if (counts(msg)) newMessages(idOf(msg.id), () => push({ message: plain(msg) }));
});

const acked = (msg, ack) => {
  if (!msg || !msg.id.fromMe || !(ack >= 1) || !counts(msg)) return;
  const waiting = accepted.get(msg.id.id);
  if (waiting) waiting(msg);
  const message = plain(msg);
  acceptedMessages(message.id, () => push({ message: { ...message, ack: 1 } }));
  push({ ack: { id: message.id, chat: message.chat, ack: Math.min(ack, 3) } });
};
const ownByBareId = (id) =>
  attempt(() => WPP.whatsapp.MsgStore.getModelsArray().find((one) => one.id.fromMe && one.id.id === id), null);
WPP.on("chat.msg_ack_change", ({ ack, ids }) => {
  for (const key of ids) acked(inMemory(key) || ownByBareId(key.id), ack);
});

const changed = (msg) => {
  const { id, chat, fromMe } = plain(msg);
  return { id, chat, fromMe, from: known(msg.author || msg.from) };
};
const edited = (msg) => {
  if (!counts(msg) || !msg.latestEditMsgKey) return;
  push({ edit: { ...changed(msg), text: textOf(msg), t: seconds(msg.latestEditSenderTimestampMs) || now() } });
};
const deleted = (msg) => {
  if (msg.type === "revoked" && countsInStore(msg)) {
    push({ deletion: { ...changed(msg), t: seconds(msg.revokeTimestamp) || now() } });
  }
};
// wa-js hooks some of these only once it is fully ready, which is after the session can send.
WPP.on("loader.injected", () => {
  const store = WPP.whatsapp.MsgStore;
  store.on("change:ack", (msg) => acked(msg, msg.ack));
  store.on("change:latestEditMsgKey", (msg) => setTimeout(() => edited(msg), 0)); // once its text has changed too
  store.on("change:type", (msg) => setTimeout(() => deleted(msg), 0));
});
WPP.on("chat.msg_revoke", ({ author, from, refId }) => {
  const msg = inMemory(refId);
  if (!refId || SYSTEM_CHATS.test(String(refId.remote))) return;
  const who = author || from;
  push({
    deletion: {
      id: msg ? idOf(keyOf(msg)) : idOf(refId), chat: text(refId.remote), from: known(who), fromMe: isMe(who), t: now(),
    },
  });
});
WPP.on("chat.new_reaction", ({ msgId, reactionText, sender, timestamp }) => {
  const msg = inMemory(msgId);
  const key = msg ? msg.id : msgId;
  if (SYSTEM_CHATS.test(String(key.remote))) return;
  push({
    reaction: {
      id: idOf(key), chat: text(key.remote), from: known(sender), fromMe: isMe(sender),
      emoji: text(reactionText) || "", t: seconds(timestamp) || now(),
    },
  });
});
WPP.on("group.participant_changed", ({ author, groupId, action, participants }) => {
  push({
    participants: {
      chat: text(groupId), action: text(action), participants: participants.map(known), by: known(author), t: now(),
    },
  });
});
WPP.on("call.incoming_call", ({ id, isGroup: group, isVideo, offerTime, sender, peerJid }) => {
  push({
    call: {
      id: text(id), from: known(sender || peerJid), video: !!isVideo, group: !!group, t: seconds(offerTime) || now(),
    },
  });
});
WPP.on("chat.presence_change", ({ id, isGroup: group, state, participants }) => {
  const chat = followed.get(String(id)) || followed.get(String(known(id)));
  if (!chat || queue.length >= PRESENCE_LIMIT) return;
  const states = group ? (participants || []).map((one) => [one.id, one.state]) : [[id, state]];
  for (const [who, how] of states) push({ presence: { chat, from: known(who), state: text(how) } });
});

for (const name of [
  "conn.auth_code_change", "conn.authenticated", "conn.logout", "conn.main_loaded", "conn.online",
  "conn.qrcode_idle", "conn.stream_info_changed", "conn.stream_mode_changed", "loader.full_ready",
]) {
  WPP.on(name, () => setTimeout(ring, 0)); // after WhatsApp's own listeners
}

methods.next = async (ms) => {
  if (!queue.length) {
    await new Promise((resolve) => {
      wake = resolve;
      setTimeout(resolve, ms);
    });
    wake = null;
  }
  return { load: String(performance.timeOrigin), look: await look(), items: queue.splice(0, 200) };
};
