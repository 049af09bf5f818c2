"""Refusals as the errors that Core raised, and what the client asks again: by answers that are made up here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from faceforge_core.web.envelope import STATUS, envelope_response, refusal_of
from faceforge_sdk import errors
from faceforge_sdk.client import CoreUnreachable, FaceForge
from faceforge_sdk.client.exchange import BREAKS
from faceforge_sdk.errors import (
    Busy,
    ContributionFailed,
    FaceForgeError,
    RangeNotSatisfiable,
    RetryLater,
    StatementRefused,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INSIDE = {RetryLater, ContributionFailed, StatementRefused}
"""What a client sees as another error, as it has the same code."""
PONG = {"ok": True, "data": {"pong": True}, "error": None}


class Answers:
    """A Core that answers what it is told to, in order and the last one for ever; `asked` has what came."""

    def __init__(self, *answers: Any) -> None:
        self._answers = [*answers]
        self.asked: list[str] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, body, headers = answer
        if isinstance(body, str):
            return httpx2.Response(status, text=body, headers=headers)
        return httpx2.Response(status, json=body, headers=headers)


def refused(code: str, status: int, **headers: str) -> tuple[int, Any, dict[str, str]]:
    error = {"code": code, "message": "No.", "details": {"n": 1}}
    return status, {"ok": False, "data": None, "error": error}, {k.replace("_", "-"): v for k, v in headers.items()}


OK = (200, PONG, {})


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how long the client paused, instead of pausing."""
    pauses: list[float] = []
    monkeypatch.setattr("faceforge_sdk.client.exchange.time.sleep", pauses.append)
    return pauses


@pytest.fixture
def core_that_answers() -> Iterator[Callable[..., tuple[FaceForge, Answers]]]:
    clients: list[httpx2.Client] = []

    def make(*answers: Any, **options: Any) -> tuple[FaceForge, Answers]:
        told = Answers(*answers)
        clients.append(httpx2.Client(transport=httpx2.MockTransport(told), base_url="http://core:1"))
        return FaceForge(http=clients[-1], token="t", **options), told

    yield make
    for client in clients:
        client.close()


def made(kind: type[FaceForgeError]) -> FaceForgeError:
    """An error of the class with everything that it carries."""
    if issubclass(kind, RangeNotSatisfiable):
        return kind(1234)
    if issubclass(kind, ContributionFailed):
        return kind("some.plugin", "It did not end well.")
    if issubclass(kind, RetryLater):
        return kind("Not now.", retry_after=7, details={"queue": 3})
    return kind("It is so.", details=[{"loc": ["body"], "msg": "wrong"}])


@pytest.mark.parametrize("kind", STATUS, ids=lambda kind: kind.__name__)
def test_what_core_raises_is_what_the_client_raises(kind: type[FaceForgeError], core_that_answers: Any) -> None:
    raised = made(kind)
    answer = envelope_response(refusal_of(raised))
    transported = {ContributionFailed: FaceForgeError, StatementRefused: FaceForgeError, RetryLater: Busy}
    ff, _ = core_that_answers((answer.status_code, bytes(answer.body).decode(), dict(answer.headers)), patience=0)
    with pytest.raises(FaceForgeError) as caught:
        ff.entities.create(display_name="Ada")
    assert type(caught.value) is transported.get(kind, kind)
    assert (str(caught.value), caught.value.details) == (str(raised), raised.details)
    assert getattr(caught.value, "size", None) == getattr(raised, "size", None)
    assert getattr(caught.value, "retry_after", None) == getattr(raised, "retry_after", None)
    assert caught.value.answer is not None
    assert (caught.value.answer.status, caught.value.answer.code) == STATUS[kind]


def test_every_error_of_the_tree_comes_back_as_itself() -> None:
    from faceforge_sdk.client.refusals import CLASSES

    assert {code: kind for kind, (_, code) in STATUS.items() if kind not in INSIDE} == {
        **CLASSES,
        "internal_error": FaceForgeError,
    }


def test_the_name_that_somebody_gave_the_request_is_kept(core_that_answers: Any) -> None:
    ff, _ = core_that_answers(refused("conflict", 409, x_request_id="abc-1"))
    with pytest.raises(errors.Conflict) as caught:
        ff.entities.create(display_name="Ada")
    assert caught.value.answer.request_id == "abc-1"


def test_an_unknown_code_is_an_error_all_the_same(core_that_answers: Any) -> None:
    ff, _ = core_that_answers(refused("client_error", 405))
    with pytest.raises(FaceForgeError, match="No\\.") as caught:
        ff.system.ping()
    assert type(caught.value) is FaceForgeError


@pytest.mark.parametrize(
    "answer",
    [
        (200, "<html>It works!</html>", {}),
        (502, "<html>Bad gateway</html>", {}),
        (404, {"detail": "Not Found"}, {}),
        (200, {"ok": True}, {}),
        (302, "", {"location": "http://elsewhere/login"}),
    ],
)
def test_somebody_else_at_the_address_is_no_core(answer: Any, core_that_answers: Any) -> None:
    ff, told = core_that_answers(answer)
    with pytest.raises(CoreUnreachable, match="is no FaceForge Core"):
        ff.system.ping()
    assert told.asked == ["GET /v1/ping"], "and the token goes nowhere else"


def test_what_passes_by_itself_is_asked_again_when_core_says(core_that_answers: Any, slept: list[float]) -> None:
    ff, told = core_that_answers(
        refused("rate_limited", 429, retry_after="3"), refused("busy", 503, retry_after="2"), OK
    )
    ff.system.ping()
    assert (slept, len(told.asked)) == ([3, 2], 3)


def test_a_change_that_core_put_off_is_asked_again_too(core_that_answers: Any, slept: list[float]) -> None:
    job = {**dict.fromkeys(("progress_percent", "progress_step", "result", "cancel_requested_at", "started_at"))}
    job |= {**dict.fromkeys(("finished_at", "canceled_at", "error")), "job_id": "j", "job_type": "t", "input": {}}
    job |= {"status": "queued", "created_at": "2026-01-01T00:00:00.000Z"}
    ff, told = core_that_answers(
        refused("rate_limited", 429, retry_after="10"), (200, {"ok": True, "data": job, "error": None}, {})
    )
    assert ff.jobs.enqueue("t").job_id == "j"
    assert (slept, told.asked) == ([10], ["POST /v1/jobs"] * 2)


def test_patience_ends(core_that_answers: Any, slept: list[float]) -> None:
    ff, told = core_that_answers(refused("busy", 503, retry_after="4"), patience=10)
    with pytest.raises(Busy) as caught:
        ff.system.ping()
    assert (slept, len(told.asked), caught.value.retry_after) == ([4, 4], 3, 4)


def test_a_refusal_that_names_no_time_is_final(core_that_answers: Any, slept: list[float]) -> None:
    ff, told = core_that_answers(refused("storage_unavailable", 503))
    with pytest.raises(errors.StorageUnavailable):
        ff.storage.usage()
    assert (slept, len(told.asked)) == ([], 1)


def test_a_read_is_repeated_when_the_connection_breaks(core_that_answers: Any, slept: list[float]) -> None:
    ff, told = core_that_answers(httpx2.ReadError("gone"), httpx2.RemoteProtocolError("gone"), OK)
    ff.system.ping()
    assert (len(slept), len(told.asked)) == (2, 3)
    ff, told = core_that_answers(httpx2.ReadTimeout("silence"))
    with pytest.raises(CoreUnreachable, match="broke \\(silence\\); try again"):
        ff.system.ping()
    assert len(told.asked) == BREAKS


def test_a_change_is_never_repeated_when_the_connection_breaks(core_that_answers: Any, slept: list[float]) -> None:
    ff, told = core_that_answers(httpx2.ReadError("gone"))
    for change in (
        lambda: ff.entities.create(display_name="Ada"),
        lambda: ff.entities.delete("x"),
        lambda: ff.assets.upload(b"bytes"),
    ):
        told.asked.clear()
        with pytest.raises(CoreUnreachable):
            change()
        assert len(told.asked) == 1
    assert slept == []


def test_an_upload_that_was_put_off_is_read_again_from_its_start(core_that_answers: Any, slept: list[float]) -> None:
    ff, told = core_that_answers(refused("busy", 503, retry_after="1"), refused("conflict", 409))
    with pytest.raises(errors.Conflict):
        ff.assets.upload(b"bytes")
    assert (slept, len(told.asked)) == ([1], 2)


def test_the_token_is_sent_and_shown_in_no_error(core_that_answers: Any) -> None:
    ff, _ = core_that_answers(refused("conflict", 409))
    with pytest.raises(errors.Conflict) as caught:
        ff.entities.get("x")
    assert "Bearer" not in f"{caught.value!r} {caught.value.answer} {caught.value.__notes__}"
