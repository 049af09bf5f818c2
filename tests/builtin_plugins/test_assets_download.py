"""The headers of downloads."""

from __future__ import annotations

from email.message import Message
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from faceforge_builtins.assets_api.download import content_disposition
from faceforge_core.db.engine import Database
from faceforge_core.db.statements import prepare

if TYPE_CHECKING:
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
