"""V23: schemathesis reads the description of the API and tries to find where the API is not as described."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from schemathesis import engine, hooks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import AcceptedNegativeData
from schemathesis.engine import events
from schemathesis.openapi.checks import RejectedPositiveData

# Else the first request that needs it would import it, on a thread: pytest reads the syntax of what is imported, and
# two threads that do so at once get in each other's way in CPython 3.11.
import faceforge_core.plugins.arriving  # noqa: F401  # for what it does when it is imported
from faceforge_core.app import create_app
from faceforge_core.testing import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemathesis import Case, HookContext

PHASES = ("examples", "coverage", "fuzzing", "stateful")
SEED = 23
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
EXAMPLES = 25 if LONG else 3
"""Per operation where requests are made at random; coverage walks all bounds whatever this is.

The seed is fixed, so that more of them at each run would say nothing new: ``HYPOTHESIS_PROFILE=long`` is for changes.
"""
STORIES = 50 if LONG else 16
"""How many sequences of requests, each following what the answers before lead to."""

ACCEPTED = ["2xx", "3xx", "401", "403", "404", "409", "412", "429", "5xx"]
"""What a valid request may meet: as schemathesis has it, and 412, since a valid If-Match may name another version."""


@dataclass(frozen=True)
class Beyond:
    """A rule of the contract that a description can't state; `sentence` is how Core tells of it."""

    failure: type[Exception]
    sentence: str
    why: str
    operation: str = ".*"

    def covers(self, failure: Exception, text: str) -> bool:
        operation = getattr(failure, "operation", "")
        return (
            isinstance(failure, self.failure)
            and re.fullmatch(self.operation, operation) is not None
            and re.search(self.sentence, text) is not None
        )


BEYOND = (
    Beyond(RejectedPositiveData, "The cursor does not belong to this list", "only a list itself makes its cursors"),
    Beyond(RejectedPositiveData, "A text contains the character NUL", "refused in every text and key, at any depth"),
    Beyond(
        RejectedPositiveData,
        "The input of a job|No enabled plugin runs jobs",
        "a type's own schema tells",
        "POST /v1/jobs",
    ),
    Beyond(RejectedPositiveData, "no (local )?date or time like", "a text may look like a date that no calendar has"),
    Beyond(
        RejectedPositiveData,
        "No field definition has the key|The value does not fit",
        "what a descriptor may hold is defined by users",
        r"(POST|PATCH) /v1/.*descriptors.*",
    ),
    Beyond(
        RejectedPositiveData,
        "The definition can't be used",
        "plugins add types, and each has options of its own",
        r"(POST|PATCH) /v1/admin/field-defs.*",
    ),
    Beyond(
        RejectedPositiveData,
        "No enabled plugin offers the storage provider",
        "plugins offer the places for bytes",
        r"POST /v1/storage/migrate.*",
    ),
    Beyond(
        RejectedPositiveData,
        "There is no entity|The pattern .* can't be used",
        "only this Core knows its entities, and a pattern has to name something that can lie below a folder",
        "POST /v1/assets/bulk-import",
    ),
    Beyond(
        RejectedPositiveData,
        "can't be imported|can't be read|is no folder|no such user",
        "only this computer knows what lies on its disks",
        "GET /v1/assets/bulk-import/folders",
    ),
    Beyond(
        RejectedPositiveData,
        "no ZIP archive that can be read|called a wheel",
        "what an archive holds is no matter of the request's shape",
        "POST /v1/plugins/install",
    ),
    Beyond(
        RejectedPositiveData,
        "is no picture that is linked to this entity",
        "only this Core knows which pictures an entity has",
        r"PUT /v1/entities/\{entity_id\}/cover",
    ),
    Beyond(
        RejectedPositiveData,
        "latitudes go from -90 to 90",
        "a pattern of text can't compare the numbers in it",
        r"GET /v1/(entities/\{entity_id\}/)?assets",
    ),
    Beyond(RejectedPositiveData, "means no event", "a pattern has to mean some event there is", "GET /v1/events"),
    Beyond(
        RejectedPositiveData,
        "Either set or clear",
        "one change can't do both to the same key",
        r"PATCH /v1/admin/field-defs/\{field_def_id\}",
    ),
    Beyond(
        AcceptedNegativeData,
        "parameter `(mime_type|media_type|kind)` in query - violates `maxLength`",
        "white space around a word is taken off before its length counts",
        r"GET /v1/(entities/\{entity_id\}/)?assets",
    ),
    Beyond(
        AcceptedNegativeData,
        "in header - object with unexpected properties",
        "headers that a server does not know are ignored (RFC 9110, section 5.1)",
    ),
)


@pytest.fixture
def described(faceforge, tmp_path, monkeypatch) -> Iterator[Any]:
    """The description of a fresh Core, with the Core behind it."""
    # No request leaves this process; reading all of the environment for proxies took a tenth of the time of each.
    monkeypatch.setattr("requests.sessions.get_environ_proxies", lambda url, no_proxy=None: {})
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "base-url": HOST,
            "headers": {"Authorization": f"Bearer {faceforge.token}"},
            "generation": {"max-examples": EXAMPLES, "deterministic": True, "database": "none"},
            "phases": {"stateful": {"generation": {"max-examples": STORIES}}},
            "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTED}},
        }
    )
    host = HOST.removeprefix("http://")
    schema = schemathesis.openapi.from_asgi(
        "/openapi.json", create_app(faceforge.kernel), config=config, headers={"host": host}
    )
    nowhere = str(tmp_path / "nowhere")

    def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
        harmless(case, nowhere)

    hooks.GLOBAL_HOOK_DISPATCHER.register_hook_with_name(before_call, "before_call")
    schema.hooks.register_hook_with_name(within_the_description, "filter_failure")
    yield schema
    hooks.unregister(before_call)


def within_the_description(context: HookContext, failure: Exception, case: Case, response: Any) -> bool:
    """Whether a failure counts."""
    text = f"{failure}\n{response.content.decode(errors='replace')}"
    return not any(rule.covers(failure, text) for rule in BEYOND)


def harmless(case: Case, nowhere: str) -> None:
    """Keep a request from ending or holding up the very Core that is looked at."""
    answer = case.operation.definition.raw.get("responses", {}).get("200", {})
    if "text/event-stream" in answer.get("content", {}):  # it would go on as long as we listen
        case.query = {**(case.query or {}), "follow": "false"}
    if case.path.endswith(("/enable", "/disable")) and "faceforge." in str(case.path_parameters.get("plugin_id")):
        case.path_parameters["plugin_id"] = "faceforge.storage_routing"  # the one without routes
    body = case.body
    if isinstance(body, dict):
        inner = body.get("input") if case.path == "/v1/jobs" else body
        if isinstance(inner, dict) and isinstance(inner.get("path"), str) and exists(inner["path"]):
            inner["path"] = nowhere  # a real folder of this computer is nobody's to import


def exists(path: str) -> bool:
    try:
        return bool(path.strip()) and Path(path).exists()
    except (OSError, ValueError):
        return False


@pytest.mark.slow
@pytest.mark.timeout(3600 if LONG else 600)
def test_v23_the_api_is_as_it_is_described_in_every_phase_of_schemathesis(described) -> None:
    """All phases and all checks: a server error, or an answer that the description does not foresee, is a failure."""
    problems: dict[str, str] = {}
    phases: list[str] = []
    asked: Counter[str] = Counter()
    for event in engine.from_schema(described).execute():
        match event:
            case events.NonFatalError():
                problems[f"{event.label}: {event.value}"] = event.info.format()
            case events.FatalError():
                problems[str(event.exception)] = "schemathesis itself gave up"
            case events.PhaseFinished() if event.phase.name.value in PHASES:
                assert event.phase.is_enabled
                phases.append(event.phase.name.value)
            case events.ScenarioFinished():
                asked.update(node.value.operation.label for node in event.recorder.cases.values())
                problems.update(failures(event.recorder))
    assert tuple(phases) == PHASES
    everything = {operation.ok().label for operation in described.get_all_operations()}
    assert everything == {label for label in asked if asked[label] > 1}, "some operations were never asked"
    assert not problems, f"{len(problems)} problems:\n\n" + "\n\n".join(problems.values())


def failures(recorder: Any) -> Iterator[tuple[str, str]]:
    """Each failed check once per operation, with what was sent and what came back."""
    for case_id, checks in recorder.checks.items():
        for check in checks:
            if check.failure_info is None:
                continue
            failure = check.failure_info.failure
            exchange = recorder.interactions.get(case_id)
            told = [f"{failure.operation}: {failure.title}", failure.message]
            if exchange is not None and exchange.request is not None:
                told.append(
                    f"{exchange.request.method} {exchange.request.uri[:500]} {(exchange.request.body or b'')[:500]!r}"
                )
            if exchange is not None and exchange.response is not None:
                told.append(f"{exchange.response.status_code} {exchange.response.content[:500]!r}")
            yield f"{failure.operation} {failure.title} {failure.message[:100]}", "\n".join(told)


def test_what_is_beyond_the_description_is_told_by_its_own_sentence_only() -> None:
    class Rejected(RejectedPositiveData):
        def __init__(self, operation: str) -> None:
            Exception.__init__(self)
            self.operation = operation

    rule = next(rule for rule in BEYOND if "input of a job" in rule.sentence)
    body = json.dumps({"error": {"message": "The input of a job 'x' is not valid: path: Field required."}})
    assert rule.covers(Rejected("POST /v1/jobs"), body)
    unknown = json.dumps({"error": {"message": "No enabled plugin runs jobs of the type 'x'."}})
    assert rule.covers(Rejected("POST /v1/jobs"), unknown)
    assert not rule.covers(Rejected("POST /v1/jobs"), json.dumps({"error": {"message": "Something else."}}))
    assert not rule.covers(Rejected("POST /v1/entities"), body)
    assert not rule.covers(ValueError(), body)
