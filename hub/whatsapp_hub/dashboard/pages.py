"""From a template and what it draws to an answer: a whole page, or the part of it that htmx asked for.

Every page says the same about safety: it loads nothing from elsewhere, runs no script that is not a file of
ours, is framed by nobody and kept by no cache.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from whatsapp_hub.api.caller import services
from whatsapp_hub.dashboard import files, navigation, texts
from whatsapp_hub.dashboard.texts import Language, language_of
from whatsapp_hub.dashboard.visitor import CSRF_FIELD, Visitor
from whatsapp_hub.times import iso

Kind = Literal["good", "bad"]
NOTICE = "whatsapp_hub_notice"
NOTICES = "_notices.html"
NOTICE_SECONDS = 60
LONGEST_VALUE = 300

SAFETY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",  # `no-referrer` would take the Origin from our own forms
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PAGE_HEADERS = SAFETY | {"Cache-Control": "no-store", "Vary": "Cookie, HX-Request, Accept-Language"}


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What just happened, told once: the key of a text and what it holds."""

    key: str
    kind: Kind = "good"
    given: Mapping[str, str]


def render(
    request: Request,
    visitor: Visitor | None,
    template: str,
    status: int = 200,
    *,
    block: str = "main",
    notice: Notice | None = None,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """The whole page for a browser, its `block` alone for htmx (with the notice, where there is one)."""
    given = surroundings(request, visitor) | context
    given["parts"] = parts(given)
    fragment = asked_by_htmx(request)
    told = notice or (None if fragment else _taken(request))
    given["notices"] = [told] if told else []
    found = TEMPLATES.get_template(template)
    if fragment:
        html = part(template, block, given)
        if told:
            html += (
                f'<div hx-swap-oob="beforeend:#notices">{TEMPLATES.get_template(NOTICES).render(given)}</div>'
            )
    else:
        html = found.render(given)
    answer = Response(html, status, dict(PAGE_HEADERS) | dict(headers or {}), "text/html; charset=utf-8")
    if told and not notice:
        answer.delete_cookie(NOTICE, path="/")
    return answer


def part(template: str, block: str, given: Mapping[str, Any]) -> str:
    """One block of a template, by itself."""
    found = TEMPLATES.get_template(template)
    context = found.new_context(dict(given))
    return "".join(found.blocks[block](context))


def parts(given: Mapping[str, Any]) -> Any:
    """The macros of `_parts.html`; a fragment alone has no other way to them."""
    return TEMPLATES.get_template("_parts.html").make_module(dict(given))


def surroundings(request: Request, visitor: Visitor | None) -> dict[str, Any]:
    """What every template has."""
    language = visitor.language if visitor else language_of(request)
    there = {"path": request.url.path, "here": here(request), "now": iso(services(request).clock())}
    return drawn_for(visitor, language) | there


def drawn_for(visitor: Visitor | None, language: Language) -> dict[str, Any]:
    """What a fragment needs that no request asked for, such as a live one."""
    return {
        "t": partial(texts.text, language),
        "n": partial(texts.count, language),
        "reason": partial(texts.reason, language),
        "language": language,
        "visitor": visitor,
        "entries": navigation.entries(visitor) if visitor else [],
        "csrf": visitor.csrf if visitor else "",
        "notices": [],
    }


def here(request: Request) -> str:
    """Path and query, to come back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def asked_by_htmx(request: Request) -> bool:
    """Whether a fragment is asked for; a page that htmx restores from history is whole."""
    return bool(request.headers.get("hx-request")) and not request.headers.get("hx-history-restore-request")


def go(
    request: Request, path: str, notice: str | None = None, kind: Kind = "good", **values: str
) -> Response:
    """To another page of ours, which tells `notice` (the key of a text) when it is there."""
    answer: Response
    if asked_by_htmx(request):
        answer = Response(status_code=204, headers={"HX-Redirect": path, "Cache-Control": "no-store"})
    else:
        answer = RedirectResponse(path, 303, {"Cache-Control": "no-store"})
    if notice:
        answer.set_cookie(
            NOTICE,
            _sealed(request, Notice(key=notice, kind=kind, given=values)),
            max_age=NOTICE_SECONDS,
            path="/",
            httponly=True,
            samesite="lax",
        )
    return answer


def moment(at: datetime | None) -> Markup:
    """A time in UTC, which the page's script turns into the reader's own."""
    if at is None:
        return Markup("–")
    return Markup('<time datetime="{}" data-local>{} UTC</time>').format(
        iso(at), at.strftime("%Y-%m-%d %H:%M")
    )


def _sealed(request: Request, notice: Notice) -> str:
    """Signed: a page shows no text that another site has put into a cookie."""
    values = {name: value[:LONGEST_VALUE] for name, value in notice.given.items()}
    text = base64.urlsafe_b64encode(json.dumps([notice.key, notice.kind, values]).encode()).decode()
    return f"{text}.{services(request).secrets.digest('notice ' + text)}"


def _taken(request: Request) -> Notice | None:
    text, _, seal = request.cookies.get(NOTICE, "").partition(".")
    if not text or services(request).secrets.digest("notice " + text) != seal:
        return None
    try:
        key, kind, values = json.loads(base64.urlsafe_b64decode(text))
    except (ValueError, binascii.Error):
        return None
    return Notice(key=key, kind=kind, given=values)


def environment() -> Environment:
    """The templates, with what each of them may use."""
    made = Environment(
        loader=PackageLoader("whatsapp_hub.dashboard"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        static=files.url,
        vendor=files.vendor,
        languages=texts.LANGUAGES,
        language_names=texts.NAMES,
        moment=moment,
        csrf_name=CSRF_FIELD,
        current=navigation.current,
    )
    return made


TEMPLATES = environment()
