"""Chats, receivers, contacts and settings put beside the sessions: their routes, texts and navigation."""

from __future__ import annotations

from whatsapp_hub.dashboard import (
    chats,
    contacts,
    hooks,
    keys,
    media,
    organization,
    people,
    retention,
    sending,
    sessions,
    texts,
)
from whatsapp_hub.dashboard.navigation import ENTRIES, Entry
from whatsapp_hub.dashboard.texts import conversations as conversation_texts
from whatsapp_hub.dashboard.texts import hooks as hook_texts
from whatsapp_hub.dashboard.texts import settings as setting_texts

PARTS = (sending, chats, media, hooks, contacts, organization, keys, people, retention)
"""`sending` first: its `…/chats/new` is no chat."""

for each in (conversation_texts, hook_texts, setting_texts):
    texts.add(each.SPANISH, each.ENGLISH)

ENTRIES += [
    Entry(path="/contacts", text="nav.contacts", place=20, scope="messages:read"),
    Entry(path="/settings", text="nav.settings", place=30, admin=True),
]
sessions.TABS += [
    ("/chats", "chats.tab", "messages:read", False),
    ("/webhooks", "hook.tab", "sessions:read", False),
]
