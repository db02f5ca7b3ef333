"""The first start on a laptop: an organization, its administrator and a key are made and shown, once.

Why on standard output and not in the log: logs are kept and sent elsewhere, and these open everything. Only
with sessions as processes and a database without any organization: whoever has a cluster names the first
administrator (HUB_ADMIN_DIR), and no password is ever made up beside one that a person chose.
"""

from __future__ import annotations

import sys
from typing import TextIO

from whatsapp_hub import first_admin
from whatsapp_hub.first_admin import FirstAdmin
from whatsapp_hub.services import Services
from whatsapp_hub.store.directory import Directory

TENANT, EMAIL = "local", "admin@localhost"


async def greet(services: Services, url: str, out: TextIO | None = None) -> bool:
    """Make and show them where there is nobody yet; whether that was so. Raises what the database does."""
    async with services.database.read() as transaction:
        if await Directory(transaction).slugs():
            return False
    wanted = FirstAdmin(tenant=TENANT, email=EMAIL, password=None, key="")
    made = await first_admin.ensure(services.database, wanted, services.passwords, services.clock())
    if made is None:
        return False
    lines = (
        "",
        "  This is the first start. Log in, or call the API with the key; they are shown this once.",
        "",
        f"  address:   {url}",
        f"  log in as: {made.email}",
        f"  password:  {made.password}",
        f"  API key:   {made.key}",
        "",
        "  Lost? whatsapp-hub admin reset-password --email " + made.email,
        "",
    )
    print("\n".join(lines), file=out or sys.stdout, flush=True)
    return True
