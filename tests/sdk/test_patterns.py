"""Patterns of users: what RE2 takes, in time that grows with the text alone."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from faceforge_sdk import patterns
from faceforge_sdk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_pattern_matches_a_part_or_the_whole() -> None:
    pattern = patterns.compiled("a|ab")
    assert pattern.fullmatch("ab")
    assert not pattern.fullmatch("abc")
    assert not pattern.fullmatch("ab\n")
    assert pattern.search("xabc")
    assert patterns.problem("a|ab") is None


def test_letters_of_every_script_are_asked_for_by_their_class() -> None:
    assert patterns.compiled(r"\p{L}+").fullmatch("Zoë小龙")
    assert not patterns.compiled(r"\w+").fullmatch("Zoë")


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(", "missing ): ("),
        ("(?=a)b", "invalid perl operator: (?="),
        (r"(a)\1", r"invalid escape sequence: \1"),
        ("a{1,5000}", "invalid repetition size: {1,5000}"),
        ("\ud800", "surrogate"),
        ("a" * 1001, "longer than 1000 characters"),
    ],
)
def test_v11_what_re2_cannot_use_is_refused_with_its_reason(
    capfd: pytest.CaptureFixture[str], pattern: str, reason: str
) -> None:
    with pytest.raises(InvalidInput, match="pattern") as refused:
        patterns.compiled(pattern)
    assert reason in str(refused.value)
    assert patterns.problem(pattern) == str(refused.value)
    assert capfd.readouterr() == ("", "")  # RE2 itself logs nothing


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*$", "(a*)*b", "(.*.*)*=.*"])
def test_v10_no_pattern_takes_more_time_than_its_text_is_long(pattern: str) -> None:
    compiled = patterns.compiled(pattern)
    text = "a" * 5000 + "!"

    def seconds(match: Callable[[str], object]) -> float:
        before = time.thread_time()
        match(text)
        return time.thread_time() - before

    assert min(seconds(compiled.fullmatch) for _ in range(5)) < 1


def test_importing_the_module_loads_no_re2(run_python) -> None:
    code = "import sys, faceforge_sdk.patterns; print('re2' in sys.modules)"
    assert run_python(code).stdout.strip() == "False"
