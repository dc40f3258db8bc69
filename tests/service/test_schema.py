"""Schemathesis asks for whatever OpenAPI says may be asked for, and for what it says may not."""

import collections
import warnings

import pytest

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")

from schemathesis.engine import events, from_schema  # noqa: E402

EXAMPLES = 8
"""Random ones of each operation, beside the examples of OpenAPI and the edges of its ranges."""

CONFIG = {
    "seed": 1,
    "generation": {"deterministic": True, "database": "none", "max-examples": EXAMPLES},
    # jobs are posted and asked for one after another elsewhere
    "phases": {"stateful": {"enabled": False}},
    "checks": {
        "positive_data_acceptance": {
            # what a schema cannot say (columns of one length, masses that differ, one particle) is
            # told by 422, a queue that is full by 429
            "expected-statuses": ["2xx", "404", "422", "429"]
        },
        # what has too many parts is not looked at (413)
        "negative_data_rejection": {"expected-statuses": ["4xx"]},
    },
}


def running(app):
    """An application whose lifespan has begun already."""

    async def asked(scope, receive, send):
        if scope["type"] == "http":
            await app(scope, receive, send)
            return
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})

    return asked


def test_no_failure_is_found(client):
    schema = schemathesis.openapi.from_asgi(
        "/openapi.json", running(client.app), config=schemathesis.Config.from_dict(CONFIG)
    )
    asked = collections.Counter()
    found = []
    with warnings.catch_warnings(action="ignore"):  # of schemathesis and what it is made of
        for event in from_schema(schema).execute():
            if isinstance(event, events.ScenarioFinished):
                recorder = event.recorder
                asked[recorder.label] += len(recorder.cases)
                found += [
                    f"{recorder.label}: {check.failure_info.failure}"
                    for checks in recorder.checks.values()
                    for check in checks
                    if check.failure_info is not None
                ]
            elif isinstance(event, (events.NonFatalError, events.FatalError)):
                found.append(str(event))
    assert found == []
    operations = {
        f"{method.upper()} {path}"
        for path, methods in client.get("/openapi.json").json()["paths"].items()
        for method in methods
    }
    assert set(asked) >= operations
    assert client.get("/api/health").json()["status"] == "ok"
