"""A real Kubernetes on one Linux machine, without a container registry.

Why: kind needs its node image from a registry, and people behind a closed network (and CI) have none. Every
part is built from pinned Go modules instead, so the same commands work wherever a Go module proxy does.
"""
