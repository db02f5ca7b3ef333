"""The condition `Configured`: whether the pod has what the resource says it is to be told; no I/O.

Why of its own: a session can send while a webhook is left out for want of its Secret, so `Ready` must not
say it, and somebody must. No number and no secret is in its words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from whatsapp_operator.belief import Belief
from whatsapp_operator.configuration import Configuration
from whatsapp_operator.observed import Observed, Session

Condition = dict[str, Any]
Kind = tuple[bool | None, str, str]

RESTART = "set the annotation whatsapp.leadmaster.dev/restartedAt"


def configured(session: Session, seen: Observed, belief: Belief) -> Kind:
    """Status (None: Unknown), reason and message."""
    wanted = seen.configuration
    if wanted is None:
        return None, "SpecUnreadable", "The spec cannot be read; nothing is told until it is corrected."
    if seen.secret_problem:
        return False, "SecretNotWritten", f"{seen.secret_problem} The pod's next start would not know it."
    before = None if seen.heard.live or belief.view is None or belief.silent_since else _before(session)
    if before is not None:
        return before
    kind = _rest(session, seen, belief, wanted)
    if not wanted.missing or kind[1] in ("OlderRelease", "ConfigurationRefused"):
        return kind
    told = [f"{each.message[0].upper()}{each.message[1:]}" for each in wanted.missing]
    rest = "The rest is in force." if kind[0] else f"The rest: {kind[2]}"
    return False, wanted.missing[0].reason, " ".join((*told, rest))


def _rest(session: Session, seen: Observed, belief: Belief, wanted: Configuration) -> Kind:
    """How it is with what can be told."""
    if not seen.owned(session.uid):
        return None, "NoPod", "There is no pod; the next one begins with it."
    if belief.view is None or belief.silent_since is not None or not seen.heard.live:
        return None, "NotHeard", "Only a pod that is heard says what it has; it is told when it is."
    return _heard(session, seen, belief.view.config_revision, wanted.revision, wanted.shown)


def in_force(seen: Observed) -> bool:
    """Whether the pod says that it has exactly what it is to have."""
    heard, wanted = seen.heard, seen.configuration
    if wanted is None or heard.view is None or not heard.live:
        return False
    return heard.tells_config and heard.view.config_revision == wanted.revision


def _heard(session: Session, seen: Observed, has: str, wanted: str, shown: Mapping[str, Any]) -> Kind:
    told = seen.told
    if not seen.heard.tells_config or (told is not None and told.unsupported):
        return (
            False,
            "OlderRelease",
            "The pod's program is of a release that cannot be told its configuration: login, phoneNumber,"
            " webhooks, pacing, proxy and Disconnected take effect in the next pod of a newer image."
            f" To have it now: {RESTART}.",
        )
    if has == wanted:
        return True, "InForce", f"In force: {in_words(shown)}."
    if session.paused:
        return (
            False,
            "Paused",
            "Paused: nothing is told until the annotation whatsapp.leadmaster.dev/paused is removed.",
        )
    if told is not None and told.revision == wanted and told.refused:
        return (
            False,
            "ConfigurationRefused",
            f"The pod refuses it and keeps what it had: {told.problem.rstrip('.')}. Correct the field in the"
            " resource.",
        )
    if told is not None and told.revision == wanted and told.problem:
        return False, "NotTold", f"The pod could not be told: {told.problem}. It is tried again."
    return False, "Telling", "The pod is being told."


def _before(session: Session) -> Kind | None:
    """Nothing new is heard for the moment: as it was, when it was of this generation."""
    for each in session.status.get("conditions") or ():
        if each.get("type") == "Configured" and each.get("observedGeneration") == session.generation:
            status = {"True": True, "False": False}.get(each.get("status", ""))
            return status, each.get("reason", ""), each.get("message", "")
    return None


def in_words(shown: Mapping[str, Any]) -> str:
    """The fields in force, without the number."""
    login, pacing = shown["login"], shown["pacing"]
    hooks = ", ".join(shown["webhooks"]) or "none"
    return "; ".join(
        (
            f"operatingMode {shown['operatingMode']}",
            f"login by {login['method']}, {login['maxQRRotations']} rotations",
            "the number of phoneNumber only" if shown.get("phoneNumber") else "any number",
            f"{pacing['messagesPerMinute']} messages a minute, burst {pacing['burst']}",
            f"proxy {shown['proxy']}" if shown.get("proxy") else "no proxy",
            f"webhooks: {hooks}",
        )
    )
