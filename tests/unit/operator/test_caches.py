"""The caches: late, doubled and lost events."""

from __future__ import annotations

from typing import Any

import pytest

from whatsapp_operator.caches import CLAIMS, PODS, RESOURCES, SESSIONS, Caches

KEY = ("crm", "demo")


def pod(uid: str = "1", version: int = 10, label: str = "demo", **more: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "whatsapp-demo",
            "namespace": "crm",
            "uid": uid,
            "resourceVersion": str(version),
            "labels": {"whatsapp.leadmaster.dev/session": label},
        },
        **more,
    }


@pytest.fixture
def caches() -> Caches:
    return Caches()


def test_old_news_is_not_believed(caches: Caches) -> None:
    caches.event(PODS, "MODIFIED", pod(version=12, spec="new"))
    assert caches.event(PODS, "MODIFIED", pod(version=11, spec="old")) is None
    assert caches[PODS].of(KEY)[0]["spec"] == "new"


def test_an_object_that_is_gone_does_not_come_back_by_a_late_event(caches: Caches) -> None:
    caches.event(PODS, "ADDED", pod())
    assert caches.event(PODS, "DELETED", pod()) == KEY
    assert caches.event(PODS, "MODIFIED", pod(version=99)) is None
    assert caches[PODS].of(KEY) == []


def test_a_predecessors_end_does_not_remove_its_successor(caches: Caches) -> None:
    caches.event(PODS, "ADDED", pod("old"))
    caches.event(PODS, "ADDED", pod("new"))
    caches.event(PODS, "DELETED", pod("old"))
    assert [each["metadata"]["uid"] for each in caches[PODS].of(KEY)] == ["new"]


def test_what_a_listing_lacks_is_gone(caches: Caches) -> None:
    """A watch that was broken for too long begins with a new listing: deletions in between have no event."""
    caches.event(PODS, "ADDED", pod("stays"))
    caches.event(PODS, "ADDED", pod("vanished", label="other"))
    assert caches.listed(PODS, None, {"stays"}) == [("crm", "other")]
    assert caches[PODS].of(("crm", "other")) == []
    assert len(caches[PODS].of(KEY)) == 1


def test_a_listing_of_one_namespace_says_nothing_of_another(caches: Caches) -> None:
    caches.event(PODS, "ADDED", pod())
    assert caches.listed(PODS, "elsewhere", set()) == []
    assert len(caches[PODS].of(KEY)) == 1


def test_nothing_is_decided_before_every_listed_object_is_in(caches: Caches) -> None:
    for resource in RESOURCES:
        assert not caches.filled([None])
        caches.listed(resource, None, {"1"} if resource == PODS else set())
    assert not caches.filled([None])
    assert caches.missing([None]) == [PODS]
    caches.event(PODS, None, pod("1"))
    assert caches.filled([None])
    assert caches.missing([None]) == []


def test_an_object_that_was_listed_and_deleted_at_once_is_not_waited_for(caches: Caches) -> None:
    for resource in RESOURCES:
        caches.listed(resource, None, {"1"} if resource == PODS else set())
    caches.event(PODS, "DELETED", pod("1"))
    assert caches.filled([None])


def test_several_namespaces_are_all_waited_for(caches: Caches) -> None:
    for resource in RESOURCES:
        caches.listed(resource, "a", set())
    assert not caches.filled(["a", "b"])
    for resource in RESOURCES:
        caches.listed(resource, "b", set())
    assert caches.filled(["a", "b"])


def test_a_label_that_was_taken_off_and_put_back_is_seen_again(caches: Caches) -> None:
    caches.event(CLAIMS, "ADDED", pod())
    caches.event(CLAIMS, "DELETED", pod())
    assert caches.event(CLAIMS, "ADDED", pod(version=20)) == KEY


def test_another_label_moves_an_object_to_another_session(caches: Caches) -> None:
    caches.event(PODS, "ADDED", pod(version=1))
    caches.event(PODS, "MODIFIED", pod(version=2, label="other"))
    assert caches[PODS].of(KEY) == []
    assert len(caches[PODS].of(("crm", "other"))) == 1


def test_a_session_is_found_by_the_label_of_its_name(caches: Caches) -> None:
    name = "a" * 100
    body = {"metadata": {"name": name, "namespace": "crm", "uid": "1", "resourceVersion": "1"}}
    key = caches.event(SESSIONS, "ADDED", body)
    assert key is not None
    assert len(key[1]) == 63
    assert caches[SESSIONS].of(key) == [body]
