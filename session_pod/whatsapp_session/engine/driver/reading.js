// What WhatsApp's page has: numbers, chats, messages, contacts, groups.
const SLICE = 200; // models between two breaths
const PAGE = 100; // messages asked of WhatsApp's store at once
const PAGES_PER_CHAT = 50;
const GROUP_MS = 10000;
const QUIET_CHATS = 50; // looked through although nothing is known to have happened in them

const metadataOf = async (id) => {
  const found = await within(GROUP_MS, () => WPP.whatsapp.GroupMetadataStore.find(toWid(id)), null);
  return found || attempt(() => existingChat(id).groupMetadata, null) || {};
};
const membersOf = async (id) => {
  const meta = await metadataOf(id);
  return attempt(() => meta.participants.getModelsArray(), []);
};

serve("resolve", async (to) => {
  if (isGroup(to)) {
    const chat = existingChat(to);
    const members = await membersOf(to);
    if (!chat && !members.length) mustBeConnected();
    if (members.length ? !members.some((one) => isMe(one.id)) : !chat) {
      throw new Problem("missing", "The account is not in this group.");
    }
    return { wid: to };
  }
  mustBeConnected();
  const wid = isPerson(to) ? to : `${to}@c.us`;
  const contacts = WPP.whatsapp.ContactStore;
  if ([wid, phoneOf(wid), lidOf(wid)].some((one) => one && contacts.get(one))) return { wid };
  // Not wa-js's own queryWidExists: it says null for an error too, and keeps that for 15 s. This one rejects.
  const ask = WPP.whatsapp.functions.queryWidExists || WPP.contact.queryWidExists;
  const answer = await ask(toWid(wid)).then((found) => ({ found }), () => null);
  return { wid: answer && answer.found ? text(answer.found.wid) : null, sure: !!answer && usable() };
});

// In slices of time: each message becomes plain data here, and the page has other work.
const plainly = async (models, take) => {
  let count = 0;
  for (const msg of models) {
    take(msg);
    count += 1;
    if (count % SLICE === 0) await breathe();
  }
};
serve("recent", async ({ since }) => {
  const messages = new Map();
  await plainly(WPP.whatsapp.MsgStore.getModelsArray().slice(), (msg) => {
    if (touchedAt(msg) >= since && countsInStore(msg)) messages.set(idOf(msg.id), plain(msg));
  });
  const chats = WPP.whatsapp.ChatStore.getModelsArray()
    .filter((chat) => !SYSTEM_CHATS.test(String(chat.id)))
    .sort((a, b) => (b.t || 0) - (a.t || 0));
  const active = chats.filter((chat) => (chat.t || 0) >= since);
  const quiet = chats.filter((chat) => (chat.t || 0) < since).slice(0, QUIET_CHATS);
  return { messages: [...messages.values()], chats: [...active, ...quiet].map((chat) => text(chat.id)) };
});
const page = (chat, options) =>
  Promise.race([
    WPP.chat.getMessages(chat, options),
    new Promise((_resolve, reject) => setTimeout(() => reject(new Error("late")), LOOKUP_MS)),
  ]);
const earliest = (list) => list.reduce((a, b) => (a && a.t <= b.t ? a : b), null);
serve("recentOf", async ({ chats, since }) => {
  const messages = new Map();
  let failed = 0;
  // Times are whole seconds: within one the order of WhatsApp's own lists counts, so they are put in it.
  const readOne = async (id) => {
    const lists = [];
    try {
      const chat = existingChat(id);
      const newest = chat && attempt(() => chat.lastReceivedKey, null);
      let options = { count: PAGE };
      for (let pages = 0; pages < PAGES_PER_CHAT; pages += 1) {
        const list = await page(id, options);
        lists.unshift(list);
        const oldest = earliest(list);
        if (!oldest || oldest.t < since || list.length < PAGE) break;
        options = { count: PAGE, direction: "before", id: idOf(oldest.id) };
      }
      if (chat) lists.push(chat.msgs.getModelsArray().slice());
      // What was stored without being shown is newer than the newest that the page knows.
      if (newest) lists.push(await page(id, { count: PAGE, direction: "after", id: idOf(newest) }));
    } catch (_error) {
      failed += 1;
    }
    for (const list of lists) {
      await plainly(list, (msg) => {
        if (touchedAt(msg) >= since && countsInStore(msg)) messages.set(idOf(msg.id), plain(msg));
      });
    }
  };
  await Promise.all(chats.map(readOne)); // each waits for WhatsApp's database most of the time
  return { messages: [...messages.values()], failed };
});

serve("history", async ({ chat: id, before, limit }) => {
  const chat = chatOf(id);
  const messages = [];
  let options = { count: Math.min(PAGE, limit + 1) };
  if (before) options = { ...options, direction: "before", id: idOf((await messageOf(before)).id) };
  for (let pages = 0; pages < PAGES_PER_CHAT && messages.length < limit; pages += 1) {
    const list = await page(chat.id, options);
    const newestFirst = list.map((msg, index) => [msg, index]).sort(([a, i], [b, j]) => b.t - a.t || j - i);
    for (const [msg] of newestFirst) {
      if (countsInStore(msg) && messages.length < limit) messages.push(plain(msg));
    }
    const oldest = earliest(list);
    if (!oldest || (options.id && list.length < options.count)) break;
    options = { count: PAGE, direction: "before", id: idOf(oldest.id) };
  }
  return messages;
});

serve("chats", () =>
  WPP.whatsapp.ChatStore.getModelsArray()
    .filter((chat) => !SYSTEM_CHATS.test(String(chat.id)))
    .map((chat) => ({
      id: text(chat.id),
      name: text(chat.formattedTitle || chat.name),
      group: isGroup(chat.id),
      unread: Math.max(chat.unreadCount || 0, 0),
      t: chat.t || null,
    })),
);
serve("contacts", ({ from, count }) => {
  const store = WPP.whatsapp.ContactStore;
  const all = store.getModelsArray();
  const contacts = all.slice(from, from + count).filter((one) => {
    if (!isPerson(one.id)) return false;
    const number = server(one.id) === "lid" && phoneOf(one.id);
    return !(number && store.get(number)); // the same person, once
  });
  return {
    more: from + count < all.length,
    contacts: contacts.map((one) => ({
      id: text(one.id),
      phone: phoneOf(one.id),
      lid: lidOf(one.id),
      name: text(one.name),
      pushName: text(one.pushname),
      business: !!one.isBusiness,
      mine: !!attempt(() => one.isMyContact, false) || !!attempt(() => one.isAddressBookContact, false),
    })),
  };
});
serve("groupIds", () =>
  WPP.whatsapp.ChatStore.getModelsArray().filter((chat) => isGroup(chat.id)).map((chat) => text(chat.id)),
);
serve("groups", (ids) =>
  Promise.all(
    ids.map(async (id) => {
      const chat = existingChat(id);
      const meta = await metadataOf(id);
      const members = attempt(() => meta.participants.getModelsArray(), []);
      return {
        id,
        member: !members.length || members.some((one) => isMe(one.id)),
        name: text(meta.subject || attempt(() => chat.name || chat.formattedTitle, null)),
        owner: known(meta.owner),
        t: seconds(meta.creation) || null,
        participants: members.map((one) => ({
          id: text(one.id), phone: phoneOf(one.id), lid: lidOf(one.id), admin: !!(one.isAdmin || one.isSuperAdmin),
        })),
      };
    }),
  ),
);

const TYPING = { composing: "markIsComposing", recording: "markIsRecording", paused: "markIsPaused" };
serve("markRead", async (id) => {
  const chat = chatOf(id);
  mustBeConnected();
  await WPP.chat.markIsRead(chat.id);
  return true;
});
serve("typing", async ({ chat: id, state }) => {
  const chat = chatOf(id);
  mustBeConnected();
  await WPP.chat[TYPING[state]](chat.id);
  return true;
});
serve("followPresence", async (id) => {
  mustBeConnected();
  for (const one of [id, phoneOf(id), lidOf(id)].filter(Boolean)) followed.set(one, id);
  await WPP.contact.subscribePresence(attempt(() => text(existingChat(id).id), null) || id);
  return true;
});
