"""`/config`: what a running session can be told."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from whatsapp_contracts.errors import ErrorCode
from whatsapp_session import config
from whatsapp_session.api import fields, schemas
from whatsapp_session.api.describe import described, json_body
from whatsapp_session.api.errors import wrong
from whatsapp_session.api.refusals import refusing
from whatsapp_session.api.services import Services

EXAMPLE = {
    "operatingMode": "Connected",
    "pacing": {"messagesPerMinute": 60, "burst": 20},
    "webhooks": [{"name": "crm", "url": "https://crm.example.com/hook", "events": ["message.*"]}],
}
Unknown = Annotated[
    str | None,
    Query(
        pattern="^ignore$",
        description="ignore: leave out the keys that this release does not know",
        json_schema_extra={"enum": ["ignore"]},
    ),
]


def router(services: Services) -> APIRouter:
    """The routes of one session."""
    routes = APIRouter(prefix="/config", tags=["configuration"])

    @routes.get(
        "",
        **described(
            "Show the configuration",
            ok=schemas.ok(config={"type": "object"}),
            example={"ok": True, "config": config.Config().to_json(hide=True)},
        ),
    )
    async def show() -> dict[str, Any]:
        """The one in force; what is secret is shown as `***`."""
        return {"ok": True, "config": services.configuration.current.to_json(hide=True)}

    @routes.put(
        "",
        **described(
            "Put the whole configuration",
            ok=schemas.ok(revision=schemas.TEXT),
            example={"ok": True, "revision": ""},
            body=json_body(schemas.ref("Config"), EXAMPLE),
            errors=(ErrorCode.STORAGE_FULL,),
        ),
    )
    async def put(request: Request, unknown: Unknown = None) -> dict[str, Any]:
        """Answered once it is on disk and in force. A key that is left out has its default again."""
        data: object = fields.parse(await request.body(), '{"webhooks": []}')
        if unknown == "ignore":
            data = config.understood(data)
        try:
            wanted = config.read(data)
        except config.ConfigError as error:
            raise wrong(str(error)) from None
        refuse_hidden(wanted)
        with refusing(not_found=ErrorCode.INVALID_REQUEST, failed=ErrorCode.INTERNAL_ERROR):
            await services.configuration.put(wanted)
        return {"ok": True, "revision": wanted.revision}

    return routes


def refuse_hidden(wanted: config.Config) -> None:
    """Raise ApiError for a `***` of an answer that is sent back: it would replace what it hides."""
    cure = f"is {config.HIDDEN}, which GET /config shows instead. Put the real one."
    if wanted.proxy is not None and wanted.proxy.password == config.HIDDEN:
        raise wrong(f"proxy.password {cure}")
    for index, webhook in enumerate(wanted.webhooks):
        for name, value in webhook.headers:
            if value == config.HIDDEN:
                raise wrong(f"webhooks[{index}].headers.{name} {cure}")
