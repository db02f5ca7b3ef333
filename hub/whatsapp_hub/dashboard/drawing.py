"""Fragments of a conversation, drawn alone: for the live stream, and for what a script has sent."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

from fastapi import Request

from whatsapp_hub.dashboard.bubbles import Bubble
from whatsapp_hub.dashboard.chat_live import Draw
from whatsapp_hub.dashboard.pages import TEMPLATES, drawn_for
from whatsapp_hub.dashboard.visitor import Visitor
from whatsapp_hub.database.models import Session


def bubble(request: Request, visitor: Visitor, row: Session, one: Bubble) -> str:
    """One message."""
    return drawer(visitor, row)(one)


def drawer(visitor: Visitor, row: Session) -> Draw:
    """What draws a message of this session for this visitor."""
    return partial(_bubble, visitor, row)


def send_error(request: Request, visitor: Visitor, key: str, detail: str) -> str:
    """Why a message was not sent."""
    return _drawn("_send_error.html", visitor, error=key, detail=detail)


def new_key() -> str:
    """A form's own key."""
    return secrets.token_urlsafe(18)


def _bubble(visitor: Visitor, row: Session, one: Bubble) -> str:
    group = one.chat_id.endswith("@g.us")
    return _drawn("_bubble.html", visitor, one=one, session=row, group=group)


def _drawn(template: str, visitor: Visitor, **context: Any) -> str:
    given = drawn_for(visitor, visitor.language) | context
    return TEMPLATES.get_template(template).render(given)
