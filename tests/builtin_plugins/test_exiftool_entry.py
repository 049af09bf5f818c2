"""What is kept of ExifTool's answer: strict JSON, of the file alone, and never too much of it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from faceforge_builtins.exiftool.entry import MAX_BINARY, MAX_ENTRY, Unreadable, fitted, parsed


def kept(**tags: Any) -> dict[str, Any]:
    return parsed(json.dumps([{key.replace("__", ":"): value for key, value in tags.items()}]).encode())


def test_what_is_of_this_computer_or_this_run_is_dropped() -> None:
    assert kept(
        SourceFile="/home/ada/x.jpg",
        ExifTool__ExifToolVersion=12.57,
        ExifTool__NewGUID="2026",
        ExifTool__FileSequence=0,
        System__FileName="x.jpg",
        System__Directory="/home/ada",
        System__FilePath="/home/ada/x.jpg",
        System__FileUserID="ada",
        System__FilePermissions="-rw-------",
        System__FileInodeNumber=12,
        System__FileSize="61 kB",
        ExifTool__Warning="Bad data",
        XMP__FileName="of the file itself",
    ) == {"System:FileSize": "61 kB", "ExifTool:Warning": "Bad data", "XMP:FileName": "of the file itself"}


def test_binary_values_over_a_kibibyte_are_dropped_wherever_they_are() -> None:
    small, large = (f"base64:{base64.b64encode(b'x' * size).decode()}" for size in (MAX_BINARY, MAX_BINARY + 1))
    assert kept(A__Small=small, A__Large=large, A__Both=[small, large], A__In={"it": large, "and": {"so": large}}) == {
        "A:Small": small,
        "A:Both": [small],
    }
    assert kept(A__Skipped="(Binary data 12345 bytes, use -b option to extract)") == {}


def test_numbers_that_json_or_a_database_cannot_hold_become_text() -> None:
    answer = b'[{"A:A": 1e999, "A:B": 9223372036854775807, "A:C": 9223372036854775808, "A:D": -1e5, "A:E": NaN}]'
    assert parsed(answer) == {
        "A:A": "1e999",
        "A:B": 2**63 - 1,
        "A:C": "9223372036854775808",
        "A:D": -100000.0,
        "A:E": "NaN",
    }
    assert parsed(b'[{"A:A": %s}]' % (b"9" * 5000)) == {"A:A": "9" * 5000}


def test_text_that_cannot_be_stored_is_mended() -> None:
    assert parsed(rb'[{"A:A": "a\u0000b\ud800c", "A:\ud800": 1}]') == {"A:A": "ab?c", "A:?": 1}


def test_what_is_nested_too_deeply_is_left_out() -> None:
    deep: Any = "here"
    for _ in range(200):
        deep = [deep]
    assert kept(A__Deep=deep, A__Flat=1) == {"A:Flat": 1}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "says nothing"),
        (b"\n", "says nothing"),
        (b"{", "no JSON"),
        (b"Error: no such file", "no JSON"),
        (b'[{"A:A": "\xff"}]', "not UTF-8, at byte 10"),
        (b"[]", "not about one file"),
        (b"[1]", "not about one file"),
        (b"[{}, {}]", "not about one file"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_an_answer_that_is_none_is_refused(answer: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        parsed(answer)


def test_of_too_much_the_largest_goes_first_then_the_last() -> None:
    tags = {"A:Large": "x" * 200_000, "A:Larger": "y" * 250_000, "A:Small": "z"}
    assert fitted(tags) == ({"A:Large": "x" * 200_000, "A:Small": "z"}, 1)

    many = {f"Doc{number}:GPS:Place": "ü" * 100 for number in range(3000)}
    left, dropped = fitted(many)
    assert [*left] == [*many][: len(left)]
    assert len(left) + dropped == len(many)
    size = len(json.dumps(left, ensure_ascii=False, separators=(",", ":")).encode())
    assert MAX_ENTRY - 300 < size <= MAX_ENTRY
