"""Bytes to a Core and back: streamed, told of, taken up where a connection broke, and proven by their hash."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tracemalloc
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from faceforge_sdk.client import CoreUnreachable, FaceForge
from faceforge_sdk.client.downloads import safe_name
from faceforge_sdk.errors import IntegrityError, InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faceforge_core.testing import RunningCore
    from faceforge_sdk.models import Asset

MB = 1024 * 1024


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 MB that nothing compresses."""
    path = tmp_path_factory.mktemp("films") / "film.mp4"
    with path.open("wb") as file:
        for _ in range(30):
            file.write(os.urandom(MB))
    return path


@pytest.fixture(scope="module")
def stored_film(remote: FaceForge, film: Path) -> Asset:
    return remote.assets.upload(film)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def only_file(folder: Path) -> Path:
    """The one file in a folder: no draft stayed behind."""
    [path] = folder.iterdir()
    return path


def test_30_mb_go_there_and_back_in_little_memory_and_tell_how_far_they_are(
    remote: FaceForge, film: Path, tmp_path: Path
) -> None:
    sent: list[tuple[int, int | None]] = []
    came: list[tuple[int, int | None]] = []
    tracemalloc.start()
    try:
        asset = remote.assets.upload(film, progress=lambda *told: sent.append(told))
        path = remote.assets.download(asset.asset_id, tmp_path / "copy", progress=lambda *told: came.append(told))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path == tmp_path / "copy"
    assert asset.asset_id == sha256(film) == sha256(path)
    assert (asset.filename, asset.mime_type, asset.byte_size) == ("film.mp4", "video/mp4", 30 * MB)
    for told in (sent, came):
        assert told == sorted(told)
        assert told[-1] == (30 * MB, 30 * MB)
        assert len(told) > 30
    assert peak < 15 * MB, "both sides of it are in this process"


@pytest.mark.parametrize("name", ["plain.txt", 'a "quoted" name.txt', "Ünïcödé 名.txt", "100%25 \\ back.txt"])
def test_bytes_and_open_files_keep_the_name_they_are_given(remote: FaceForge, name: str) -> None:
    asset = remote.assets.upload(name.encode(), filename=name)
    assert (asset.filename, asset.mime_type) == (name, "text/plain")
    assert remote.assets.read(asset.asset_id) == name.encode()


def test_of_an_open_file_what_is_left_is_sent(remote: FaceForge) -> None:
    file = io.BytesIO(b"head and body")
    file.seek(5)
    asset = remote.assets.upload(file, filename="rest.txt")
    assert remote.assets.read(asset.asset_id) == b"and body"
    assert not file.closed


def test_a_pipe_is_sent_although_nobody_knows_how_long_it_is(remote: FaceForge) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(b"out of a pipe")
    told: list[tuple[int, int | None]] = []
    with os.fdopen(reading, "rb") as pipe:
        asset = remote.assets.upload(pipe, filename="pipe.bin", progress=lambda *one: told.append(one))
    assert remote.assets.read(asset.asset_id) == b"out of a pipe"
    assert told == [(13, None)]


def test_a_sidecar_goes_along(remote: FaceForge) -> None:
    for meta in ({"painter": "Ü"}, json.dumps({"painter": "Ü"}).encode()):
        asset = remote.assets.upload(b"painted", meta=meta)
        assert asset.meta["metadata"][0]["Data"] == {"painter": "Ü"}


def test_an_upload_is_stopped_by_its_progress_and_nothing_is_stored(remote: FaceForge) -> None:
    content = os.urandom(2 * MB)

    def stop(sent: int, _total: int | None) -> None:
        if sent > MB:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError):
        remote.assets.upload(content, progress=stop)
    with pytest.raises(NotFound):
        remote.assets.get(hashlib.sha256(content).hexdigest())
    assert remote.assets.upload(content).byte_size == 2 * MB


def test_a_file_that_shrinks_while_it_is_read_is_refused(remote: FaceForge, tmp_path: Path) -> None:
    path = tmp_path / "shrinking"
    path.write_bytes(os.urandom(4 * MB))
    with pytest.raises(InvalidInput, match="became shorter"):
        remote.assets.upload(path, progress=lambda *_: os.truncate(path, MB))


def test_an_empty_file_and_a_missing_one_are_refused(remote: FaceForge, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        remote.assets.upload(b"")
    with pytest.raises(FileNotFoundError):
        remote.assets.upload(tmp_path / "nothing")


def test_a_core_that_stored_other_bytes_is_found_out(remote: FaceForge) -> None:
    other = remote.assets.upload(b"other bytes")
    answer = {"ok": True, "data": other.model_dump(mode="json"), "error": None}
    transport = httpx2.MockTransport(lambda request: httpx2.Response(200, json=answer) if request.read() else None)
    with httpx2.Client(transport=transport, base_url="http://core") as http, pytest.raises(IntegrityError) as found:
        FaceForge(http=http).assets.upload(b"these bytes")
    sent = hashlib.sha256(b"these bytes").hexdigest()
    assert found.value.details == {"reason": "hash", "sent": sent, "stored": other.asset_id}


# --- Downloads ------------------------------------------------------------------------------------------------------


def test_into_a_folder_the_file_comes_under_its_name(remote: FaceForge, tmp_path: Path) -> None:
    asset = remote.assets.upload(b"named", filename='Ada: "1840".txt')
    (tmp_path / "Ada_ _1840_.txt").write_bytes(b"older")
    path = remote.assets.download(asset.asset_id, str(tmp_path))
    assert path == only_file(tmp_path)
    assert path.name == "Ada_ _1840_.txt"
    assert path.read_bytes() == b"named"


@pytest.mark.parametrize(
    ("filename", "safe"),
    [
        ("ada.jpg", "ada.jpg"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..", ""),
        (None, ""),
        ("CON.txt", "_CON.txt"),
        ("a\x00b\n.txt", "a_b_.txt"),
        ("trailing. ", "trailing"),
        ("x" * 300 + ".jpeg", "x" * 195 + ".jpeg"),
        ("名" * 90, "名" * 90),
    ],
)
def test_a_name_leads_nowhere_and_fits_every_system(filename: str | None, safe: str) -> None:
    assert safe_name(filename) == safe


def test_a_connection_that_breaks_is_taken_up_where_it_broke(
    breaking: Callable[..., Any], stored_film: Asset, tmp_path: Path
) -> None:
    ff, proxy = breaking(5 * MB, 300_000, 11 * MB)
    came: list[int] = []
    ff.assets.download(stored_film.asset_id, tmp_path / "film", progress=lambda done, _total: came.append(done))
    assert sha256(only_file(tmp_path)) == stored_film.asset_id
    assert proxy.connections == 4
    assert came == sorted(set(came)), "no byte came twice"


def test_a_connection_that_breaks_again_and_again_is_given_up_and_leaves_nothing(
    breaking: Callable[..., Any], stored_film: Asset, tmp_path: Path
) -> None:
    ff, proxy = breaking(5 * MB, *[100] * 20)
    with pytest.raises(CoreUnreachable, match=r"The connection to the FaceForge Core at .* broke"):
        ff.assets.download(stored_film.asset_id, tmp_path / "film")
    assert proxy.connections < 10
    assert list(tmp_path.iterdir()) == []


def test_bytes_that_lie_are_found_out_and_leave_nothing(served: RunningCore, remote: FaceForge, tmp_path: Path) -> None:
    asset = remote.assets.upload(os.urandom(MB), filename="altered.bin")
    [path] = served.home.joinpath("assets").rglob(asset.asset_id)
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(500_000)
        file.write(b"lies")
    target = tmp_path / "copy"
    target.write_bytes(b"what was there before")
    with pytest.raises(IntegrityError, match="other bytes"):
        remote.assets.download(asset.asset_id, target)
    assert only_file(tmp_path).read_bytes() == b"what was there before"
    with pytest.raises(IntegrityError):
        remote.assets.read(asset.asset_id)


def test_a_download_is_stopped_by_its_progress_and_leaves_nothing(
    remote: FaceForge, stored_film: Asset, tmp_path: Path
) -> None:
    def stop(done: int, _total: int | None) -> None:
        if done > MB:
            raise InterruptedError("enough")

    with pytest.raises(InterruptedError):
        remote.assets.download(stored_film.asset_id, tmp_path / "film", progress=stop)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotFound):
        remote.assets.download("0" * 64, tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


class _Body(httpx2.SyncByteStream):
    """A body that comes in pieces, and may break off after them."""

    def __init__(self, *pieces: bytes, breaks: bool = False) -> None:
        self._pieces = pieces
        self._breaks = breaks

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._breaks:
            raise httpx2.ReadError("gone")


def test_a_server_that_knows_no_ranges_may_begin_anew() -> None:
    content = os.urandom(1000)
    asked: list[str | None] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers.get("range"))
        if len(asked) == 1:
            return httpx2.Response(200, stream=_Body(content[:300], breaks=True))
        return httpx2.Response(200, stream=_Body(content[:200], content[200:500], content[500:]))

    file = io.BytesIO()
    with httpx2.Client(transport=httpx2.MockTransport(answer), base_url="http://core") as http:
        FaceForge(http=http).assets.download(hashlib.sha256(content).hexdigest(), file)
    assert file.getvalue() == content
    assert asked == [None, "bytes=300-"]
