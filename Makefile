# The contributor's whole interface. Every target installs or builds what it needs and is safe to repeat.
SHELL := /bin/sh
PY := .venv/bin/python
export CLUSTER ?= local
JOBS ?= 3# integration tests side by side: they wait for browsers more than they compute
BROWSER_PACKAGES := chromium-headless-shell fonts-dejavu-core libatomic1

.DEFAULT_GOAL := help
.PHONY: help setup lint format test test-unit test-integration test-e2e chaos images cluster-up cluster-down \
        demo demo-down demo-laptop bench bench-hub wheel chart lock clean browser databases wa-js dashboard-assets

help: ## List the targets
	@echo "whatsapp-session-operator: make TARGET"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "CLUSTER=local (default: a real Kubernetes made here) | kind | current (your kubeconfig's context)"

setup: ## Make .venv with everything that requirements/dev.txt locks
	@tools/bootstrap

browser: ## Debian's headless Chromium, for the integration tests and a session on a laptop
	@tools/ensure-packages $(BROWSER_PACKAGES)

databases: ## PostgreSQL for the tests of the hub (a process of theirs), and what runs its example clients
	@tools/ensure-packages postgresql nodejs php-cli

wa-js: setup ## Fetch the locked wa-js from npm
	@$(PY) -m whatsapp_session.wa_js

dashboard-assets: setup ## Fetch the locked htmx from npm
	@$(PY) -m whatsapp_hub.dashboard.assets

demo: setup ## The whole product on a real Kubernetes, from nothing to a message and back
	@$(PY) -m whatsapp_tools.demo

demo-down: setup ## Take away what the demo made, the cluster included (not with CLUSTER=current)
	@$(PY) -m whatsapp_tools.demo --down

demo-laptop: setup browser wa-js dashboard-assets ## The hub and its dashboard on this machine, without a cluster (Ctrl-C ends it)
	@$(PY) -m whatsapp_tools.laptop

bench: bench-hub ## Every benchmark

bench-hub: setup databases ## The hub beside bare PostgreSQL; writes build/bench/hub.json and docs/benchmarks.md
	@cd tests && ../$(PY) -m bench.hub

test: lint test-unit test-integration test-e2e ## Every test

lint: setup ## Format, style, types and the imports between the parts
	@.venv/bin/ruff format --check --quiet . || { echo "Run: make format"; exit 1; }
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy --no-error-summary
	@.venv/bin/mypy --no-error-summary tests
	@mkdir -p build/logs; .venv/bin/lint-imports --no-logo > build/logs/imports.log 2>&1 || { cat build/logs/imports.log; exit 1; }
	@echo "lint: clean"

format: setup ## Format the code and apply the safe fixes
	@.venv/bin/ruff check --quiet --fix . ; .venv/bin/ruff format --quiet .

test-unit: setup ## Decisions, states, parsing, manifests: no browser, no cluster
	@.venv/bin/pytest -q -n auto tests/unit

test-integration: setup browser wa-js dashboard-assets databases ## Real Chromium, wa-js, simulator and PostgreSQL as processes: no cluster
	@.venv/bin/pytest -q -n $(JOBS) tests/integration

test-e2e: setup images cluster-up ## On a real Kubernetes
	@.venv/bin/pytest -q tests/e2e

chaos: setup browser wa-js ## Faults by chance while messages flow: none lost, none twice (SEED=, FAULTS=, MESSAGES=)
	@cd tests && ../$(PY) -m chaos $(if $(SEED),--seed $(SEED)) $(if $(FAULTS),--faults $(FAULTS)) $(if $(MESSAGES),--messages $(MESSAGES))

images: setup ## Build the images, as archives under build/images
	@$(PY) -m whatsapp_tools.images

cluster-up: setup ## Start (or find) the cluster that CLUSTER names
	@$(PY) -m whatsapp_tools.cluster up

cluster-down: setup ## Stop the local or kind cluster; nothing of it stays behind on the machine
	@$(PY) -m whatsapp_tools.cluster down

wheel: setup wa-js dashboard-assets ## A Python wheel under dist/, with wa-js and htmx in it
	@.venv/bin/uv build --quiet --wheel --out-dir dist

chart: setup ## The packaged Helm chart under dist/
	@$(PY) -m whatsapp_tools.chart

lock: setup ## Lock the dependencies anew (UPGRADE=1: to their newest versions)
	@tools/lock $(if $(UPGRADE),--upgrade,)

clean: ## Remove what was built here (caches outside the checkout stay)
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache
