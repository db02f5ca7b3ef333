"""`/settings`: origins that may call from a browser, the audit log."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import ValidationError

from whatsapp_hub.api import organization as api
from whatsapp_hub.dashboard.own_api import caller, data
from whatsapp_hub.dashboard.pages import go, render
from whatsapp_hub.dashboard.strangers import moment, text
from whatsapp_hub.dashboard.texts import TEXTS
from whatsapp_hub.dashboard.visitor import Administrator, Visitor
from whatsapp_hub.store.sessions import LARGEST_ID

router = APIRouter(include_in_schema=False)

LINES = 50
Before = Annotated[int | None, Query(ge=1, le=LARGEST_ID)]


@router.get("/settings")
async def settings(visitor: Administrator, request: Request) -> Response:
    """The first of its pages."""
    return go(request, "/settings/keys")


@router.get("/settings/origins")
async def origins(visitor: Administrator, request: Request) -> Response:
    """Whose pages may call from a browser."""
    found = await data(api.origins(caller(visitor), request))
    written = "\n".join(found["origins"])
    return render(request, visitor, "settings_origins.html", written=written, wrong=None)


@router.post("/settings/origins")
async def set_origins(visitor: Administrator, request: Request) -> Response:
    """Replace them all: one on each line."""
    written = text((await request.form()).get("origins"))
    wanted = [line.rstrip("/") for line in written.split()]
    try:
        body = api.Origins.model_validate({"origins": wanted})
    except ValidationError as error:
        place = error.errors()[0]["loc"]
        wrong = wanted[place[1]][:100] if len(place) > 1 and isinstance(place[1], int) else ""
        return render(request, visitor, "settings_origins.html", 422, written=written, wrong=wrong)
    await data(api.set_origins(body, caller(visitor), request))
    return go(request, "/settings/origins", "origins.saved")


@router.get("/settings/audit")
async def audit(visitor: Administrator, request: Request, before: Before = None) -> Response:
    """Who did what, the newest first."""
    found = await data(api.audit(caller(visitor), request, LINES, before))
    names = await _names(request, visitor)
    lines = [line(each, names) for each in found["entries"]]
    return render(
        request, visitor, "settings_audit.html", lines=lines, following=found["next"], before=before
    )


async def _names(request: Request, visitor: Visitor) -> dict[str, str]:
    """What users and keys are called now."""
    users = await data(api.users(caller(visitor), request))
    keys = await data(api.keys(caller(visitor), request))
    return {f"user:{each['id']}": each["name"] or each["email"] for each in users["users"]} | {
        f"key:{each['id']}": each["name"] for each in keys["keys"]
    }


def line(entry: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """A line of the log for the page: `text` is a key of the texts, or empty for an action without one."""
    key = f"audit.{entry['action']}"
    target = entry["target"]
    return {
        "at": moment(entry["at"]),
        "text": key if key in TEXTS["es"] else "",
        "action": entry["action"],
        "by_key": entry["actor"].startswith("key:"),
        "actor": names.get(entry["actor"], entry["actor"]),
        "target": names.get(target, re.sub(r"^(user|key|contact|session):", "#", target)),
        "outcome": "" if entry["outcome"] == "done" else entry["outcome"],
    }
