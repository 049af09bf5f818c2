"""Byte ranges of downloads (RFC 9110, section 14.2)."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faceforge_builtins.assets_api.ranges import parse_range
from faceforge_sdk.errors import RangeNotSatisfiable


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-4", (0, 5)),
        ("bytes=-5", (95, 100)),
        ("bytes=95-", (95, 100)),
        ("bytes=0-999", (0, 100)),
        ("bytes=-1000", (0, 100)),
        ("Bytes=99-99", (99, 100)),
        (" bytes=0-0 ", (0, 1)),
    ],
)
def test_v17_one_range_is_honoured(header: str, expected: tuple[int, int]) -> None:
    assert parse_range(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0", "bytes=100-200", "bytes=9999999999999999999-"])
def test_v18_a_range_outside_the_file_is_refused(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable) as caught:
        parse_range(header, 100)
    assert caught.value.size == 100


@pytest.mark.parametrize(
    "header",
    [
        None,
        "items=0-5",
        "abc",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=+0-5",
        "bytes=1_0-20",
        "bytes=0-0,5-6",
        "bytes=٣-٤",
        "bytes=0-4\x00",
        "bytes=" + ",".join("0-0" for _ in range(10_000)),
        "bytes=" + "9" * 5000 + "-",
    ],
)
def test_v19_everything_else_is_ignored_quickly(header: str | None) -> None:
    began = time.thread_time()
    assert parse_range(header, 100) is None
    assert time.thread_time() - began < 1


@given(st.integers(1, 10_000), st.lists(st.integers(0, 9_999), max_size=8))
def test_v21_consecutive_ranges_make_the_whole_file(size: int, cuts: list[int]) -> None:
    edges = sorted({0, size, *(cut for cut in cuts if cut < size)})
    content = bytes(index % 251 for index in range(size))
    parts = [parse_range(f"bytes={start}-{end - 1}", size) for start, end in itertools.pairwise(edges)]
    assert b"".join(content[slice(*part)] for part in parts if part) == content
