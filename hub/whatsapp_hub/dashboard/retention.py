"""`/settings/data`: how long messages are kept, and the way to one person's data."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from whatsapp_hub.api import organization as api
from whatsapp_hub.dashboard.own_api import caller, data
from whatsapp_hub.dashboard.pages import go, render
from whatsapp_hub.dashboard.visitor import Administrator, Visitor
from whatsapp_hub.retention import LONGEST_DAYS

router = APIRouter(include_in_schema=False)

DEFAULT, EVER, DAYS = "default", "ever", "days"
PROPOSED = 365


@router.get("/settings/data")
async def keeping(visitor: Administrator, request: Request) -> Response:
    """What is in force."""
    return await page(request, visitor)


@router.post("/settings/data")
async def keep(visitor: Administrator, request: Request) -> Response:
    """Say how long; older messages are removed for good."""
    form = await request.form()
    chosen, written = str(form.get("keep") or ""), str(form.get("days") or "").strip()
    days = {DEFAULT: None, EVER: 0}.get(chosen, wanted(written))
    if chosen == DAYS and not days:
        return await page(request, visitor, 422, chosen=chosen, written=written, wrong=True)
    try:
        body = api.Keeping.model_validate({"days": days})
    except ValidationError:
        return await page(request, visitor, 422, chosen=chosen, written=written, wrong=True)
    await data(api.set_retention(body, caller(visitor), request))
    return go(request, "/settings/data", "data.saved")


async def page(
    request: Request,
    visitor: Visitor,
    status: int = 200,
    *,
    chosen: str = "",
    written: str = "",
    wrong: bool = False,
) -> Response:
    """The form, as it is or as it was written."""
    now = await data(api.retention(caller(visitor), request))
    return render(
        request, visitor, "settings_data.html", status, kept=now, chosen=chosen or choice(now),
        written=written or str(now["days"] or PROPOSED), wrong=wrong, longest=LONGEST_DAYS,
    )  # fmt: skip


def choice(kept: dict[str, Any]) -> str:
    """Which of the three is in force."""
    if kept["days"] is None:
        return DEFAULT
    return DAYS if kept["days"] else EVER


def wanted(written: str) -> int:
    """A number of days; 0 for what is none."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 7 else 0
