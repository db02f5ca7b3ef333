"""A session with conversations in it, as people have them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from unit.hub.dashboard.talking import ANA, TEAM, Pod, message, talking
from unit.hub.world import World

MINE = f"true_{ANA}_"
LONG = (
    "Buenas tardes, quería saber si el pedido sale hoy o mañana, porque tengo que organizar la entrega. " * 2
)


def picture(width: int = 640, height: int = 420) -> bytes:
    """A PNG."""
    made = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(made, "PNG")
    return made.getvalue()


def own(id: str, text: str, ack: int, time: str, **fields: Any) -> dict[str, Any]:
    """One of our messages to Ana."""
    return message(id, messageId=MINE + id, fromMe=True, text=text, ack=ack, timestamp=time) | fields


def conversation() -> list[dict[str, Any]]:
    """Every kind of message, the oldest first."""
    media = {"mimeType": "image/png", "width": 640, "height": 420, "state": "stored"}
    return [
        message("1", text="¡Hola! ¿Tienen stock del modelo 42?", timestamp="2025-12-31T13:01:00.000Z"),
        own("2", "Sí, quedan tres. Mirá: https://shop.example/modelo-42", 3, "2025-12-31T13:02:00.000Z"),
        message(
            "3",
            type="image",
            text="¿Es este?",
            media={"id": "med_1", **media},
            timestamp="2025-12-31T13:05:00.000Z",
        ),
        own("4", "Ese mismo", 3, "2025-12-31T13:06:00.000Z")
        | {"quoted": {"messageId": f"false_{ANA}_3", "text": "¿Es este?", "from": "5491123456789"}},
        message(
            "5",
            type="audio",
            text="",
            media={"id": "med_2", "mimeType": "audio/ogg", "voice": True, "seconds": 12},
            timestamp="2026-01-01T12:00:00.000Z",
        ),
        message(
            "6",
            type="location",
            text="",
            location={
                "latitude": -34.6,
                "longitude": -58.4,
                "name": "Depósito",
                "address": "Av. Rivadavia 1200",
            },
            timestamp="2026-01-01T12:01:00.000Z",
        ),
        own(
            "7",
            "Factura adjunta",
            2,
            "2026-01-01T12:03:00.000Z",
            type="document",
            media={
                "id": "med_3",
                "mimeType": "application/pdf",
                "fileName": "factura-0001-00001234.pdf",
                "size": 182_000,
            },
        ),
        message(
            "8",
            type="contact",
            text="",
            contacts=[{"name": "Carla Gómez", "phones": ["5491144445555"]}],
            timestamp="2026-01-01T12:04:00.000Z",
        ),
        message(
            "9",
            type="poll",
            text="",
            poll={"name": "¿Cuándo entregamos?", "options": ["Hoy", "Mañana"]},
            timestamp="2026-01-01T12:05:00.000Z",
        ),
        message("10", text="x", deleted=True, timestamp="2026-01-01T12:06:00.000Z"),
        message("11", text=LONG, editedAt="2026-01-01T12:08:00.000Z", timestamp="2026-01-01T12:07:00.000Z"),
        own("12", "Sale hoy a las 18 🙌", 1, "2026-01-01T12:09:00.000Z"),
    ]


async def furnished(world: World) -> Pod:
    """The session, with chats, files, a receiver that fails."""
    pod = await talking(world)
    pod.chats += [
        {"id": f"54911{number:08}@c.us", "name": name, "group": False, "unread": unread, "lastMessageAt": at}
        for number, (name, unread, at) in enumerate(
            [
                ("Estudio Contable Rodríguez, Fernández & Asociados", 0, "2026-01-01T11:00:00.000Z"),
                (None, 120, "2025-12-30T11:00:00.000Z"),
                ("مكتب المحاسبة", 0, "2025-11-02T11:00:00.000Z"),
            ]
        )
    ]
    pod.messages[ANA] = conversation()
    pod.messages[TEAM] = [
        message("g1", chatId=TEAM, pushName="Bea", text="¿Quién atiende hoy?"),
        message("g2", chatId=TEAM, pushName="Carlos", text="Yo, hasta las 18."),
    ]
    pod.files = {"med_1": ("image/png", picture()), "med_3": ("application/pdf", b"%PDF-1.4")}
    world.clock.pass_(minutes=30)
    pod.tell("message.reaction", {"messageId": f"{MINE}12", "chatId": ANA, "from": "549", "emoji": "👍"})
    return pod


async def receiver(world: World, pod: Pod) -> None:
    """A receiver that did not take two events."""
    await world.http.put(
        "/api/sessions/a/webhooks/crm",
        json={"url": "https://crm.example/hooks/whatsapp", "events": ["message.*"]},
        headers=world.one.headers,
    )
    at = "2026-01-01T12:00:00.000Z"
    pod.webhooks = [
        {"name": "crm", "events": ["message.*"], "pending": 14, "deadLetters": 2, "lastDeliveredAt": at}
        | {"failingSince": at, "lastError": "the receiver answered 500"},
        {"name": "hub", "events": [], "pending": 0, "deadLetters": 0, "lastDeliveredAt": at}
        | {"failingSince": None, "lastError": None},
    ]
    pod.letters = [
        {"seq": seq, "attempts": 1, "diedAt": at, "error": "the receiver answered 422"}
        | {"event": {"id": "e", "seq": seq, "type": "message.received", "data": message("A", text=LONG)}}
        for seq in (7, 12)
    ]
