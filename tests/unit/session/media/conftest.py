from __future__ import annotations

from pathlib import Path

import pytest

from whatsapp_session.database import Database
from whatsapp_session.media.store import MediaStore


@pytest.fixture
def media(tmp_path: Path, database: Database) -> MediaStore:
    return MediaStore(tmp_path / "media", database, max_bytes=100, keep_days=7, keep_bytes=1000)
