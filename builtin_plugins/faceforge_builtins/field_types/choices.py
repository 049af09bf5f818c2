"""Values from a list that the definition gives, as ``{"options": ["a", "b"]}``; a `regex` has no meaning for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from faceforge_sdk import FieldType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import FieldRules

_MOST_SHOWN = 20


def _check(value: Any, rules: FieldRules) -> Sequence[str]:
    choices = _choices(rules)
    if any(_same(value, choice) for choice in choices):
        return []
    shown = ", ".join(json.dumps(choice, ensure_ascii=False) for choice in choices[:_MOST_SHOWN])
    more = "" if len(choices) <= _MOST_SHOWN else f" or {len(choices) - _MOST_SHOWN} others"
    return [
        f"The value must be one of {shown}{more}." if choices else "The definition gives no options to choose from."
    ]


def _check_rules(rules: FieldRules) -> Sequence[str]:
    choices = rules.options.get("options")
    if not isinstance(choices, list) or not choices:
        return ['The options to choose from are missing: {"options": {"options": ["a", "b"]}}.']
    if not all(isinstance(choice, str | int | float) for choice in choices):
        return ["Options are texts, numbers, true or false."]
    return []


def _choices(rules: FieldRules) -> list[Any]:
    choices = rules.options.get("options")
    return choices if isinstance(choices, list) else []


def _same(value: Any, choice: Any) -> bool:
    """Equality as JSON has it: to Python ``true`` is 1."""
    return isinstance(value, bool) is isinstance(choice, bool) and bool(value == choice)


ENUM = FieldType("enum", _check, _check_rules, aliases=("option", "options"), widget="choice", order=600)
