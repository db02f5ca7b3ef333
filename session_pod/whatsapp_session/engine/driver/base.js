// Runs in the page, behind wa-js: plain data out, plain calls in. It decides nothing that Python could decide.
// These files are put together in the order of `wa.DRIVER`, in one scope; `methods` is what Python can call.
const WPP = self.WPP;
const SYSTEM_CHATS = /@(broadcast|newsletter|status)$/;
const methods = {};

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
// Lets the page's other work run between two slices of ours.
const breathe = () => new Promise((resolve) => setTimeout(resolve, 0));
const text = (value) => (value === undefined || value === null ? null : String(value));

// What a call can end in beside an answer; Python has an error for each kind: offline, missing, refused, unknown, failed.
class Problem extends Error {
  constructor(kind, because) {
    super(because);
    this.kind = kind;
  }
}
// What an error says, without numbers: wa-js puts ids into its texts.
const said = (error) =>
  text(attempt(() => error.message || error.code, null) || error || "no reason given")
    .replace(/\d{5,}/g, "…")
    .slice(0, 200);
const serve = (name, work) => {
  methods[name] = async (argument) => {
    try {
      return { ok: await work(argument) };
    } catch (error) {
      return error instanceof Problem
        ? { error: error.kind, because: error.message }
        : { error: "failed", because: said(error) };
    }
  };
};

// As `Look.usable` in Python has it, here for what must know it at this very moment.
const usable = () =>
  attempt(() => {
    const { mode, info } = WPP.conn.getStreamData();
    return (
      WPP.isInjected && WPP.conn.isAuthenticated() && WPP.conn.isMainLoaded() && WPP.conn.isOnline() !== false &&
      mode === "MAIN" && !["OFFLINE", "OPENING", "CONNECTING"].includes(info)
    );
  }, false);
const mustBeConnected = () => {
  if (!usable()) throw new Problem("offline", "WhatsApp is not connected at this moment.");
};

const toWid = (id) => (typeof id === "string" ? WPP.whatsapp.WidFactory.createWid(id) : id);
const server = (wid) => String(wid).split("@")[1] || "";
const user = (wid) => String(wid).split("@")[0].split(":")[0];
const isGroup = (wid) => server(wid) === "g.us";
const isPerson = (wid) => ["c.us", "s.whatsapp.net", "lid"].includes(server(wid));
// A person has a number, a LID, or both; the page may know only one of them.
const phoneOf = (wid) =>
  server(wid) === "lid"
    ? attempt(() => text(WPP.whatsapp.lidPnCache.getPhoneNumber(toWid(wid))), null)
    : isPerson(wid) ? text(wid) : null;
const lidOf = (wid) =>
  server(wid) === "lid"
    ? text(wid)
    : isPerson(wid) ? attempt(() => text(WPP.whatsapp.lidPnCache.getCurrentLid(toWid(wid))), null) : null;
// A person known by LID alone keeps it; one whose number WhatsApp knows is that number.
const known = (wid) => (wid ? phoneOf(wid) || text(wid) : null);
const isMe = (wid) => {
  const mine = [
    attempt(() => WPP.conn.getMyUserId(), null),
    attempt(() => WPP.whatsapp.UserPrefs.getMaybeMePnUser(), null),
    attempt(() => WPP.whatsapp.UserPrefs.getMaybeMeLidUser(), null),
  ];
  return !!wid && mine.some((one) => one && server(one) === server(wid) && user(one) === user(wid));
};

// The chat as the page has it, under its number or its LID.
const existingChat = (id) => {
  for (const one of [id, phoneOf(id), lidOf(id)]) {
    const chat = one && attempt(() => WPP.whatsapp.ChatStore.get(one), null);
    if (chat) return chat;
  }
  return null;
};
const chatOf = (id) => {
  const chat = existingChat(id);
  if (!chat) throw new Problem("missing", "WhatsApp has no such chat.");
  return chat;
};
