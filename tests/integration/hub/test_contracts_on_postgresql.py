"""Every test of contracts B, C and D once more, on PostgreSQL: the two databases differ where it hurts."""

from types import ModuleType

from unit.hub.api import (
    test_callbacks,
    test_contacts,
    test_login,
    test_messages,
    test_modes,
    test_organization,
    test_own_account,
    test_qr,
    test_records,
    test_retention,
    test_sessions,
    test_webhooks,
)
from unit.hub.crm import test_filters

MODULES: tuple[ModuleType, ...] = (
    test_callbacks,
    test_contacts, test_login, test_messages, test_modes, test_organization, test_own_account, test_qr,
    test_records, test_retention, test_sessions, test_webhooks, test_filters,
)  # fmt: skip

for _module in MODULES:
    for _name, _value in vars(_module).items():
        if _name.startswith("test_"):
            globals()[f"{_name}_in_{_module.__name__.rpartition('.')[2]}"] = _value
        elif _name in ("told", "rows", "written", "stored"):  # their fixtures
            globals()[_name] = _value
