"""Numbers, yes or no, and JSON of any shape, as v0.1.9 judged them; a `regex` has no meaning for them.

A number's definition may bound it: ``{"min": 0, "max": 120}``, either or both.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from faceforge_sdk import FieldType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import FieldRules


def _check_integer(value: Any, rules: FieldRules) -> Sequence[str]:
    fits = isinstance(value, int) and not isinstance(value, bool)
    return _check_bounds(value, rules) if fits else ["The value must be a whole number."]


def _check_number(value: Any, rules: FieldRules) -> Sequence[str]:
    return _check_bounds(value, rules) if _is_number(value) else ["The value must be a number."]


def _check_bounds(value: float, rules: FieldRules) -> Sequence[str]:
    least, most = _bound(rules, "min"), _bound(rules, "max")
    if least is not None and value < least:
        return [f"The value must be at least {least}."]
    return [f"The value must be at most {most}."] if most is not None and value > most else []


def _check_number_rules(rules: FieldRules) -> Sequence[str]:
    if any(rules.options.get(name) is not None and _bound(rules, name) is None for name in ("min", "max")):
        return ["The options min and max are numbers."]
    least, most = _bound(rules, "min"), _bound(rules, "max")
    return ["The option min is more than max."] if least is not None and most is not None and least > most else []


def _bound(rules: FieldRules, name: str) -> int | float | None:
    """A bound of the definition; None for what is no number, since v0.1.9 took anything for an option."""
    bound: int | float | None = rules.options.get(name)
    return bound if _is_number(bound) else None


def _is_number(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))


def _check_boolean(value: Any, _rules: FieldRules) -> Sequence[str]:
    return [] if isinstance(value, bool) else ["The value must be true or false."]


def _check_json(_value: Any, _rules: FieldRules) -> Sequence[str]:
    return []


INTEGER = FieldType("int", _check_integer, _check_number_rules, aliases=("integer",), widget="number", order=300)
NUMBER = FieldType("float", _check_number, _check_number_rules, aliases=("number",), widget="number", order=400)
BOOLEAN = FieldType("bool", _check_boolean, lambda _rules: [], aliases=("boolean",), widget="switch", order=500)
JSON = FieldType("json", _check_json, lambda _rules: [], aliases=("any",), widget="json", order=1000)
