"""Every operator of contract C's filters against rows in a table; what is not understood names itself."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import update

from unit.hub.world import World
from whatsapp_hub.crm.filters import COLUMNS, OPERATORS, FilterError, parse
from whatsapp_hub.database.models import Session

#        name      sesion  phone            status          last_seen
ROWS = [
    ("ana", 1, "5491100000001", "connected", datetime(2026, 1, 1, 10, 0, 0, 500_000, UTC)),
    ("Ana_2", 2, "5491100000002", "pending", datetime(2026, 1, 1, 11, tzinfo=UTC)),
    ("bea", None, None, "expired", None),
    ("c%d,e", 2, "5491100000003", "connected", datetime(2026, 1, 2, tzinfo=UTC)),
]

CASES = {
    "": "ana Ana_2 bea c%d,e",
    "session_id=eq.ana": "ana",
    "session_id=eq.": "",
    "session_id=eq.eq.x": "",
    "sesion_id=eq.2": "Ana_2 c%d,e",
    "sesion_id=neq.2": "ana",
    "sesion_id=gt.1": "Ana_2 c%d,e",
    "sesion_id=gte.1": "ana Ana_2 c%d,e",
    "sesion_id=lt.2": "ana",
    "sesion_id=lte.2": "ana Ana_2 c%d,e",
    "id=gt.1&id=lt.3": "Ana_2",
    "session_id=like.ana": "ana",
    "session_id=like.*na*": "ana Ana_2",
    "session_id=like.An%25": "Ana_2",
    "session_id=like.Ana\\_2": "Ana_2",
    "session_id=like.c\\%25*": "c%d,e",
    "session_id=ilike.ANA*": "ana Ana_2",
    "session_id=ilike._na": "ana",
    "phone_number=is.null": "bea",
    "phone_number=is.not_null": "ana Ana_2 c%d,e",
    "sesion_id=is.NULL": "bea",
    "status=in.(connected,expired)": "ana bea c%d,e",
    'session_id=in.(ana,"c%25d,e")': "ana c%d,e",
    "sesion_id=in.(1)": "ana",
    "sesion_id=in.()": "",
    "last_seen=eq.2026-01-01T11:00:00Z": "Ana_2",
    "last_seen=eq.2026-01-01T11:00:00.000Z": "Ana_2",
    "last_seen=eq.2026-01-01T12:00:00+01:00": "Ana_2",
    "last_seen=eq.2026-01-01T10:00:00.500Z": "ana",
    "last_seen=lt.2026-01-01T10:30:00": "ana",
    "last_seen=gte.2026-01-01T11:00:00Z": "Ana_2 c%d,e",
    "status=eq.connected&sesion_id=eq.2": "c%d,e",
    "order=session_id": "Ana_2 ana bea c%d,e",
    "order=sesion_id.desc.nullslast,id.desc": "c%d,e Ana_2 ana bea",
    "order=sesion_id.asc.nullsfirst": "bea ana Ana_2 c%d,e",
    "order=sesion_id.desc": "bea Ana_2 c%d,e ana",
    "order=sesion_id": "ana Ana_2 c%d,e bea",
    "order=id.desc&limit=2": "c%d,e bea",
    "order=id&limit=2&offset=1": "Ana_2 bea",
    "offset=3": "c%d,e",
    "limit=0": "",
}

WRONG = {
    "nombre=eq.x": "nombre",
    "status=connected": "status",
    "status=": "status",
    "status=equals.connected": "equals",
    "status=not.eq.connected": "not.eq",
    "sesion_id=eq.one": "sesion_id",
    "sesion_id=eq.99999999999": "sesion_id",
    "sesion_id=in.(1,x)": "sesion_id",
    "sesion_id=like.1*": "sesion_id",
    "last_seen=ilike.2026*": "last_seen",
    "status=in.connected": "status",
    "status=in.(a": "status",
    'status=in.("a)': "status",
    "phone_number=is.true": "is.true",
    "last_seen=gt.yesterday": "last_seen",
    "last_seen=gt.0001-01-01T00:00:00+10:00": "last_seen",
    "session_id=like.x\\": "backslash",
    "session_id=eq.%00": "session_id",
    "select=id,nope": "nope",
    "select=id,": "''",
    "order=nope.asc": "nope",
    "order=id.up": "order=id.up",
    "order=id.asc.nullsfirst.x": "order",
    "limit=-1": "limit",
    "limit=x": "limit",
    "offset=1.5": "offset",
    "limit=1&limit=2": "limit",
}


@pytest.fixture
async def rows(world: World) -> World:
    await world.create("other", world.two)
    for name, sesion_id, phone, status, last_seen in ROWS:
        answer = await world.http.post(
            "/api/whatsapp_sessions",
            json={"session_id": name, "sesion_id": sesion_id},
            headers=world.one.headers,
        )
        assert answer.status_code == 201
        async with world.services.database.begin() as transaction:
            await transaction.execute(
                update(Session)
                .where(Session.session_id == name)
                .values(phone_number=phone, status=status, last_seen=last_seen)
            )
    return world


async def test_every_operator_selects_what_it_says(rows: World) -> None:
    first = (await rows.http.get("/api/whatsapp_sessions?limit=1", headers=rows.one.headers)).json()
    shift = first["data"][0]["id"] - 1  # ids begin behind the other organization's
    for query, want in CASES.items():
        query = query.replace("id=gt.1&id=lt.3", f"id=gt.{1 + shift}&id=lt.{3 + shift}")
        escaped = query.replace("+", "%2B")
        answer = await rows.http.get(f"/api/whatsapp_sessions?{escaped}", headers=rows.one.headers)
        assert answer.status_code == 200, (query, answer.text)
        got = " ".join(each["session_id"] for each in answer.json()["data"])
        assert got == want, query


async def test_select_gives_the_asked_columns_only(rows: World) -> None:
    answer = await rows.http.get(
        "/api/whatsapp_sessions?select=session_id,last_seen&session_id=eq.ana", headers=rows.one.headers
    )
    assert answer.json()["data"] == [{"session_id": "ana", "last_seen": "2026-01-01T10:00:00.500Z"}]
    every = await rows.http.get("/api/whatsapp_sessions?select=*&limit=1", headers=rows.one.headers)
    assert list(every.json()["data"][0]) == list(COLUMNS)


def test_every_operator_is_in_the_table() -> None:
    for operator in OPERATORS:
        assert any(f"={operator}." in case for case in CASES), operator


@pytest.mark.parametrize(("query", "names"), WRONG.items())
def test_what_is_not_understood_is_an_error_that_names_it(query: str, names: str) -> None:
    with pytest.raises(FilterError) as raised:
        parse(parse_qsl(query, keep_blank_values=True))
    assert names in str(raised.value)


async def test_an_unknown_column_is_a_400(world: World) -> None:
    answer = await world.http.get("/api/whatsapp_sessions?tenant_id=eq.2", headers=world.one.headers)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert "tenant_id" in answer.json()["message"]
