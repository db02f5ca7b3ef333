"""Chats, receivers, contacts and settings put beside the sessions: their routes, texts and navigation."""

from __future__ import annotations

from whatsapp_hub.dashboard import chats, hooks, media, sending, texts
from whatsapp_hub.dashboard.texts import conversations as conversation_texts
from whatsapp_hub.dashboard.texts import hooks as hook_texts

PARTS = (sending, chats, media, hooks)
"""`sending` first: its `…/chats/new` is no chat."""

for each in (conversation_texts, hook_texts):
    texts.add(each.SPANISH, each.ENGLISH)
