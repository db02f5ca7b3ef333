"""The log: lines for a person, or one JSON object a line.

Never in it: QR codes, message texts, phone numbers, keys, passwords, tokens.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from whatsapp_contracts.events import timestamp


class JsonLines(logging.Formatter):
    """`{"time","level","logger","message"}`, with `exception` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        line = {
            "time": timestamp(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


class TextLines(logging.Formatter):
    """`2026-01-01T12:00:00.000Z INFO message`."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line, with the traceback under it where there is one."""
        moment = timestamp(datetime.fromtimestamp(record.created, UTC))
        line = f"{moment} {record.levelname} {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up(form: str) -> None:
    """Write everything from INFO to standard output, in `form` (`text` or `json`)."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for noisy in ("uvicorn.error", "asyncio", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
