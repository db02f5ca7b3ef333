"""Kubernetes quantities: read, compare. Only what the spec accepts."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

QUANTITY_PATTERN = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$"
SIZE_PATTERN = r"^[1-9][0-9]*(Mi|Gi|Ti)$"

_UNITS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6,
    "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12,
    "P": Decimal(10) ** 15,
    "Ki": Decimal(1024),
    "Mi": Decimal(1024) ** 2,
    "Gi": Decimal(1024) ** 3,
    "Ti": Decimal(1024) ** 4,
    "Pi": Decimal(1024) ** 5,
}


def amount(quantity: int | str) -> Decimal:
    """The number that a quantity means; raises ValueError that names it."""
    text = str(quantity).strip()
    number = text.rstrip("mkMGTPKi")
    unit = text[len(number) :]
    try:
        return Decimal(number) * _UNITS[unit]
    except (InvalidOperation, KeyError):
        raise ValueError(f"{quantity!r} is no quantity: write a number and a unit, such as 2Gi") from None
