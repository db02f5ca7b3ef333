"""What the API server refused, for whoever asked the hub. Pure.

Why sentences: "403" helps nobody; the missing right by its name helps whoever installed the hub.
"""

from __future__ import annotations

from whatsapp_hub.backend.kubernetes.client import ApiError
from whatsapp_hub.backend.protocol import BackendError, Refused

LONGEST = 500


def sentence(error: ApiError, what: str, namespace: str) -> str:
    """`what`: the verb and the kind that was tried, such as `patch whatsappsessions`."""
    if error.status == 401:
        return "The API server does not know the hub (401). Give it a service account, or another KUBECONFIG."
    if error.status == 403:
        return (
            f"The hub may not {what} in the namespace {namespace}. Give its role that right"
            " (the chart does, for hub.namespaces)."
        )
    if error.status == 404:
        return (
            f"The API server has no namespace {namespace}, or no WhatsAppSession there."
            " Make the namespace, or install the chart's CRD."
        )
    if error.status in (400, 409, 422):
        return f"Kubernetes refused the session: {error.message[:LONGEST]}"
    return "Kubernetes does not answer now, and nothing was changed. Try again in a moment."


def refusal(error: ApiError, what: str, namespace: str) -> BackendError:
    """The error to raise; Refused when the same again would be refused again."""
    kind = Refused if error.status in (400, 422) else BackendError
    return kind(sentence(error, what, namespace))
