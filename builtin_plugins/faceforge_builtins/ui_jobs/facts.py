"""Any JSON, made readable: what a job was asked for, and what it returned."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .words import humanised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk.protocols import Texts

_DEEPEST = 2
"""Containers below this depth are shown as JSON; deeper tables can't be read on any screen."""

_MOST = 100
"""So many values of a list or an object are shown."""


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value as it is shown: a `text`, a `number`, `items`, or `facts`; `more` of its entries are not shown."""

    kind: Literal["text", "number", "bytes", "none", "list", "facts", "json"]
    text: str = ""
    number: float = 0
    items: tuple[Value, ...] = ()
    facts: tuple[Fact, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value; `key` is the name that it has in the data."""

    key: str
    label: str
    value: Value


def facts_of(data: Mapping[str, Any], texts: Texts, depth: int = 0) -> tuple[Fact, ...]:
    """The entries in their order; ids, which say nothing to people, are left out."""
    shown = [(key, value) for key, value in data.items() if not _is_id(key)][:_MOST]
    return tuple(Fact(key, _label(key), value_of(value, texts, depth, key)) for key, value in shown)


def value_of(value: Any, texts: Texts, depth: int = 0, key: str = "") -> Value:
    """One value; what `key` calls it decides whether a number is one of bytes."""
    if value is None or value in ("", [], {}):
        return Value("none")
    if isinstance(value, bool):
        return Value("text", texts.gettext("Yes") if value else texts.gettext("No"))
    if isinstance(value, int) and abs(value) < 10**15:
        return Value("bytes" if value >= 0 and (key == "bytes" or key.endswith("_bytes")) else "number", number=value)
    if isinstance(value, list | dict):
        return _container(value, texts, depth)
    return Value("text", value if isinstance(value, str) else json.dumps(value))


def _container(value: list[Any] | dict[str, Any], texts: Texts, depth: int) -> Value:
    more = max(0, len(value) - _MOST)
    if depth >= _DEEPEST:
        return Value("json", json.dumps(value, ensure_ascii=False, indent=2))
    if isinstance(value, list):
        return Value("list", items=tuple(value_of(item, texts, depth + 1) for item in value[:_MOST]), more=more)
    return Value("facts", facts=facts_of(value, texts, depth + 1), more=more)


def _label(key: str) -> str:
    return humanised(key) if key.strip("._- ") else key


def _is_id(key: str) -> bool:
    return key == "id" or key.endswith(("_id", "_ids"))
