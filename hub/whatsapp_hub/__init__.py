"""The hub: contracts B, C and D over HTTP, for CRMs that need not know that Kubernetes exists."""

from whatsapp_contracts import __version__

__all__ = ["__version__"]
