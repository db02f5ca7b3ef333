"""The backend that the settings ask for, made.

Why a module: the process that serves knows no backend, and none of them is imported that is not used.
"""

from __future__ import annotations

from pathlib import Path

from whatsapp_contracts import keys
from whatsapp_hub.backend.protocol import Backend
from whatsapp_hub.security.secrets import MasterKeyError, Secrets, open_master_key
from whatsapp_hub.settings import KUBERNETES, Settings


def open_secrets(settings: Settings) -> Secrets:
    """The master key. On one machine it is made when it is missing; in Kubernetes the operator makes it, for
    it derives the sessions' keys from the same. Raises MasterKeyError."""
    path = settings.master_key_file
    if settings.backend == KUBERNETES and not path.is_file():
        raise MasterKeyError(
            f"MASTER_KEY_FILE={path} is not there. Mount the operator's Secret whatsapp-hub-master "
            f"(entry {keys.HUB_MASTER_ENTRY}); the operator, started with --hub-master-secret, makes it."
        )
    return open_master_key(path)


def make(settings: Settings, secrets: Secrets, port: int) -> Backend:
    """The backend, not started yet. `port`: where this hub listens."""
    if settings.backend == KUBERNETES:
        from whatsapp_hub.backend.kubernetes.backend import Kubernetes

        return Kubernetes(
            namespace=settings.namespace,
            namespaces=settings.namespaces,
            master=_master(settings.master_key_file),
        )
    from whatsapp_hub.backend.processes import Processes

    return Processes(
        folder=settings.data_dir / "sessions",
        callback_url=settings.callback_url or f"http://127.0.0.1:{port}",
        secrets=secrets,
        environ=settings.session_environ,
    )


def _master(path: Path) -> bytes:
    """As the operator reads its Secret."""
    return keys.hub_master(path.read_bytes())
