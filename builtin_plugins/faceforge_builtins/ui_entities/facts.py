"""An entity's free-form fields, made readable."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEEPEST = 2
"""Containers below this depth are shown as JSON; deeper tables can't be read on any screen."""


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value as it is shown: a `text`, or `items`, or `facts`."""

    kind: Literal["text", "none", "list", "facts", "json"]
    text: str = ""
    items: tuple[Value, ...] = ()
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value; `key` is the field's own name."""

    key: str
    label: str
    value: Value


def facts_of(fields: Mapping[str, Any], depth: int = 0) -> tuple[Fact, ...]:
    """The fields in their stored order."""
    return tuple(Fact(key, _label(key), _value(value, depth)) for key, value in fields.items())


def _label(key: str) -> str:
    words = key.replace("_", " ").strip() or key
    return words[:1].upper() + words[1:]


def _value(value: Any, depth: int) -> Value:
    if value is None or value in ("", [], {}):
        return Value("none")
    if isinstance(value, list | dict):
        return _container(value, depth)
    if isinstance(value, bool):
        return Value("text", "Yes" if value else "No")
    return Value("text", value if isinstance(value, str) else json.dumps(value))


def _container(value: list[Any] | dict[str, Any], depth: int) -> Value:
    if depth >= _DEEPEST:
        return Value("json", json.dumps(value, ensure_ascii=False, indent=2))
    if isinstance(value, list):
        return Value("list", items=tuple(_value(item, depth + 1) for item in value))
    return Value("facts", facts=facts_of(value, depth + 1))
