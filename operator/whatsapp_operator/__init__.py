"""The operator: watches WhatsAppSession resources and keeps a pod, a claim and a Secret for each.

Why so many small modules: whatever decides is a pure function over plain data (`decide`, `deletion`,
`status`, `manifests`, `template`), so that every rule about a session's life is a row in a table of
tests; whatever touches the cluster (`watches`, `streams`, `apply`, `client`) obeys and chooses nothing.
"""

__version__ = "0.1.0"
