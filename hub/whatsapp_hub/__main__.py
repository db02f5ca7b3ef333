"""`whatsapp-hub`: the hub as a process, and its first organization.

Exit codes: 0 asked to stop, or done; 1 a bug: start it again; 2 a setting, or something around the process,
is wrong, and starting it again does not help.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence

from whatsapp_hub import __version__, log, settings
from whatsapp_hub.security.api_keys import SCOPES
from whatsapp_hub.settings import Settings


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run a command; the exit code."""
    given = _parser().parse_args(arguments)
    try:
        read = settings.read(environ)
    except settings.SettingsError as error:
        print(f"whatsapp-hub: {error}", file=sys.stderr)
        return 2
    log.set_up(read.log_format)

    from whatsapp_hub import admin, serving  # after the settings: what is wrong there is said at once

    try:
        if given.command == "serve":
            return serving.run(read)
        if given.command == "migrate":
            return asyncio.run(_migrate(read))
        return asyncio.run(admin.run(read, given, environ.get("ADMIN_PASSWORD", "")))
    except (serving.CannotStart, admin.CannotCreate) as error:
        print(f"whatsapp-hub: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="whatsapp-hub",
        description="WhatsApp sessions for CRMs over HTTP.",
        epilog="settings, from the environment:\n\n" + settings.HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"whatsapp-hub {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="run the hub")
    commands.add_parser("migrate", help="bring the database up to this release")
    _admin_parser(commands.add_parser("admin", help="administrators, passwords and API keys"))
    return parser


def _admin_parser(parser: argparse.ArgumentParser) -> None:
    admin = parser.add_subparsers(dest="admin", required=True)
    create = admin.add_parser(
        "create",
        help="an organization's administrator and an API key; the password comes from ADMIN_PASSWORD",
    )
    create.add_argument("--tenant", required=True, help="name of the organization, made when it is new")
    create.add_argument("--email", required=True, help="what the administrator logs in with")
    reset = admin.add_parser(
        "reset-password", help="another password, from ADMIN_PASSWORD or made up; every token of theirs ends"
    )
    reset.add_argument("--email", required=True, help="what the user logs in with")
    keys = admin.add_parser("keys", help="API keys").add_subparsers(dest="keys", required=True)
    listing = keys.add_parser("list", help="every key, without its text")
    making = keys.add_parser("create", help="a new key, shown once")
    revoking = keys.add_parser("revoke", help="a key opens nothing from now on")
    for each in (listing, making, revoking):
        each.add_argument("--tenant", required=True, help="name of the organization")
    making.add_argument("--name", required=True, help="what the key is for")
    making.add_argument(
        "--scope", action="append", default=[], choices=SCOPES, help="may be repeated (default: all)"
    )
    revoking.add_argument("--id", required=True, type=int, help="its number in the list")


async def _migrate(read: Settings) -> int:
    from whatsapp_hub import serving

    database = await serving.open_database(read)
    await database.close()
    print("The database has today's tables.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
