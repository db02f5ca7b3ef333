"""Everything of one simulator, wired once; routes and sockets get this and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from whatsapp_simulator.changes import Changes
from whatsapp_simulator.disturbances import Disturbances
from whatsapp_simulator.exchange import Exchange
from whatsapp_simulator.linking import Linking
from whatsapp_simulator.media_store import MediaStore
from whatsapp_simulator.membership import Membership
from whatsapp_simulator.message_store import MessageStore
from whatsapp_simulator.pages import Pages
from whatsapp_simulator.presence import Presences
from whatsapp_simulator.schema import lock, open_database
from whatsapp_simulator.settings import Settings
from whatsapp_simulator.store import Store


@dataclass(frozen=True)
class World:
    settings: Settings
    store: Store
    messages: MessageStore
    pages: Pages
    exchange: Exchange
    media: MediaStore
    changes: Changes
    membership: Membership
    linking: Linking
    disturbances: Disturbances
    presences: Presences


def make_world(settings: Settings, clock: Callable[[], float] = time.time) -> World:
    """Opens (or makes) the database. Raises `Unusable` or `OSError`."""
    held = lock(settings.data_dir)
    store = Store(open_database(settings.database, reset=settings.reset), held)
    store.close_all_connections(clock())
    messages = MessageStore(store)
    disturbances = Disturbances(clock)
    pages = Pages(store, clock, disturbances)
    exchange = Exchange(store, messages, pages.tell, clock)
    linking = Linking(store, messages, exchange, pages, disturbances, clock)
    media = MediaStore(settings.data_dir / "media", reset=settings.reset)
    return World(
        settings=settings,
        store=store,
        messages=messages,
        pages=pages,
        exchange=exchange,
        media=media,
        changes=Changes(store, messages, exchange),
        membership=Membership(store, exchange),
        linking=linking,
        disturbances=disturbances,
        presences=Presences(store, exchange, pages.tell),
    )
