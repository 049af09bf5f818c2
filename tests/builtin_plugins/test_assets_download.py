"""The headers of downloads."""

from __future__ import annotations

import asyncio
from email.message import Message
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from faceforge_builtins.assets_api.download import CHUNK, Download, content_disposition
from faceforge_core.db.engine import Database
from faceforge_core.db.statements import prepare
from faceforge_sdk.files import FileReader

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from pathlib import Path

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("2024-05-06T07:08:09.123Z", "Mon, 06 May 2024 07:08:09 GMT"),
        ("2024-05-06 07:08:09", "Mon, 06 May 2024 07:08:09 GMT"),
        ("2024-05-06T07:08:09+02:00", "Mon, 06 May 2024 05:08:09 GMT"),
        ("0001-01-01T00:00:00+14:00", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("yesterday", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ],
)
def test_times_that_other_tools_wrote_into_the_database_do_not_stop_a_download(
    faceforge: RunningCore, client: TestClient, stored: str, told: str
) -> None:
    asset = client.post("/v1/assets/upload", files={"file": ("a.txt", b"abc")}).json()["data"]
    statement = prepare(text("UPDATE assets SET created_at = :at"))
    with Database(faceforge.kernel.home.database) as database:
        database.write(lambda tx: tx.run(statement, at=stored))
    answer = client.get(f"/v1/assets/{asset['asset_id']}/download")
    assert (answer.status_code, answer.headers["last-modified"]) == (200, told)


@pytest.mark.parametrize("name", ["été-中.png", 'a"b;c.txt', "a%22b", "\\\"; filename*=UTF-8''x", "a\r\nX: y", "🦊"])
def test_v15_a_name_stands_once_in_ascii_and_once_exactly(name: str) -> None:
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    assert header.count("filename=") == 1
    assert header.count("filename*=") == 1
    message = Message()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"


@given(st.text())
def test_v15_any_name_makes_a_header_that_says_it_exactly(name: str) -> None:
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    encoded = header.rpartition("filename*=UTF-8''")[2]
    assert unquote(encoded) == name.encode("utf-8", "replace").decode()


class Connection:
    """What a server gives an app: takes every byte at once, and tells that the client left after `stays` chunks."""

    def __init__(self, stays: int) -> None:
        self.stays = stays
        self.chunks = 0
        self._gone = asyncio.Event()
        self._asked = False

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.chunks += message["type"] == "http.response.body"
        if self.chunks == self.stays:
            self._gone.set()


@pytest.fixture
def cached_file(tmp_path: Path) -> Path:
    path = tmp_path / "film"
    path.write_bytes(bytes(20 * CHUNK))
    return path


def test_a_client_that_leaves_ends_the_reading(cached_file: Path) -> None:
    connection = Connection(stays=3)
    reader = FileReader(cached_file, 0, 20 * CHUNK)
    asyncio.run(Download(200, {}, 20 * CHUNK, reader)({}, connection.receive, connection.send))
    assert connection.chunks < 6
    with pytest.raises(ValueError, match="closed file"):
        reader.read(1)


def test_others_have_their_turn_between_the_chunks_of_a_download_that_never_waits(cached_file: Path) -> None:
    connection = Connection(stays=100)
    seen: list[int] = []

    async def look() -> None:
        while connection.chunks < 20:
            seen.append(connection.chunks)
            await asyncio.sleep(0)

    async def both() -> None:
        download = Download(200, {}, 20 * CHUNK, FileReader(cached_file, 0, 20 * CHUNK))
        await asyncio.gather(download({}, connection.receive, connection.send), look())

    asyncio.run(both())
    assert len(set(seen)) >= 10
