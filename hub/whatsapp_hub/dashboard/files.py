"""The dashboard's files: named by what is in them, so that a browser keeps them for good."""

from __future__ import annotations

import hashlib
import logging
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from whatsapp_hub.api.envelope import ApiError
from whatsapp_hub.dashboard import assets

log = logging.getLogger(__name__)

router = APIRouter(include_in_schema=False)
FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
FOR_GOOD = "public, max-age=31536000, immutable"


@cache
def contents() -> dict[str, bytes]:
    """Every file by its name under `static/`, read once. What npm's lock does not know is not served."""
    refused = set(assets.missing())
    if refused:
        log.warning(
            "the dashboard's scripts %s are missing: pages work without live updates. Run: %s",
            ", ".join(sorted(refused)),
            assets.FETCH_COMMAND,
        )
    found = [path for path in sorted(FOLDER.rglob("*")) if path.is_file() and path.suffix in TYPES]
    known = {f"vendor/{name}" for name in assets.read_lock()} - {f"vendor/{name}" for name in refused}
    named = {path.relative_to(FOLDER).as_posix(): path for path in found}
    return {
        name: path.read_bytes()
        for name, path in named.items()
        if not name.startswith("vendor/") or name in known
    }


@cache
def url(name: str) -> str:
    """Where a page finds a file."""
    return f"/static/{name}?v={hashlib.sha256(contents()[name]).hexdigest()[:12]}"


def vendor() -> list[str]:
    """Where a page finds htmx and its extension; nothing where one of them is missing."""
    names = [f"vendor/{name}" for name in assets.read_lock()]
    return [url(name) for name in names] if all(name in contents() for name in names) else []


@router.get("/static/{name:path}")
async def file(name: str, v: str = "") -> Response:
    """A file; kept for good where it was asked for by its content."""
    content = contents().get(name)
    if content is None:
        raise ApiError(404, f"There is no /static/{name[:100]}.")
    kept = FOR_GOOD if v and url(name).endswith(f"?v={v}") else "no-cache"
    headers = {"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
    return Response(content, headers=headers, media_type=TYPES[Path(name).suffix])
