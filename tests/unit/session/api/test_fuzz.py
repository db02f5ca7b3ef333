"""The OpenAPI document against the running API: schemathesis makes calls of it, good and bad ones.

The HTTP server is the real one, on a port of its own, so that what a client can send is what is tested. The
session is READY on a fake engine; the parts behind are the fakes of this folder, which never fail, so that
every 5xx would be a bug. Seeded: the same calls each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from schemathesis.specs.openapi.checks import positive_data_acceptance

from unit.session.api.calls import CALLS, Call
from unit.session.api.server import KEY, Running, running

EXAMPLES = 10
LAST = {"/disconnect", "/session-manager/logout", "/session-manager/login"}
"""They end what the others need."""
ORDER = sorted(CALLS, key=lambda call: call.template in LAST)
ACCEPT = {"/events": "application/json"}
"""The stream does not end."""
TIMEOUT = 20.0
MORE_THAN_A_SCHEMA = {
    "/messages": "a picture must be one, and a URL must lead to a file",
    "/config": "a secret, a URL and a name have rules of their own, and a pairing code needs a number",
}
"""Where a call that the schema allows may still be refused."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    set_hypothesis_home_dir(tmp_path_factory.mktemp("hypothesis"))
    with running(tmp_path_factory.mktemp("session")) as made:
        yield made


@pytest.fixture(scope="module")
def schema(server: Running) -> Any:
    config = schemathesis.Config.from_dict({"generation": {"mode": "all", "deterministic": True}})
    return schemathesis.openapi.from_url(
        f"{server.url}/openapi.json", headers={"X-API-Key": KEY}, config=config
    )


@pytest.mark.parametrize("call", ORDER, ids=[f"{call.method} {call.template}" for call in ORDER])
def test_no_call_that_the_document_allows_or_forbids_breaks_the_api(
    server: Running, schema: Any, call: Call
) -> None:
    excluded = [positive_data_acceptance] if call.template in MORE_THAN_A_SCHEMA else []
    operation = schema[call.template][call.method]

    @seed(4)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def holds(case: Any) -> None:
        if case.query and "wait" in case.query:
            case.query["wait"] = 0
        answer = case.call(
            headers={"X-API-Key": KEY, "Accept": ACCEPT.get(call.template, "*/*")}, timeout=TIMEOUT
        )
        case.validate_response(answer, excluded_checks=excluded)
        assert answer.status_code < 500

    holds()
