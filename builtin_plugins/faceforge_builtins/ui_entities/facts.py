"""Values of any shape, made readable."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEEPEST = 2
"""Containers below this depth are shown as JSON; deeper tables can't be read on any screen."""

_OPENED_BY_BROWSERS = frozenset({"http", "https", "mailto"})


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value as it is shown: a `text`, `items`, or `facts`; `link` is where its text leads."""

    kind: Literal["text", "yes", "no", "none", "list", "facts", "json", "entity"]
    text: str = ""
    items: tuple[Value, ...] = ()
    facts: tuple[Fact, ...] = ()
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value; `key` is the field's own name."""

    key: str
    label: str
    value: Value


def facts_of(fields: Mapping[str, Any], depth: int = 0) -> tuple[Fact, ...]:
    """The fields in their stored order."""
    return tuple(Fact(key, words_of(key), value_of(value, depth)) for key, value in fields.items())


def words_of(key: str) -> str:
    """A key as a label: ``hair_color`` becomes ``Hair color``."""
    words = key.replace("_", " ").strip() or key
    return words[:1].upper() + words[1:]


def value_of(value: Any, depth: int = 0) -> Value:
    """A value of no known type."""
    if value is None or value in ("", [], {}):
        return Value("none")
    if isinstance(value, list | dict):
        return _container(value, depth)
    if isinstance(value, bool):
        return Value("yes" if value else "no")
    return Value("text", value if isinstance(value, str) else json.dumps(value))


def address_value(value: Any) -> Value:
    """A web or mail address as a link; whatever else a browser would open, or run, stays text."""
    shown = value_of(value)
    if shown.kind != "text":
        return shown
    try:
        scheme = urlsplit(shown.text).scheme
    except ValueError:
        return shown
    return Value("text", shown.text, link=shown.text) if scheme in _OPENED_BY_BROWSERS else shown


def _container(value: list[Any] | dict[str, Any], depth: int) -> Value:
    if depth >= _DEEPEST:
        return Value("json", json.dumps(value, ensure_ascii=False, indent=2))
    if isinstance(value, list):
        return Value("list", items=tuple(value_of(item, depth + 1) for item in value))
    return Value("facts", facts=facts_of(value, depth + 1))
