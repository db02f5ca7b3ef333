"""The one seam into kopf, and kopf's settings. The watches themselves: tests/e2e, on a real API server."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import kopf
import pytest
from kopf._cogs.clients import watching

from whatsapp_operator.watches import login, operator_settings, tapped


def listed(uid: str) -> dict[str, Any]:
    return {"type": None, "object": {"metadata": {"uid": uid}}}


def unexpected(resource: str, error: Exception) -> None:
    raise AssertionError(f"{resource}: {error}")


async def test_a_watch_that_is_not_allowed_is_reported_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def original(**_: Any) -> AsyncIterator[Any]:
        raise PermissionError("services is forbidden")
        yield

    monkeypatch.setattr(watching, "continuous_watch", original)
    failures: list[tuple[str, str]] = []
    with tapped(
        lambda *_: None, lambda *_: None, lambda *failed: failures.append((failed[0], str(failed[1])))
    ):
        stream: Any = watching.continuous_watch
        with pytest.raises(PermissionError):
            await anext(stream(resource=SimpleNamespace(plural="services"), namespace=None))
    assert failures == [("services", "services is forbidden")]


def test_kopf_still_has_the_seam() -> None:
    """A new kopf must be looked at before it is used: `watches.tapped` stands in for this function."""
    assert set(inspect.signature(watching.continuous_watch).parameters) == {
        "settings",
        "resource",
        "namespace",
        "operator_pause_waiter",
    }
    assert "continuous_watch(" in inspect.getsource(watching.infinite_watch)
    assert "Bookmark.LISTED" in inspect.getsource(watching.continuous_watch)


async def test_the_tap_hears_bookmarks_and_knows_what_was_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    bookmark = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "9"}}}
    events = [listed("a"), listed("b"), watching.Bookmark.LISTED, {"type": "ADDED", "object": {}}, bookmark]
    closed = []

    async def original(**_: Any) -> AsyncIterator[Any]:
        try:
            for each in events:
                yield each
        finally:
            closed.append(True)

    monkeypatch.setattr(watching, "continuous_watch", original)
    heard: list[tuple[str, str | None]] = []
    listings: list[tuple[str, str | None, set[str]]] = []
    with tapped(lambda *scope: heard.append(scope), lambda *listing: listings.append(listing), unexpected):
        stream: Any = watching.continuous_watch
        passed = [each async for each in stream(resource=SimpleNamespace(plural="pods"), namespace="crm")]
    assert passed == events
    assert heard == [("pods", "crm")] * 5
    assert listings == [("pods", "crm", {"a", "b"})]
    assert closed == [True]
    assert watching.continuous_watch is original


async def test_a_listing_that_broke_off_does_not_count_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[list[Any]] = [[listed("vanished")], [listed("a"), watching.Bookmark.LISTED]]

    async def original(**_: Any) -> AsyncIterator[Any]:
        for each in rounds.pop(0):
            yield each

    monkeypatch.setattr(watching, "continuous_watch", original)
    listings: list[set[str]] = []
    with tapped(lambda *_: None, lambda *listing: listings.append(listing[2]), unexpected):
        stream: Any = watching.continuous_watch
        for _ in range(2):
            async for _each in stream(resource=SimpleNamespace(plural="pods"), namespace=None):
                pass
    assert listings == [{"a"}]


def test_kopf_writes_nothing_and_watches_only_what_is_ours() -> None:
    settings = operator_settings()
    assert settings.posting.enabled is False
    assert settings.scanning.disabled is True
    selectors = dict(settings.watching.label_selectors.items())
    assert sorted(selectors.values()) == [
        "app.kubernetes.io/managed-by=whatsapp-operator,app.kubernetes.io/name=whatsapp-session",
        "whatsapp.leadmaster.dev/session",
        "whatsapp.leadmaster.dev/session",
    ]


@pytest.mark.parametrize(
    ("host", "server"), [("10.96.0.1", "https://10.96.0.1:443"), ("fd00::1", "https://[fd00::1]:443")]
)
def test_in_a_pod_the_api_server_is_reached_by_address(
    monkeypatch: pytest.MonkeyPatch, host: str, server: str
) -> None:
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    info = kopf.ConnectionInfo(server="https://kubernetes.default.svc", token="t")
    monkeypatch.setattr(kopf, "login_with_service_account", lambda **_: info)
    found = login()
    assert found is not None
    assert (found.server, found.token) == (server, "t")
