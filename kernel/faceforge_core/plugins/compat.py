"""`core_compat`: which versions of Core a manifest says it works with."""

from __future__ import annotations

import re

from faceforge_sdk.errors import FaceForgeError

_PART = r"(\d{1,9}|[xX*])"
_COMPARATOR = re.compile(
    rf"(\^|~>|~=|~|>=|<=|==|>|<|=)?\s*v?{_PART}(?:\.{_PART})?(?:\.{_PART})?(?:[-+][\w.+-]*)?(?=\s|$)"
)
_SYNONYMS = {"~>": "~", "~=": "~", "==": "="}
_Version = tuple[int, int, int]


class RangeNotUnderstood(FaceForgeError):
    """A `core_compat` that is no range of versions."""


def allows(core_compat: str, version: str) -> bool:
    """Whether `version` lies in the range, written as npm does: ``>=0.1 <1``, ``^0.1.0``, ``~0.1``, ``0.2.x``.

    ``||`` parts alternatives, commas count as spaces, pre-release and build suffixes are not compared. Raises
    `RangeNotUnderstood`.
    """
    now = _padded([int(number) for number in re.findall(r"\d+", version)[:3]])
    verdicts = [_all_hold(alternative, now) for alternative in core_compat.split("||")]
    return any(verdicts)


def _all_hold(alternative: str, now: _Version) -> bool:
    rest = re.sub(r"([\w.*]+)\s+-\s+([\w.*]+)", r">=\1 <=\2", alternative).replace(",", " ").strip()
    holds = True
    while rest:
        match = _COMPARATOR.match(rest)
        if match is None:
            raise RangeNotUnderstood(f"core_compat {alternative.strip()[:80]!r} is not a range of versions.")
        lower, upper = _bounds(match[1] or "=", [match[2], match[3], match[4]])
        holds = holds and (lower is None or now >= lower) and (upper is None or now < upper)
        rest = rest[match.end() :].strip()
    return holds


def _bounds(operator: str, parts: list[str | None]) -> tuple[_Version | None, _Version | None]:
    """The half-open interval that one comparator means; a part that is missing or x stands for all its values."""
    given: list[int] = []
    for part in parts:
        if part is None or not part.isdigit():
            break
        given.append(int(part))
    if not given:
        return None, None
    low, after = _padded(given), _padded([*given[:-1], given[-1] + 1])
    minor = [given[0], given[1] + 1] if len(given) > 1 else [given[0] + 1]
    return {
        ">=": (low, None),
        ">": (after, None),
        "<": (None, low),
        "<=": (None, after),
        "^": (low, _padded(_next_breaking(given))),
        "~": (low, _padded(minor)),
        "=": (low, after),
    }[_SYNONYMS.get(operator, operator)]


def _next_breaking(given: list[int]) -> list[int]:
    """Below 1.0 the first number that is not zero tells of breaking changes."""
    for index, number in enumerate(given):
        if number:
            return [*given[:index], number + 1]
    return [*given[:-1], given[-1] + 1]


def _padded(numbers: list[int]) -> _Version:
    major, minor, patch = [*numbers, 0, 0, 0][:3]
    return major, minor, patch
