"""Do to the cluster what was decided; chooses nothing.

Why refusals are values: what the API server refuses for good (a quota, a policy, a name that is taken) must
show in `status` with the cure, and must not be asked again at once. What may pass by itself raises, and the
worker tries again with backoff.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from whatsapp_contracts.kubernetes import KIND
from whatsapp_operator import names as n
from whatsapp_operator.actions import Action, CreateClaim, CreatePod, DeletePod, EnsureSecret, PatchClaim
from whatsapp_operator.caches import CLAIMS, PODS, Caches
from whatsapp_operator.client import ApiError, Client, Object, path
from whatsapp_operator.manifests import Wish, claim, claim_patch, pod, secret
from whatsapp_operator.metrics import POD_CREATIONS, POD_DELETIONS
from whatsapp_operator.observed import Refusal, Session
from whatsapp_operator.recorder import Recorder, fields

log = logging.getLogger(__name__)

ASK_AGAIN = timedelta(minutes=1)
"""How long a refusal holds before the cluster is asked once more."""

REFUSALS = (400, 403, 409, 422)


class Applier:
    """Carries out actions, one after the other."""

    def __init__(
        self,
        client: Client,
        caches: Caches,
        recorder: Recorder,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._caches = caches
        self._recorder = recorder
        self._now = now

    async def apply(self, session: Session, wish: Wish, actions: tuple[Action, ...]) -> Refusal | None:
        """All actions in order; stops at the first that is refused and returns why."""
        for action in actions:
            try:
                await self._one(session, wish, action)
            except ApiError as error:
                if error.status not in REFUSALS or passing(error):
                    raise
                return await self._refused(session, wish, action, error)
        return None

    async def secret(self, session: Session, wish: Wish) -> None:
        """Bring the Secret in step; raises ApiError 409 when it belongs to something else."""
        where = path("secrets", wish.namespace)
        body = secret(wish)
        try:
            await self._client.create(where, body)
            return
        except ApiError as error:
            if error.status != 409 or passing(error):
                raise
        # There is one. Its owner shows in the answer to an apply that changes nothing: so the operator
        # needs no right to read Secrets.
        where = path("secrets", wish.namespace, wish.names.secret)
        probe = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": wish.names.secret}}
        found = await self._client.apply(where, probe, dry_run=True)
        if not found["metadata"].get("resourceVersion"):
            # An apply would make it now: the one that was in the way has gone in between.
            raise ApiError(409, "SecretGone", f"the Secret {wish.names.secret} has just gone; try again")
        owners = found["metadata"].get("ownerReferences") or ()
        if wish.uid not in {each["uid"] for each in owners}:
            if any(each["kind"] == KIND and each["name"] == wish.name for each in owners):
                raise ApiError(409, "SecretEnding", "the Secret of an earlier resource is being terminated")
            raise ApiError(409, "SecretForeign", f"the Secret {wish.names.secret} belongs to something else")
        if found.get("data") != body["data"]:
            await self._client.apply(where, body)

    async def _one(self, session: Session, wish: Wish, action: Action) -> None:
        space = wish.namespace
        match action:
            case CreateClaim():
                self._caches[CLAIMS].put(await self._client.create(path(CLAIMS, space), claim(wish)))
                await self._recorder.say(session, "ClaimCreated", f"Made the volume claim {wish.names.claim}")
            case PatchClaim(uid=uid, size=size):
                where = path(CLAIMS, space, wish.names.claim)
                self._caches[CLAIMS].put(
                    await self._client.apply(where, claim_patch(wish, uid=uid, size=size))
                )
            case EnsureSecret():
                await self.secret(session, wish)
            case CreatePod():
                self._caches[PODS].put(await self._client.create(path(PODS, space), pod(wish)))
                POD_CREATIONS.inc()
                log.info("made pod %s", wish.names.pod, extra=fields(session))
                await self._recorder.say(session, "PodCreated", f"Made the pod {wish.names.pod}")
            case DeletePod():
                await self._delete(session, action)

    async def _delete(self, session: Session, action: DeletePod) -> None:
        where = path(PODS, session.namespace, action.name)
        try:
            answer = await self._client.delete(where, uid=action.uid)
        except ApiError as error:
            if error.status == 404:
                self._caches[PODS].drop(action.uid)
                return
            raise
        if answer.get("kind") == "Pod":
            self._caches[PODS].put(answer)
        POD_DELETIONS.labels(action.reason.value).inc()
        log.info("deleted pod %s: %s", action.name, action.reason.value, extra=fields(session))
        await self._recorder.say(
            session,
            "PodDeleted",
            f"Ended the pod {action.name}, because {action.because} ({action.reason.value})",
        )

    async def _refused(self, session: Session, wish: Wish, action: Action, error: ApiError) -> Refusal:
        log.warning("refused: %s: %s", type(action).__name__, error, extra=fields(session))
        if error.status == 409:
            await self._look(wish, action)
        reason, message = explained(wish, action, error)
        until = self._now() + ASK_AGAIN
        return Refusal(what=type(action).__name__, reason=reason, message=message, until=until)

    async def _look(self, wish: Wish, action: Action) -> None:
        """The name is taken by an object that the watches may not have told yet: have it in the caches."""
        resource, name = {
            CreateClaim: (CLAIMS, wish.names.claim),
            CreatePod: (PODS, wish.names.pod),
        }.get(type(action), (None, ""))
        if resource is None:
            return
        try:
            found: Object = await self._client.get(path(resource, wish.namespace, name))
        except ApiError as error:
            log.debug("%s %s: %s", resource, name, error)
            return
        if (found["metadata"].get("labels") or {}).get(n.LABEL_SESSION) == wish.names.label:
            self._caches[resource].put(found)


def passing(error: ApiError) -> bool:
    """Whether trying again may help without anybody's doing: a namespace that ends, a busy server."""
    text = error.message.lower()
    return "being terminated" in text or "try again" in text or "server is currently unable" in text


def explained(wish: Wish, action: Action, error: ApiError) -> tuple[str, str]:
    """The condition's reason and message for a refusal."""
    match action:
        case CreateClaim() if error.status == 409:
            return "ClaimForeign", (
                f"The claim {wish.names.claim} belongs to something else. Remove it, or, when it does hold"
                f" this session's login, label it: kubectl label pvc {wish.names.claim}"
                f" {n.LABEL_SESSION}={wish.names.label}"
            )
        case EnsureSecret() if error.status == 409:
            return "SecretForeign", (
                f"The Secret {wish.names.secret} belongs to something else."
                f" Remove it: kubectl delete secret {wish.names.secret}"
            )
        case CreatePod() if error.status == 409:
            return "PodForeign", (
                f"A pod named {wish.names.pod} exists that is not this session's."
                f" Remove it: kubectl delete pod {wish.names.pod}"
            )
        case PatchClaim():
            return "ExpansionRefused", (
                f"Kubernetes refused to change the claim {wish.names.claim}: {error.message}."
                " Use a storage class with allowVolumeExpansion, or set the old size in a new resource."
            )
        case _:
            return "Refused", f"Kubernetes refused it: {error.message}"
