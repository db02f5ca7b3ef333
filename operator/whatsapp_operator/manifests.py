"""A session's objects as dicts: same input, same bytes.

Why: a pod is written once, at creation, and never compared with what this module would write today
(`template` says what is compared instead). The golden files under `tests/golden/` show what a release
changes for new pods.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from whatsapp_contracts.kubernetes import GROUP, KIND, VERSION
from whatsapp_operator import names as n
from whatsapp_operator.configuration import Configuration
from whatsapp_operator.configuration import dumped as written
from whatsapp_operator.names import Names
from whatsapp_operator.spec import RetainPolicy, Spec
from whatsapp_operator.template import Defaults, dumped, hash_of, inputs_of

Manifest = dict[str, Any]

USER = 10001
"""uid and gid in the session image."""

GRACE_SECONDS = 30
"""SIGTERM closes WhatsApp and flushes the profile; this is how long it may take."""

DATA_PATH = "/var/lib/whatsapp-session"
KEYS_PATH = "/var/run/secrets/whatsapp-session"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """All that a session's objects are made from. `api_keys`: those that the pod takes, the newest first."""

    namespace: str
    name: str
    uid: str
    spec: Spec
    names: Names
    defaults: Defaults
    restarted_at: str | None = None
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    configuration: Configuration | None = None


def labels(names: Names) -> dict[str, str]:
    """On every child; `session` ties it to its resource."""
    return {
        "app.kubernetes.io/name": n.APP_NAME,
        "app.kubernetes.io/managed-by": n.FIELD_MANAGER,
        n.LABEL_SESSION: names.label,
    }


def owner(wish: Wish) -> Manifest:
    """The controller reference: Kubernetes ends the child with its resource, operator or not."""
    return {
        "apiVersion": f"{GROUP}/{VERSION}",
        "kind": KIND,
        "name": wish.name,
        "uid": wish.uid,
        "controller": True,
    }


def secret(wish: Wish) -> Manifest:
    """The API keys of the pod, one per line, and what it is told when it starts."""
    entries = {n.API_KEYS: "".join(f"{key}\n" for key in wish.api_keys)}
    if wish.configuration is not None:
        entries[n.CONFIG_JSON] = written(wish.configuration.document)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": wish.names.secret,
            "namespace": wish.namespace,
            "labels": labels(wish.names),
            "ownerReferences": [owner(wish)],
        },
        "type": "Opaque",
        "data": {name: base64.b64encode(text.encode()).decode() for name, text in entries.items()},
    }


def claim(wish: Wish) -> Manifest:
    """The volume claim, without an owner: `claim_patch` adds one where the login shall not stay."""
    storage = wish.spec.storage
    manifest: Manifest = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": wish.names.claim, "namespace": wish.namespace, "labels": labels(wish.names)},
        "spec": {
            "accessModes": [storage.access_mode.value],
            "resources": {"requests": {"storage": storage.size}},
        },
    }
    storage_class = storage.storage_class_name or wish.defaults.storage_class
    if storage_class:
        manifest["spec"]["storageClassName"] = storage_class
    return manifest


def claim_patch(wish: Wish, *, uid: str, size: str) -> Manifest:
    """Whose the existing claim is and how large: the whole of what the operator applies to it."""
    metadata: Manifest = {"name": wish.names.claim, "namespace": wish.namespace, "uid": uid}
    if wish.spec.storage.retain_policy is RetainPolicy.DELETE:
        metadata["ownerReferences"] = [owner(wish)]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata,
        "spec": {"resources": {"requests": {"storage": size}}},
    }


def service(namespace: str) -> Manifest:
    """One per namespace: `<pod>.whatsapp-sessions.<namespace>.svc`, also before the pod is ready."""
    common = {"app.kubernetes.io/name": n.APP_NAME, "app.kubernetes.io/managed-by": n.FIELD_MANAGER}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": n.SERVICE, "namespace": namespace, "labels": common},
        "spec": {
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
            "selector": common,
            "ports": [
                {"name": "http", "port": n.HTTP_PORT, "targetPort": "http"},
                {"name": "metrics", "port": n.METRICS_PORT, "targetPort": "metrics"},
            ],
        },
    }


def pod(wish: Wish) -> Manifest:
    """The session pod, under the restricted Pod Security Standard."""
    inputs = inputs_of(wish.spec, wish.defaults)
    annotations = {
        n.ANNOTATION_TEMPLATE: dumped(inputs),
        n.ANNOTATION_TEMPLATE_HASH: hash_of(inputs),
        # A session that is moved by an autoscaler goes offline for nothing.
        "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
        "karpenter.sh/do-not-disrupt": "true",
    }
    if wish.restarted_at:
        annotations[n.ANNOTATION_RESTARTED_AT] = wish.restarted_at
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": wish.names.pod,
            "namespace": wish.namespace,
            "labels": labels(wish.names),
            "annotations": annotations,
            "ownerReferences": [owner(wish)],
        },
        "spec": pod_spec(wish, inputs),
    }


def pod_spec(wish: Wish, inputs: Manifest) -> Manifest:
    """`spec` of the session pod."""
    spec: Manifest = {
        "hostname": wish.names.pod,
        "subdomain": wish.names.service,
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container(wish, inputs)],
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": wish.names.claim}},
            {"name": "api-keys", "secret": {"secretName": wish.names.secret, "defaultMode": 0o440}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "512Mi"}},
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "256Mi"}},
        ],
    }
    if wish.defaults.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in wish.defaults.image_pull_secrets]
    return spec


def container(wish: Wish, inputs: Manifest) -> Manifest:
    """The one container; its command is the image's."""
    return {
        "name": "session",
        "image": inputs["image"],
        "imagePullPolicy": wish.defaults.image_pull_policy,
        "env": [{"name": name, "value": literal(value)} for name, value in environment(wish, inputs).items()],
        "ports": [
            {"name": "http", "containerPort": n.HTTP_PORT},
            {"name": "metrics", "containerPort": n.METRICS_PORT},
        ],
        "resources": inputs["resources"],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        # Readiness is "the API answers": a session without a login must stay reachable to show its QR.
        # Liveness is generous: the pod heals its browser itself, and a restart costs the connection.
        "startupProbe": probe("/healthz", periodSeconds=2, timeoutSeconds=5, failureThreshold=90),
        "readinessProbe": probe("/readyz", periodSeconds=5, timeoutSeconds=5, failureThreshold=3),
        "livenessProbe": probe("/healthz", periodSeconds=20, timeoutSeconds=10, failureThreshold=9),
        "volumeMounts": [
            {"name": "data", "mountPath": DATA_PATH},
            {"name": "api-keys", "mountPath": KEYS_PATH, "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - a mount of the pod, not a file of ours
            {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108 - Chromium's shared memory
        ],
    }


def environment(wish: Wish, inputs: Manifest) -> dict[str, str]:
    """The session's settings."""
    settings = {
        "CLIENTE_ID": str(wish.spec.cliente_id),
        "SESSION_ID": wish.spec.session_id or wish.name,
        "HOST": "0.0.0.0",  # noqa: S104 - the pod is asked for its key on every route
        "PORT": str(n.HTTP_PORT),
        "METRICS_PORT": str(n.METRICS_PORT),
        "SESSIONS_DIR": DATA_PATH,
        "API_KEY_FILE": f"{KEYS_PATH}/{n.API_KEYS}",
        n.CONFIG_FILE: f"{KEYS_PATH}/{n.CONFIG_JSON}",
        "LOG_FORMAT": "json",
        "QR_TERMINAL": "never",
        "HOME": "/tmp",  # noqa: S108 - the root file system is read-only
    }
    if inputs["whatsappUrl"]:
        settings["WHATSAPP_URL"] = inputs["whatsappUrl"]
    networks = allowed_networks(wish.defaults)
    if networks:
        settings["ALLOWED_NETWORKS"] = ",".join(networks)
    if wish.restarted_at:
        settings["RESTARTED_AT"] = wish.restarted_at  # failed starts before it are forgotten
    return settings


def allowed_networks(defaults: Defaults) -> list[str]:
    """What sessions may reach although it is private: what the settings allow, and their own webhooks."""
    own = (urlsplit(hook.url).hostname or "" for hook in defaults.webhooks)
    return list(dict.fromkeys(filter(None, (*defaults.allowed_networks, *own))))


def literal(value: str) -> str:
    """A value that reaches the process as it is: Kubernetes reads `$(NAME)` as a variable and `$$` as `$`."""
    return value.replace("$", "$$")


def probe(path: str, **timing: int) -> Manifest:
    """An HTTP probe of the session's API."""
    return {"httpGet": {"path": path, "port": "http"}, **timing}
