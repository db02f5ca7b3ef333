"""Whose a resource is."""

from __future__ import annotations

import pytest

from whatsapp_hub.tenancy import Holder, holder_of

TENANTS = [
    Holder(id=4, slug="late", namespace="shared"),
    Holder(id=2, slug="acme", namespace="acme-ns"),
    Holder(id=3, slug="early", namespace="shared"),
    Holder(id=1, slug="home", namespace=None),
    Holder(id=5, slug="guest", namespace="hub"),
]


@pytest.mark.parametrize(
    ("label", "namespace", "slug"),
    [
        ("acme", "shared", None),
        ("nobody", "acme-ns", None),
        ("", "elsewhere", None),
        ("home", "acme-ns", None),
        ("acme", "acme-ns", "acme"),
        ("late", "shared", "late"),
        ("", "shared", "early"),
        ("", "hub", "home"),
        ("guest", "hub", "guest"),
        ("home", "hub", "home"),
    ],
)
def test_a_label_counts_in_its_tenant_s_namespace_only(label: str, namespace: str, slug: str | None) -> None:
    found = holder_of(label, namespace, TENANTS, "hub")
    assert (found.slug if found else None) == slug
