"""Numbers, yes or no, and JSON of any shape, exactly as v0.1.9 judged them; a `regex` has no meaning for them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from faceforge_sdk import FieldType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import FieldRules


def _check_integer(value: Any, _rules: FieldRules) -> Sequence[str]:
    fits = isinstance(value, int) and not isinstance(value, bool)
    return [] if fits else ["The value must be a whole number."]


def _check_number(value: Any, _rules: FieldRules) -> Sequence[str]:
    fits = isinstance(value, int | float) and not isinstance(value, bool)
    return [] if fits and (isinstance(value, int) or math.isfinite(value)) else ["The value must be a number."]


def _check_boolean(value: Any, _rules: FieldRules) -> Sequence[str]:
    return [] if isinstance(value, bool) else ["The value must be true or false."]


def _check_json(_value: Any, _rules: FieldRules) -> Sequence[str]:
    return []


INTEGER = FieldType("int", _check_integer, lambda _rules: [], aliases=("integer",), widget="number", order=300)
NUMBER = FieldType("float", _check_number, lambda _rules: [], aliases=("number",), widget="number", order=400)
BOOLEAN = FieldType("bool", _check_boolean, lambda _rules: [], aliases=("boolean",), widget="switch", order=500)
JSON = FieldType("json", _check_json, lambda _rules: [], aliases=("any",), widget="json", order=1000)
