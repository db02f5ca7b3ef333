"""The dashboard's tests that ask the database in a way of their own, once more on PostgreSQL."""

from types import ModuleType

from unit.hub.dashboard import test_chats, test_contacts, test_settings_pages

MODULES: tuple[ModuleType, ...] = (test_chats, test_contacts, test_settings_pages)

for _module in MODULES:
    for _name, _value in vars(_module).items():
        if _name.startswith("test_"):
            globals()[f"{_name}_in_{_module.__name__.rpartition('.')[2]}"] = _value
