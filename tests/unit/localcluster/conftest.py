"""A plan to look at: nothing of it is ever started."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcluster.modules import MODULES
from localcluster.plan import Plan, plan
from localcluster.settings import settings

BINS = {program: Path("/bins") / program for module in MODULES for program in module.programs}


@pytest.fixture
def one() -> Plan:
    """The cluster `demo` with one node, in 10.7.0.0/16."""
    return plan(settings({"LOCALCLUSTER_NETWORK": "10.7.0.0/16"}, name="demo", state="/state"), BINS)


@pytest.fixture
def two() -> Plan:
    """The same with two nodes."""
    chosen = settings({"LOCALCLUSTER_NETWORK": "10.7.0.0/16"}, name="demo", state="/state")
    return plan(chosen, BINS, nodes=2)
