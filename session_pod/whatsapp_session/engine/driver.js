// Runs in the page, behind wa-js: plain data out, plain calls in. It decides nothing.
//
// One pull loop instead of a binding: `next` answers when something happened, and at the latest after `ms`,
// so the same call carries messages and is the sign of life. What is lost with a page (a crash, WhatsApp's own
// reload) is found again by comparing WhatsApp's store with the journal.
const WPP = self.WPP;
const QUEUE_LIMIT = 5000;
const PAGES_PER_CHAT = 50;
const SYSTEM_KINDS = new Set([
  "ciphertext", "e2e_notification", "notification", "notification_template", "gp2", "broadcast_notification",
  "call_log", "protocol", "revoked", "debug", "pinned_message", "reaction", "unknown",
]);
const queue = [];
let wake = null;

const attempt = (get, otherwise) => {
  try {
    const value = get();
    return value === undefined ? otherwise : value;
  } catch (_error) {
    return otherwise;
  }
};
const within = (ms, work, otherwise) =>
  Promise.race([
    Promise.resolve().then(work).catch(() => otherwise),
    new Promise((resolve) => setTimeout(() => resolve(otherwise), ms)),
  ]);
const ring = () => {
  if (wake) wake();
};
const push = (item) => {
  if (queue.length < QUEUE_LIMIT) queue.push(item);
  ring();
};
const text = (value) => (value === undefined || value === null ? null : String(value));
// A person known by LID alone keeps it; one whose number WhatsApp knows is that number.
const known = (wid) => {
  if (!wid) return null;
  const number = String(wid).endsWith("@lid") && attempt(() => WPP.whatsapp.lidPnCache.getPhoneNumber(wid), null);
  return text(number || wid);
};
const plain = (msg) => ({
  id: text(attempt(() => msg.id._serialized, null) || msg.id),
  chat: text(msg.id.remote),
  from: known(msg.author || msg.from),
  to: known(msg.to),
  fromMe: !!msg.id.fromMe,
  kind: text(msg.type),
  text: text((msg.type === "chat" ? msg.body : msg.caption) || ""),
  t: msg.t || 0,
  ack: msg.ack || 0,
});
const counts = (msg) =>
  attempt(
    () => !SYSTEM_KINDS.has(msg.type) && !/@(broadcast|newsletter)$/.test(String(msg.id.remote)),
    false,
  );

WPP.on("chat.new_message", (msg) => {
  if (counts(msg)) push({ message: plain(msg) });
});
const acked = (msg, ack) => {
  if (!msg || !msg.id.fromMe || !(ack >= 1) || !counts(msg)) return;
  const message = plain(msg);
  push({ message: { ...message, ack: 1 } });
  push({ ack: { id: message.id, chat: message.chat, ack: Math.min(ack, 3) } });
};
WPP.on("chat.msg_ack_change", ({ ack, ids }) => {
  for (const key of ids) {
    const store = WPP.whatsapp.MsgStore;
    const msg =
      attempt(() => store.get(key), null) ||
      attempt(() => store.getModelsArray().find((one) => one.id.fromMe && one.id.id === key.id), null);
    acked(msg, ack);
  }
});
// wa-js tells acks 2 and 3 only once it is fully ready, which is after the session can send.
WPP.on("loader.injected", () => WPP.whatsapp.MsgStore.on("change:ack", (msg) => acked(msg, msg.ack)));
for (const name of [
  "conn.auth_code_change", "conn.authenticated", "conn.logout", "conn.main_loaded", "conn.online",
  "conn.qrcode_idle", "conn.stream_info_changed", "conn.stream_mode_changed", "loader.full_ready",
]) {
  WPP.on(name, () => setTimeout(ring, 0)); // after WhatsApp's own listeners
}

const account = () => {
  const me = WPP.conn.getMyUserId();
  if (!me) return null;
  const device = attempt(() => WPP.whatsapp.UserPrefs.getMaybeMeDevicePn(), null) || me;
  return {
    phone: text(me.user),
    platform: text(attempt(() => WPP.conn.getPlatform(), null)),
    pushName: text(attempt(() => WPP.whatsapp.Conn.pushname, null)),
    userId: String(device).replace(/@c\.us$/, "@s.whatsapp.net"),
  };
};
const detail = () => {
  const modules = attempt(() => Object.keys(self.require("__debug").modulesMap).length, 0);
  const stream = attempt(() => `stream ${WPP.whatsapp.Stream.mode}`, "no stream");
  return `page ${document.readyState}, ${modules} modules, wa-js ${WPP.isInjected ? stream : "not injected"}`;
};
const look = async () => {
  // Not isReady: on some releases of the page it never becomes true (wa-js issue 3618).
  const ready = attempt(() => WPP.isInjected && !!WPP.whatsapp.Stream.mode, false);
  if (!ready) {
    return {
      ready: false, authenticated: false, mainLoaded: false, mode: null, info: null, online: true,
      code: null, idle: false, account: null, detail: detail(),
    };
  }
  const authenticated = attempt(() => !!WPP.conn.isAuthenticated(), false);
  const code = authenticated ? null : await within(3000, () => WPP.conn.getAuthCode(), null);
  return {
    ready: true,
    authenticated,
    mainLoaded: attempt(() => !!WPP.conn.isMainLoaded(), false),
    mode: text(attempt(() => WPP.conn.getStreamData().mode, null)),
    info: text(attempt(() => WPP.conn.getStreamData().info, null)),
    online: attempt(() => WPP.conn.isOnline() !== false, true),
    code: code ? text(code.fullCode) : null,
    idle: !authenticated && attempt(() => !!WPP.conn.isIdle(), false),
    account: authenticated ? attempt(account, null) : null,
    detail: detail(),
  };
};

return {
  async next(ms) {
    if (!queue.length) {
      await new Promise((resolve) => {
        wake = resolve;
        setTimeout(resolve, ms);
      });
      wake = null;
    }
    return { look: await look(), items: queue.splice(0, 200) };
  },
  async check(number) {
    const found = await WPP.contact.queryWidExists(`${number}@c.us`);
    return { wid: found ? String(found.wid) : null, look: await look() };
  },
  async send({ wid, body }) {
    const sent = await WPP.chat.sendTextMessage(wid, body, {
      createChat: true, linkPreview: false, markIsRead: false, waitForAck: true,
    });
    const msg = attempt(() => WPP.whatsapp.MsgStore.get(sent.id), null);
    const result = sent.sendMsgResult && sent.sendMsgResult.messageSendResult;
    return { result: text(result), ack: sent.ack || 0, id: text(sent.id), message: msg ? plain(msg) : null };
  },
  async recent(since) {
    const found = new Map();
    const take = (list) => {
      for (const msg of list) {
        if (msg.t >= since && counts(msg)) found.set(String(msg.id), plain(msg));
      }
    };
    take(WPP.whatsapp.MsgStore.getModelsArray());
    const chats = WPP.whatsapp.ChatStore.getModelsArray().filter(
      (chat) => (chat.t || 0) >= since && !/@(broadcast|newsletter)$/.test(String(chat.id)),
    );
    for (const chat of chats) {
      let options = { count: 100 };
      for (let page = 0; page < PAGES_PER_CHAT; page += 1) {
        const list = await within(5000, () => WPP.chat.getMessages(chat.id, options), []);
        take(list);
        const oldest = list.reduce((a, b) => (a && a.t <= b.t ? a : b), null);
        if (!oldest || oldest.t < since || list.length < 100) break;
        options = { count: 100, direction: "before", id: String(oldest.id) };
      }
    }
    return [...found.values()].sort((a, b) => a.t - b.t);
  },
  async refresh() {
    await within(5000, () => WPP.conn.refreshQR(), null);
  },
  async logout() {
    await WPP.conn.logout();
  },
};
