"""Kubernetes names that more than one part must spell alike: the operator, the demo, later hub and plugin."""

from __future__ import annotations

GROUP = "whatsapp.leadmaster.dev"
VERSION = "v1alpha1"
KIND = "WhatsAppSession"
PLURAL = "whatsappsessions"
SHORT_NAME = "was"
PREFIX = f"{GROUP}/"
"""Prefix of every label and annotation of ours."""
