"""Contract D on PostgreSQL with many callers at once: nothing lost, nothing doubled, the restart of the
database included."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter

from sqlalchemy import func, select

from integration.hub.postgres import PostgreSQL
from unit.hub.api.test_callbacks import BODIES, MESSAGE, counts
from unit.hub.world import World
from whatsapp_hub.database.models import Mensaje

CALLERS = 60


async def test_sixty_repeats_of_ten_messages_of_five_people_are_stored_once(world: World) -> None:
    await world.create("a")
    uid = (await world.row("a")).uid

    async def tell(number: int) -> tuple[int, str]:
        body = BODIES[MESSAGE] | {
            "from": f"54911555500{number % 5:02}",
            "message_id": f"message {number % 10}",
        }
        answer = await world.callback(MESSAGE, body, uid=uid, webhook_id=f"evt_{number % 10}")
        assert answer.status_code == 200, answer.text
        return number % 10, str(answer.json()["data"])

    answers = await asyncio.gather(*(tell(number) for number in range(CALLERS * 10)))
    assert await counts(world) == (10, 5, 5)
    by_message = {number: {text for other, text in answers if other == number} for number in range(10)}
    assert all(len(texts) == 1 for texts in by_message.values())


async def test_a_database_that_restarts_loses_and_doubles_nothing(
    world: World, postgresql: PostgreSQL
) -> None:
    await world.create("a")
    uid = (await world.row("a")).uid
    answers: Counter[int] = Counter()

    async def deliver(number: int) -> None:
        """As a session pod does: again until it is taken."""
        body = BODIES[MESSAGE] | {"message_id": f"message {number}"}
        async with asyncio.timeout(120):
            while True:
                answer = await world.callback(MESSAGE, body, uid=uid, webhook_id=f"evt_{number}")
                answers[answer.status_code] += 1
                if answer.status_code == 200:
                    return
                await asyncio.sleep(0.2)

    work = [asyncio.create_task(deliver(number)) for number in range(200)]
    while answers[200] < 20:  # noqa: ASYNC110 - a count, not an event
        await asyncio.sleep(0.01)
    await asyncio.to_thread(postgresql.stop, signal.SIGQUIT)  # as a crash: no goodbye
    while not answers[503]:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await asyncio.to_thread(postgresql.start)
    await asyncio.gather(*work)
    assert set(answers) == {200, 503}
    async with world.services.database.read() as transaction:
        stored = (await transaction.execute(select(func.count()).select_from(Mensaje))).scalar_one()
    assert stored == 200
