"""The S3 provider before servers that are closed, silent, slow, broken or lying: refused in time, never wrong bytes."""

from __future__ import annotations

import hashlib
import random
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.storage_s3.pace import Pace, TooSlow
from faceforge_builtins.storage_s3.settings import Patience
from faceforge_core.testing import wait_for
from faceforge_sdk.errors import IntegrityError, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRETS = ("testsecretkey", "TESTACCESSKEY")
LONG_REST = 3600.0
BIG = 3_000_000
QUICK = Patience(
    connect=2.0,
    read=4.0,
    stall=4.0,
    probe_connect=2.0,
    probe_read=2.0,
    second_try_within=0.5,
    rest=0.4,
    prove_after=0.1,
)


def content(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@pytest.fixture
def house(proxy: Any, make_house: Callable[..., Any]) -> Any:
    """A provider whose way to the real SeaweedFS leads through the proxy."""
    return make_house(proxy.url, bucket="shared", patience=replace(QUICK, part_size=5 << 20))


def refused(work: Callable[[], object], kind: type[Exception] = StorageUnavailable) -> tuple[str, float]:
    """What a refusal says, without secrets, and after how many seconds."""
    started = time.monotonic()
    with pytest.raises(kind) as error:
        work()
    assert not any(secret in str(error.value) for secret in SECRETS)
    return str(error.value), time.monotonic() - started


FAULTS = ["closed", "silent", "garbage", "reset", 503, 500, 403]
ON_THE_WAY = {
    "request cut": {"of_requests": (400_000, "cut")},
    "request dripping": {"of_requests": (400_000, "drip")},
    "server stops reading": {"of_requests": (400_000, "stall")},
    "answer cut": {"of_answers": (10, "cut")},
    "answer silent": {"of_answers": (10, "stall")},
    "answer dripping": {"of_answers": (10, "drip")},
    "altered on the way": {"of_requests": (400_000, "flip")},
}


@pytest.mark.parametrize("fault", FAULTS)
def test_s01_a_server_that_does_not_work_refuses_the_file_soon_and_leaves_it(
    house: Any, proxy: Any, fault: Any
) -> None:
    proxy.fail(fault)
    source = house.source(b"bytes")

    _, seconds = refused(lambda: house.put(b"bytes"))

    assert seconds < 30
    assert source.read_bytes() == b"bytes"
    assert house.copies == []
    assert not house.provider.available()


@pytest.mark.parametrize("fault", FAULTS)
def test_s01_a_server_that_stops_working_is_noticed_by_the_next_file(house: Any, proxy: Any, fault: Any) -> None:
    house.put(b"the first")
    proxy.fail(fault)

    _, seconds = refused(lambda: house.put(b"the second"))

    assert seconds < 30
    assert len(house.copies) == 1


@pytest.mark.parametrize("fault", ON_THE_WAY)
def test_s01_a_transfer_that_breaks_or_hardly_moves_is_given_up_in_time(house: Any, proxy: Any, fault: Any) -> None:
    house.put(b"the first")  # so that the bucket is there and known
    proxy.hurt(**ON_THE_WAY[fault])

    _, seconds = refused(lambda: house.put(content(BIG)))

    assert seconds < 30
    assert len(house.copies) == 1


def test_s01_a_slow_server_above_the_floor_is_waited_for() -> None:
    pace = Pace(floor=1000, seconds=2)
    for _ in range(100):
        pace.note(1100, 1.0)
    pace = Pace(floor=1000, seconds=2)
    pace.note(900, 1.0)
    pace.note(900, 1.0)
    with pytest.raises(TooSlow):
        pace.note(100, 1.0)


def test_s01_the_shipped_patience_is_the_one_that_was_decided() -> None:
    shipped = Patience()
    assert (shipped.connect, shipped.read, shipped.stall, shipped.rest) == (2, 10, 10, 30)
    assert (shipped.floor, shipped.prove_after) == (64 * 1024, 60)
    assert shipped.probe_connect + shipped.probe_read <= 3


@pytest.mark.parametrize("fault", ["silent", 503])
def test_s02_while_it_is_down_a_hundred_files_cost_one_probe(
    proxy: Any, make_house: Callable[..., Any], fault: Any, caplog: pytest.LogCaptureFixture
) -> None:
    house = make_house(proxy.url, bucket="shared", patience=replace(QUICK, rest=LONG_REST))
    proxy.fail(fault)

    for _ in range(100):
        assert not house.provider.available()
        refused(lambda: house.put(b"bytes"))
        refused(lambda: house.provider.open(house.provider.key_for("ab" * 32), 0, 5))

    assert proxy.connections == 1
    assert caplog.text.count("can't be used") == 1


def test_s02_after_a_rest_it_is_asked_again_and_used_again(house: Any, proxy: Any) -> None:
    proxy.mode = 503
    assert not house.provider.available()
    proxy.mode = "pass"

    wait_for(house.provider.available)

    assert house.read(house.put(b"bytes")) == b"bytes"


def test_s02_files_that_are_refused_do_not_keep_anyone_from_reading(proxy: Any, make_house: Callable[..., Any]) -> None:
    house = make_house(proxy.url, bucket="shared", patience=replace(QUICK, rest=LONG_REST))
    key = house.put(content(10))
    with house.provider.cared_for():
        house.wait_until_proven(key)
    proxy.hurt(of_requests=(400_000, "flip"))
    refused(lambda: house.put(content(500_000)))
    proxy.hurt(of_requests=None)

    assert not house.provider.available()
    assert house.read(key) == content(10)


def test_s06_the_parts_of_an_upload_that_failed_are_dropped_by_the_caretaker(
    make_house: Callable[..., Any], proxy: Any, weed: Any
) -> None:
    """S06: who uploads does not wait for it, the server is left with no dangling parts."""
    house = make_house(proxy.url, patience=replace(QUICK, read=10, stall=10, part_size=5 << 20))
    house.put(b"the first")
    proxy.hurt(of_requests=(100_000, "cut"))
    refused(lambda: house.put(content(6_000_000)))
    assert uploads(weed, house.bucket)
    proxy.hurt(of_requests=None)
    with house.provider.cared_for():
        wait_for(lambda: not uploads(weed, house.bucket))


def uploads(server: Any, bucket: str) -> list[str]:
    return [one["UploadId"] for one in server.client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]


def test_s06_parts_that_a_dead_core_left_are_dropped_once_they_are_old(
    make_house: Callable[..., Any], weed: Any
) -> None:
    server = weed
    house = make_house(server.url, patience=replace(QUICK, read=10, stall=10, stale_upload=3600))
    key = house.put(b"the first")
    place = {"Bucket": house.bucket, "Key": key.partition(":")[2]}
    left = server.client.create_multipart_upload(**place)["UploadId"]
    foreign = server.client.create_multipart_upload(Bucket=house.bucket, Key="other/file")["UploadId"]

    with house.provider.cared_for():
        house.wait_until_proven(key)  # the caretaker tidies first
    assert left in uploads(server, house.bucket)

    old = make_house(server.url, patience=replace(QUICK, read=10, stall=10, stale_upload=-60))
    with old.provider.cared_for():
        old.wait_until_proven(old.put(b"the second"))
    assert uploads(server, house.bucket) == [foreign]


# --- Reading


@pytest.fixture
def proven(house: Any) -> tuple[Any, str]:
    """A house and the key of a big object that only the server has."""
    key = house.put(content(BIG))
    with house.provider.cared_for():
        house.wait_until_proven(key)
    return house, key


@pytest.mark.parametrize("how", ["cut", "stall", "drip"])
def test_s07_an_answer_that_breaks_off_is_an_error_and_never_a_short_file(proven: Any, proxy: Any, how: str) -> None:
    house, key = proven
    proxy.hurt(of_answers=(500_000, how))

    _, seconds = refused(lambda: house.read(key))

    assert seconds < 30


@pytest.mark.parametrize("fault", ["closed", "silent", "reset", "garbage", 503, 403])
def test_s07_a_server_that_fails_between_two_reads_is_unavailable(proven: Any, proxy: Any, fault: Any) -> None:
    house, key = proven
    proxy.fail(fault)

    refused(lambda: house.read(key))
    before = proxy.connections
    refused(lambda: house.read(key, 0, 10))
    assert proxy.connections - before <= 1, "at most one probe"


def test_s07_an_object_that_is_gone_is_missing(proven: Any, weed: Any) -> None:
    house, key = proven
    weed.client.delete_object(Bucket=house.bucket, Key=key.partition(":")[2])
    assert house.provider.stat(key) is None
    refused(lambda: house.provider.open(key, 0, 10), IntegrityError)


def test_s07_an_object_that_became_shorter_is_noticed_before_the_first_byte(proven: Any, weed: Any) -> None:
    house, key = proven
    weed.client.put_object(Bucket=house.bucket, Key=key.partition(":")[2], Body=b"short")
    assert house.provider.stat(key) == 5
    refused(lambda: house.provider.open(key, 0, BIG), IntegrityError)
    refused(lambda: house.provider.open(key, 100, BIG), IntegrityError)


# --- Lies


class LyingServer(ThreadingHTTPServer):
    """As much of S3 as a small file needs; `lie` changes what it keeps, `answer` what it gives."""

    daemon_threads = True

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.lie: Callable[[bytes], bytes] = lambda body: body
        self.lie_about_ranges = ""
        super().__init__(("127.0.0.1", 0), LyingHandler)


class LyingHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LyingServer

    def log_message(self, *_: object) -> None: ...

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.objects[self.path.partition("?")[0]] = self.server.lie(body)
        self._say(200, b"", {"ETag": '"x"'})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        found = self.server.objects.get(self.path.partition("?")[0])
        if self.path.count("/") == 1:
            self._say(200, b"", {})
        elif found is None:
            self._say(404, b"", {})
        elif self.server.lie_about_ranges == "whole":
            self._say(200, found, {})
        elif self.server.lie_about_ranges == "other":
            self._say(206, found[1:6], {"Content-Range": f"bytes 1-5/{len(found)}"})
        else:
            start, end = (self.headers.get("Range") or f"bytes=0-{max(0, len(found) - 1)}")[6:].split("-")
            part = found[int(start) : int(end) + 1]
            self._say(206, part, {"Content-Range": f"bytes {start}-{end}/{len(found)}"})

    def _say(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@pytest.fixture
def liar() -> Iterator[LyingServer]:
    with LyingServer() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join(60)


@pytest.fixture
def lied_to(liar: LyingServer, make_house: Callable[..., Any]) -> Any:
    return make_house(
        f"http://127.0.0.1:{liar.server_port}",
        patience=replace(Patience(), rest=QUICK.rest, prove_after=QUICK.prove_after),
    )


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(lambda body: body[:-1], id="short"),
        pytest.param(lambda body: b"5\r\n" + body + b"\r\n0\r\n\r\n", id="a trailer inside"),
        pytest.param(lambda _: b"", id="nothing"),
    ],
)
def test_s03_an_object_of_another_size_than_was_sent_is_not_stored(
    liar: LyingServer, lied_to: Any, lie: Callable[[bytes], bytes]
) -> None:
    liar.lie = lie
    message, _ = refused(lambda: lied_to.put(b"bytes"))
    assert "of 5 bytes" in message
    assert lied_to.copies == []


def test_s03_an_altered_object_is_found_by_reading_it_back_and_sent_again(
    liar: LyingServer, lied_to: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """S03: until then the copy here is what everybody reads."""
    liar.lie = lambda body: b"X" + body[1:]
    key = lied_to.put(b"bytes")
    assert lied_to.read(key) == b"bytes"

    with lied_to.provider.cared_for():
        wait_for(lambda: "has other bytes" in caplog.text)
        assert lied_to.read(key) == b"bytes"
        liar.lie = lambda body: body
        lied_to.wait_until_proven(key)

    assert liar.objects[f"/{lied_to.bucket}/{key.partition(':')[2]}"] == b"bytes"
    assert lied_to.read(key) == b"bytes"


def test_s05_an_object_that_the_server_lost_is_sent_again_from_the_copy(liar: LyingServer, lied_to: Any) -> None:
    key = lied_to.put(b"bytes")
    liar.objects.clear()

    with lied_to.provider.cared_for():
        lied_to.wait_until_proven(key)

    assert liar.objects[f"/{lied_to.bucket}/{key.partition(':')[2]}"] == b"bytes"


def test_s05_a_copy_that_is_damaged_too_is_kept_and_never_sent(
    liar: LyingServer, lied_to: Any, caplog: pytest.LogCaptureFixture
) -> None:
    key = lied_to.put(b"bytes")
    liar.objects.clear()
    lied_to.provider.local_path(key).write_bytes(b"bytez")

    with lied_to.provider.cared_for():
        wait_for(lambda: "is damaged too" in caplog.text)

    assert liar.objects == {}
    assert lied_to.copies == [hashlib.sha256(b"bytes").hexdigest()]


@pytest.mark.parametrize(("lie", "reason"), [("whole", "size"), ("other", "range")])
def test_s07_a_server_that_answers_with_another_range_is_not_believed(
    liar: LyingServer, lied_to: Any, lie: str, reason: str
) -> None:
    key = lied_to.put(b"bytes of a file")
    with lied_to.provider.cared_for():
        lied_to.wait_until_proven(key)
    liar.lie_about_ranges = lie

    with pytest.raises(IntegrityError) as error:
        lied_to.provider.open(key, 0, 5)
    assert error.value.details == {"reason": reason}
    with pytest.raises(IntegrityError):
        lied_to.provider.open(key, 3, 8)
