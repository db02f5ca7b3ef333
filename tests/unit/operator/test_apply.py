"""Doing what was decided, on an API server in memory."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from unit.operator.builders import DEFAULTS, NAMES, NOW, SPEC, UID, session
from unit.operator.fake_client import FakeClient
from whatsapp_contracts.keys import derive
from whatsapp_operator.actions import (
    Action,
    CreateClaim,
    CreatePod,
    DeletePod,
    DeleteReason,
    EnsureSecret,
    PatchClaim,
)
from whatsapp_operator.apply import Applier
from whatsapp_operator.caches import CLAIMS, PODS, Caches
from whatsapp_operator.client import ApiError, NotReached, path
from whatsapp_operator.manifests import Wish
from whatsapp_operator.metrics import REGISTRY
from whatsapp_operator.observed import Refusal
from whatsapp_operator.recorder import Recorder
from whatsapp_operator.spec import parse

MASTER = b"m" * 32
KEY = ("crm", "demo")
POD = path(PODS, "crm", "whatsapp-demo")
CLAIM = path(CLAIMS, "crm", "whatsapp-demo")
SECRET = path("secrets", "crm", "whatsapp-demo")
KEYS = (derive(MASTER, "crm", "demo"),)
WISH = Wish(
    namespace="crm", name="demo", uid=UID, spec=parse(SPEC), names=NAMES, defaults=DEFAULTS, api_keys=KEYS
)
DELETE = DeletePod(
    name="whatsapp-demo", uid="pod-1", reason=DeleteReason.RESTART_ASKED, because="it was asked for"
)


class Cluster:
    def __init__(self) -> None:
        self.client = FakeClient()
        self.caches = Caches()
        recorder = Recorder(self.client, now=lambda: NOW)  # type: ignore[arg-type]
        self.applier = Applier(self.client, self.caches, recorder, now=lambda: NOW)  # type: ignore[arg-type]

    async def apply(self, *actions: Action) -> Refusal | None:
        return await self.applier.apply(session(), WISH, actions)

    def events(self) -> list[str]:
        return [body["reason"] for where, body in self.client.objects.items() if "/events/" in where]

    def has(self, where: str, **metadata: Any) -> None:
        facts = {"name": where.rpartition("/")[2], "namespace": "crm", "uid": "pod-1", "resourceVersion": "1"}
        self.client.objects[where] = {"kind": "Pod", "metadata": facts | metadata}


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


async def test_a_claim_of_that_name_is_never_touched(cluster: Cluster) -> None:
    cluster.has(CLAIM, uid="foreign")
    before = dict(cluster.client.objects[CLAIM])
    refusal = await cluster.apply(CreateClaim(), EnsureSecret(), CreatePod())
    assert refusal is not None
    assert (refusal.what, refusal.reason) == ("CreateClaim", "ClaimForeign")
    assert "kubectl label pvc whatsapp-demo" in refusal.message
    assert cluster.client.objects[CLAIM] == before
    assert SECRET not in cluster.client.objects
    assert POD not in cluster.client.objects


async def test_a_labelled_claim_that_the_watch_has_not_told_yet_is_found(cluster: Cluster) -> None:
    cluster.has(CLAIM, uid="kept", labels={"whatsapp.leadmaster.dev/session": "demo"})
    await cluster.apply(CreateClaim())
    assert [body["metadata"]["uid"] for body in cluster.caches[CLAIMS].of(KEY)] == ["kept"]


async def test_a_pod_of_that_name_is_never_touched(cluster: Cluster) -> None:
    cluster.has(POD, uid="other")
    refusal = await cluster.apply(CreatePod())
    assert refusal is not None
    assert refusal.reason == "PodForeign"
    assert cluster.client.objects[POD]["metadata"]["uid"] == "other"


async def test_a_secret_of_somebody_else_is_refused(cluster: Cluster) -> None:
    cluster.has(SECRET, uid="foreign")
    refusal = await cluster.apply(EnsureSecret(), CreatePod())
    assert refusal is not None
    assert refusal.reason == "SecretForeign"
    assert "data" not in cluster.client.objects[SECRET]
    assert POD not in cluster.client.objects


async def test_a_secret_of_an_earlier_resource_is_waited_for(cluster: Cluster) -> None:
    earlier = {"kind": "WhatsAppSession", "name": "demo", "uid": "old", "controller": True}
    cluster.has(SECRET, ownerReferences=[earlier])
    with pytest.raises(ApiError, match="earlier resource"):
        await cluster.apply(EnsureSecret(), CreatePod())
    assert POD not in cluster.client.objects


async def test_a_secret_that_goes_in_between_is_not_taken_for_somebody_elses(cluster: Cluster) -> None:
    cluster.client.fail("create", path("secrets", "crm"), ApiError(409, "AlreadyExists", "it exists"))
    with pytest.raises(ApiError, match="has just gone"):
        await cluster.apply(EnsureSecret(), CreatePod())
    assert await cluster.apply(EnsureSecret(), CreatePod()) is None


async def test_a_successor_is_not_deleted_for_its_predecessor(cluster: Cluster) -> None:
    cluster.has(POD, uid="pod-2")
    refusal = await cluster.apply(DELETE)
    assert refusal is not None
    assert "deletionTimestamp" not in cluster.client.objects[POD]["metadata"]
    assert cluster.events() == []


@pytest.mark.parametrize("error", [ApiError(500, "InternalError", "oops"), NotReached(TimeoutError())])
async def test_what_may_pass_by_itself_is_raised_to_be_tried_again(cluster: Cluster, error: ApiError) -> None:
    cluster.client.fail("create", path(PODS, "crm"), error)
    with pytest.raises(ApiError):
        await cluster.apply(CreatePod())


async def test_a_namespace_that_ends_is_no_refusal(cluster: Cluster) -> None:
    ending = ApiError(403, "Forbidden", "unable to create new content because it is being terminated")
    cluster.client.fail("create", path(PODS, "crm"), ending)
    with pytest.raises(ApiError):
        await cluster.apply(CreatePod())


async def test_a_refusal_says_kubernetes_own_words(cluster: Cluster) -> None:
    cluster.client.fail("create", path(PODS, "crm"), ApiError(403, "Forbidden", "exceeded quota: pods=10"))
    refusal = await cluster.apply(CreatePod())
    assert refusal is not None
    assert "exceeded quota: pods=10" in refusal.message
    assert (refusal.until - NOW).total_seconds() == 60


async def test_a_refused_expansion_names_the_cure(cluster: Cluster) -> None:
    cluster.has(CLAIM, uid="claim-1")
    cluster.client.fail(
        "apply", CLAIM, ApiError(403, "Forbidden", "only dynamically provisioned pvc can be resized")
    )
    refusal = await cluster.apply(PatchClaim(uid="claim-1", size="5Gi"))
    assert refusal is not None
    assert refusal.reason == "ExpansionRefused"
    assert "allowVolumeExpansion" in refusal.message


async def test_a_new_session_gets_claim_secret_and_pod(cluster: Cluster) -> None:
    assert await cluster.apply(CreateClaim(), EnsureSecret(), CreatePod()) is None
    secret = cluster.client.objects[SECRET]
    assert base64.b64decode(secret["data"]["api-keys"]).decode().strip() == derive(MASTER, "crm", "demo")
    assert len(cluster.caches[PODS].of(KEY)) == len(cluster.caches[CLAIMS].of(KEY)) == 1
    assert cluster.events() == ["ClaimCreated", "PodCreated"]


async def test_the_operator_never_reads_a_secret(cluster: Cluster) -> None:
    for _ in range(2):
        await cluster.apply(EnsureSecret())
    assert ("get", SECRET) not in [(verb, where) for verb, where, _ in cluster.client.calls]


async def test_a_secret_that_is_right_is_not_written_again(cluster: Cluster) -> None:
    await cluster.apply(EnsureSecret())
    cluster.client.calls.clear()
    await cluster.apply(EnsureSecret())
    assert [verb for verb, _ in cluster.client.writes()] == ["create", "dry-run"]


async def test_a_secret_with_another_key_is_brought_in_step(cluster: Cluster) -> None:
    await cluster.apply(EnsureSecret())
    cluster.client.objects[SECRET]["data"] = {"api-keys": "b2xk"}
    await cluster.apply(EnsureSecret())
    key = derive(MASTER, "crm", "demo")
    assert (
        cluster.client.objects[SECRET]["data"]["api-keys"] == base64.b64encode(f"{key}\n".encode()).decode()
    )


def deletions(reason: str) -> float:
    return REGISTRY.get_sample_value("whatsapp_operator_pod_deletions_total", {"reason": reason}) or 0.0


async def test_every_deletion_is_one_event_and_one_count_with_its_reason(cluster: Cluster) -> None:
    cluster.has(POD, labels={"whatsapp.leadmaster.dev/session": "demo"})
    before = deletions("RestartAsked")
    assert await cluster.apply(DELETE) is None
    assert deletions("RestartAsked") == before + 1
    assert cluster.events() == ["PodDeleted"]
    (said,) = (body for where, body in cluster.client.objects.items() if "/events/" in where)
    assert said["message"] == "Ended the pod whatsapp-demo, because it was asked for (RestartAsked)"
    assert cluster.caches[PODS].of(KEY)[0]["metadata"]["deletionTimestamp"]


async def test_a_pod_that_is_gone_already_is_no_fault_and_no_deletion(cluster: Cluster) -> None:
    before = deletions("RestartAsked")
    assert await cluster.apply(DELETE) is None
    assert deletions("RestartAsked") == before
    assert cluster.events() == []
