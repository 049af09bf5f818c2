"""Numbers and JSON as people type them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from faceforge_sdk.testing.house import FakeTexts
from faceforge_sdk.typed import Unreadable, read_json, read_number, read_text

TEXTS = FakeTexts()


@pytest.mark.parametrize(
    ("text", "number"), [("36", 36), (" -4 ", -4), ("\u22121", -1), ("1,75", 1.75), (".5", 0.5), ("1e3", 1000.0)]
)
def test_a_number_is_read_as_people_write_it(text: str, number: float) -> None:
    found = read_number(text, TEXTS)
    assert (found, type(found)) == (number, type(number))


@pytest.mark.parametrize("text", ["", "abc", "1 2", "1e999", "0x10", "NaN", "1.2.3"])
def test_anything_else_is_no_number(text: str) -> None:
    with pytest.raises(Unreadable, match="Write a number"):
        read_number(text, TEXTS)


@pytest.mark.parametrize("value", ['{"a": [1, 1.0, null]}', "true", '"text"'])
def test_json_is_read(value: str) -> None:
    assert read_json(value, TEXTS) == json.loads(value)


@pytest.mark.parametrize(
    ("text", "sentence", "offset"),
    [
        ('{\n  "a" 1\n}', "Line 2, column 7: a colon is missing.", 8),
        ("[1, 2", "Line 1, column 6: a comma or a closing bracket is missing.", 5),
        ("1 2", "Line 1, column 3: the value ends here, and more follows.", 2),
        ("NaN", "NaN is not a JSON number.", None),
        ("[" * 80 + "]" * 80, "The JSON is nested deeper than 64 levels.", None),
    ],
)
def test_what_is_no_json_is_told_with_its_place(text: str, sentence: str, offset: int | None) -> None:
    with pytest.raises(Unreadable) as refused:
        read_json(text, TEXTS)
    assert (str(refused.value), refused.value.offset) == (sentence, offset)


@pytest.mark.parametrize("read", [read_text, read_json])
def test_a_character_that_cannot_be_stored_is_told(read: Any) -> None:
    with pytest.raises(Unreadable, match="NUL"):
        read("a\0b", TEXTS)
