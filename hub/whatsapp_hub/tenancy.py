"""Whose a resource is that appeared in Kubernetes. Pure.

Why so strict: whoever may write resources in one namespace must not be able to put a session into another
organization by a label.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A tenant; `namespace` None: the hub's own."""

    id: int
    slug: str
    namespace: str | None


def holder_of(label: str, namespace: str, tenants: Iterable[Holder], own: str) -> Holder | None:
    """The tenant that the label names, when its namespace is the resource's; without a label the oldest
    tenant of the namespace; else nobody. `own`: the hub's namespace."""
    here = [each for each in tenants if (each.namespace or own) == namespace]
    if label:
        return next((each for each in here if each.slug == label), None)
    return min(here, key=lambda each: each.id, default=None)
