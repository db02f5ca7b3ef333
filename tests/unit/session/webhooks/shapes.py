"""Whether a body is exactly what `whatsapp_contracts.callbacks` says: no field less, more or wrong."""

from __future__ import annotations

import types
import typing
from typing import Any, get_args, get_origin, get_type_hints

from whatsapp_contracts import callbacks

BODIES: dict[str, Any] = {
    callbacks.STATUS_UPDATE: callbacks.StatusUpdate,
    callbacks.QR_UPDATE: callbacks.QrUpdate,
    callbacks.NEW_SESSION_CONNECTED: callbacks.NewSessionConnected,
    callbacks.MESSAGE_RECEIVED: callbacks.MessageReceived,
}


def faults(value: Any, shape: Any, where: str = "body") -> list[str]:
    """What is wrong, each with its place; nothing for an exact body."""
    if typing.is_typeddict(shape):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        hints = get_type_hints(shape)
        found = [f"{where}.{name} is missing" for name in sorted(shape.__required_keys__ - value.keys())]
        found += [f"{where}.{name} is unknown" for name in sorted(value.keys() - hints.keys())]
        for name in value.keys() & hints.keys():
            found += faults(value[name], hints[name], f"{where}.{name}")
        return found
    if get_origin(shape) is typing.Literal:
        return [] if value in get_args(shape) else [f"{where} is {value!r}"]
    if get_origin(shape) in (typing.Union, types.UnionType):
        options = [faults(value, each, where) for each in get_args(shape)]
        return [] if [] in options else options[0]
    if get_origin(shape) is list:
        (inner,) = get_args(shape)
        return [
            fault for index, each in enumerate(value) for fault in faults(each, inner, f"{where}[{index}]")
        ]
    if shape is float:
        shape = (int, float)
    exact = isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
    return [] if exact else [f"{where} is {value!r}"]
