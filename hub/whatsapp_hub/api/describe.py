"""What the OpenAPI document says of a route beside its parameters: summary, examples, every refusal.

Why apart: the framework documents its own error shape, which no caller of this hub ever meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from whatsapp_hub.api.caller import administrator, person

JSON = "application/json"
OPEN = ("/healthz", "/readyz", "/api/auth/login")
REASONS = {
    400: ("A field is missing or malformed; the message names it.", "sessionId is missing. Send it."),
    401: ("No, or no valid, credentials.", "Send your API key as X-API-Key, or log in and send the token."),
    403: ("The key's scopes or the user's role do not suffice.", "This needs the scope sessions:write."),
    404: (
        "There is no such thing in your organization.",
        "There is no session 'a'. GET /api/sessions lists.",
    ),
    409: ("The state of things does not allow it now.", "Session already exists"),
    410: ("The QR's rotations ended.", "QR Code expired. Connect again, then ask for the QR."),
    413: ("The body is too large.", "The body is larger than 1048576 bytes. Send less."),
    422: ("The Idempotency-Key was used with another request.", "Use a new key for a new request."),
    429: ("Too many failed logins, or a send that would wait too long.", "Try again in 60 seconds."),
    500: ("The hub or the session failed.", "The send failed in WhatsApp. Try again."),
    502: ("The session's answer was not understood.", "The session refused the hub's key. Restart it."),
    503: ("Database, cluster or session do not answer; nothing was done.", "Try again in a moment."),
    507: ("The session's volume is full.", "Make room: enlarge spec.storage.size."),
}
REFUSAL = {
    "type": "object",
    "required": ["success", "message"],
    "properties": {
        "success": {"const": False},
        "message": {"type": "string", "description": "what happened, and what to do"},
    },
}
ANSWER = {
    "type": "object",
    "required": ["success", "data"],
    "properties": {"success": {"const": True}, "data": {}},
}
SENDING = (409, 413, 422, 429, 500, 502, 507)
ASKING = (409, 502)
"""What a session may answer that is asked for something of WhatsApp's page."""


def described(
    summary: str,
    *,
    data: Any = None,
    status: int = 200,
    body: Any = None,
    errors: tuple[int, ...] = (),
    file: str = "",
) -> dict[str, Any]:
    """Arguments of a route. `data`, `body`: examples; `file`: the media type of an answer that is one."""
    if file:
        content: Any = {file: {"schema": {"type": "string", "format": "binary"}}}
    else:
        content = {JSON: {"schema": ANSWER, "example": {"success": True, "data": data}}}
    responses: dict[int | str, Any] = {status: {"description": summary, "content": content}}
    responses |= {code: refusal(code) for code in errors}
    extra = {"requestBody": {"content": {JSON: {"example": body}}}} if body is not None else None
    return {"summary": summary, "status_code": status, "responses": responses, "openapi_extra": extra}


def passed_body(example: Any, *, required: bool = True) -> dict[str, Any]:
    """`openapi_extra` of a route whose body the session reads."""
    schema = {"type": "object", "additionalProperties": True}
    return {"requestBody": {"required": required, "content": {JSON: {"schema": schema, "example": example}}}}


def refusal(code: int) -> dict[str, Any]:
    """One refusal."""
    description, example = REASONS[code]
    return {
        "description": description,
        "content": {
            JSON: {
                "schema": {"$ref": "#/components/schemas/Refusal"},
                "example": {"success": False, "message": example},
            }
        },
    }


Lock = list[dict[str, list[str]]]
"""Ways to open a route, as OpenAPI has them: several entries are alternatives."""


def install(app: FastAPI, routers: Sequence[APIRouter]) -> None:
    """Make `app`'s document say what is true of every route; `routers` are those that it has."""
    made = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = finished(made(), locks(routers))
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def locks(routers: Sequence[APIRouter]) -> dict[tuple[str, str], Lock]:
    """How to open each route, by path and method."""
    found: dict[tuple[str, str], Lock] = {}
    signed: dict[str, list[str]] = {"signature": []}
    for route in (each for router in routers for each in router.routes):
        if isinstance(route, APIRoute) and route.path not in OPEN:
            callers = {each.call for each in route.dependant.dependencies}
            if administrator in callers:
                lock: Lock = [{"key": [], "bearer": []}]
            elif person in callers:
                lock = [{"bearer": []}]
            elif callers:
                lock = [{"key": []}, {"bearer": []}]
            else:
                lock = [signed] if route.path.startswith("/api/whatsapp/") else [signed, {"key": []}]
            found |= {(route.path, method.lower()): lock for method in route.methods or ()}
    return found


def finished(schema: dict[str, Any], opened: dict[tuple[str, str], Lock]) -> dict[str, Any]:
    """The framework's document with our refusals and the ways to prove who calls."""
    parts = schema.setdefault("components", {})
    shapes = parts.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        shapes.pop(name, None)
    shapes["Refusal"] = REFUSAL
    parts["securitySchemes"] = {
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "bearer": {"type": "http", "scheme": "bearer"},
        "signature": {
            "type": "apiKey",
            "in": "header",
            "name": "webhook-signature",
            "description": "Standard Webhooks, with the session's callback secret",
        },
    }
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            if "HTTPValidationError" in str(answers.get("422")):
                del answers["422"]
            for code in usual(path, operation):
                answers.setdefault(str(code), refusal(code))
            if lock := opened.get((path, method)):
                operation["security"] = lock
    return schema


def usual(path: str, operation: dict[str, Any]) -> tuple[int, ...]:
    """The refusals that nearly every route has."""
    given = operation.get("parameters") or operation.get("requestBody")
    found = [503] if path != "/healthz" else []
    if given:
        found.append(400)
    if path not in OPEN:
        found += [401, 403]
    if "{" in path:
        found.append(404)
    return tuple(found)
