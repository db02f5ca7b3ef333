"""What a route says of itself in the OpenAPI document: summary, schemas, examples, every error it may answer.

Why by hand: bodies are read by hand, and a document that is generated from types would not know of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whatsapp_contracts.errors import HTTP_STATUS, ErrorCode, envelope

Schema = dict[str, Any]

KEY_HEADER: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "The same key with the same request gives the first answer again, and never makes a second message. "
        "Kept 24 h."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
    "example": "9f2c1b4e-6c1d-4f0e-8a37-5d0b1f1f8f51",
}
REPLAYED: Schema = {
    "Idempotent-Replayed": {
        "description": "true: this answer was given before",
        "schema": {"type": "string", "enum": ["true"]},
    }
}
ALWAYS = (
    ErrorCode.INVALID_REQUEST,
    ErrorCode.CLIENTE_ID_MISMATCH,
    ErrorCode.UNAUTHORIZED,
    ErrorCode.PAYLOAD_TOO_LARGE,
    ErrorCode.INTERNAL_ERROR,
)
"""What the gate may answer on every route, and what would be a bug."""


def described(
    summary: str,
    *,
    ok: Schema | None = None,
    example: Any = None,
    body: Schema | None = None,
    errors: Sequence[ErrorCode] = (),
    keyed: bool = False,
    queued: bool = False,
    content: Schema | None = None,
) -> dict[str, Any]:
    """The arguments of a route's decorator; `content` instead of `ok` for what is not JSON alone."""
    answers = content or {"application/json": {"schema": ok or {"type": "object"}, "example": example}}
    success: Schema = {"description": "Done", "content": answers}
    if keyed:
        success["headers"] = REPLAYED
    responses: dict[int | str, Schema] = {200: success}
    if queued:
        later = dict(example) | {"messageId": None, "id": "out_1f0c", "state": "queued"}
        responses[202] = {
            "description": "On disk, and sent when it can be",
            "content": {"application/json": {"schema": ok, "example": later}},
            "headers": REPLAYED,
        }
    for code in (*ALWAYS, *errors):
        responses.setdefault(HTTP_STATUS[code], failure(HTTP_STATUS[code]))
        examples = responses[HTTP_STATUS[code]]["content"]["application/json"]["examples"]
        examples[code.value] = {"value": envelope(code, "What happened. What to do.")}
    extra: Schema = {}
    if body is not None:
        extra["requestBody"] = body
    if keyed:
        extra["parameters"] = [KEY_HEADER]
    return {"summary": summary, "responses": responses, "openapi_extra": extra or None}


def failure(status: int) -> Schema:
    """An error answer without its examples."""
    described: Schema = {
        "description": "Refused" if status < 500 else "Failed",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}, "examples": {}}},
    }
    if status == 429:
        described["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    return described


def json_body(schema: Schema, example: Any) -> Schema:
    """A JSON body that must be there."""
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def page(noun: str, entry: Schema) -> Schema:
    """The schema of a page of a list."""
    return {
        "type": "object",
        "required": ["ok", noun, "next"],
        "properties": {
            "ok": {"const": True},
            noun: {"type": "array", "items": entry},
            "next": {
                "type": ["string", "null"],
                "description": "the next page's `after`; null: the last page",
            },
        },
    }
