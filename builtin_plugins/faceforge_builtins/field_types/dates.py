"""Dates of the calendar, as exactly as they are known: ``1815``, ``1815-12`` or ``1815-12-10`` (ISO 8601)."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from faceforge_sdk import FieldType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import FieldRules

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


def _check(value: Any, _rules: FieldRules) -> Sequence[str]:
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return ["The value must be a date like 1815-12-10, or a month or year of it (1815-12, 1815)."]
    year, month, day = (int(part or 1) for part in found.groups())
    try:
        date(year, month, day)
    except ValueError:
        return [f"There is no such date as {value}."]
    return []


def _check_rules(rules: FieldRules) -> Sequence[str]:
    return ["A date has no regex."] if rules.regex else []


DATE = FieldType("date", _check, _check_rules, widget="date", order=700)
