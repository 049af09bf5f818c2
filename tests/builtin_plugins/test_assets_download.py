"""The headers of downloads."""

from __future__ import annotations

from email.message import Message
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceforge_builtins.assets_api.download import content_disposition


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
