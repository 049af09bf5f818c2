"""The controls of a form: what each holds before anybody touches it, and the value it stands for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .parts import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from .parts import Part

MOST_ROWS = 500
"""Longer lists are JSON."""

_STRIPPED = frozenset({"uri", "url", "email", "date", "date-time", "time", "hostname", "ipv4", "ipv6", "uuid"})
"""Formats of which nobody means the spaces around them; they come along when texts are pasted."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LONG_TEXT = 200
_FEW_OPTIONS = 4

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One control, or a group or list of them.

    `name` is what the form calls it: the JSON pointer of its value, a row by its number. `value` is what it stands for
    now, ABSENT if that is left out of the configuration. `as_json` says that JSON takes the place of the control, which
    could not say the value. Of a list or map `fields` are the rows, numbered by `rows`.
    """

    part: Part
    name: str = ""
    id: str = "f"
    value: Any = ABSENT
    text: str = ""
    as_json: bool = False
    fields: tuple[Field, ...] = ()
    rows: tuple[int, ...] = ()
    row_key: str = ""
    is_set: bool = False
    clear: bool = False
    fresh: bool = False
    problem: str = ""
    key_problem: str = ""
    offset: int | None = None

    @property
    def kind(self) -> str:
        """The kind of its part, or ``json``."""
        return "json" if self.as_json else self.part.kind

    @property
    def widget(self) -> str:
        """What is drawn: ``line``, ``lines``, ``date``, ``number``, ``radio``, or the kind."""
        if self.kind == "text":
            if self.part.format == "date" and (not self.text or _DAY.fullmatch(self.text)):
                return "date"
            long = self.part.schema.get("maxLength", 0) > _LONG_TEXT or self.part.format in {"textarea", "multiline"}
            return "lines" if long or "\n" in self.text else "line"
        if self.kind == "choice" and self.part.required and len(self.part.options) <= _FEW_OPTIONS:
            return "radio"
        return self.kind

    @property
    def present(self) -> Sequence[Field]:
        """Of a list or map, the rows that stand for something."""
        return [row for row in self.fields if row.value is not ABSENT]

    @property
    def has_problem(self) -> bool:
        """Whether anything is wrong in it."""
        return any(one.problem or one.key_problem for one in self.all())

    def all(self) -> Iterator[Field]:
        """This one and all in it."""
        yield self
        for one in self.fields:
            yield from one.all()

    def at(self, path: Sequence[str | int]) -> tuple[Field, Sequence[str | int]]:
        """The control that is nearest to a place in the configuration, and what of the way is left."""
        if not path or self.as_json:
            return self, path
        step = path[0]
        for one in self.fields if self.kind == "group" else ():
            if one.part.key == step:
                return one.at(path[1:])
        if self.kind == "list" and isinstance(step, int) and step < len(self.present):
            return self.present[step].at(path[1:])
        for one in self.present if self.kind == "map" else ():
            if one.row_key == step:
                return one.at(path[1:])
        return self, path


@dataclass(frozen=True, slots=True)
class Place:
    """Where a control stands: in the form, on the page, and in the stored configuration.

    `moved` says that entries before it went, so that it will be stored under another path than it was.
    """

    name: str = ""
    id: str = "f"
    path: Path = ()
    moved: bool = False

    def child(self, key: str, number: int) -> Place:
        """A property of a group."""
        pointer = f"{self.name}/{key.replace('~', '~0').replace('/', '~1')}"
        return replace(self, name=pointer, id=f"{self.id}-{number}", path=(*self.path, key))

    def row(self, number: int, key: str | int, index: int | None = None) -> Place:
        """An entry of a list or map; `index` is where it will stand."""
        moved = self.moved or index not in (None, number)
        return Place(f"{self.name}/{number}", f"{self.id}-{number}", (*self.path, key), moved)


def shown(part: Part, value: Any, place: Place, secrets: Collection[str]) -> Field:
    """The control of what is stored; `secrets` are the dotted names of those that are set."""
    as_json = part.kind != "json" and not _can_say(part, value)
    if as_json or part.kind == "json":
        return Field(part, place.name, place.id, value, json_text(value), as_json=as_json)
    if part.kind == "secret":
        is_set = ".".join(str(step) for step in place.path) in secrets
        return Field(part, place.name, place.id, value, is_set=is_set)
    if part.kind == "group":
        return _group(part, value, place, secrets)
    if part.kind in {"list", "map"}:
        return _rows(part, value, place, secrets)
    if part.kind == "fixed" and value is ABSENT:
        value = part.options[0].value
    return Field(part, place.name, place.id, value, _text(part, value))


def _group(part: Part, value: Any, place: Place, secrets: Collection[str]) -> Field:
    held = value if isinstance(value, dict) else {}
    fields = tuple(
        shown(child, held.get(child.key, ABSENT), place.child(child.key, number), secrets)
        for number, child in enumerate(part.children)
    )
    return Field(part, place.name, place.id, value, fields=fields)


def _rows(part: Part, value: Any, place: Place, secrets: Collection[str]) -> Field:
    assert part.item is not None  # noqa: S101  # a list or map has one
    held = held_rows(part, value)
    fields = []
    for number, (key, item) in enumerate(held):
        row = shown(part.item, item, place.row(number, key), secrets)
        fields.append(keyed(row, key))
    return Field(part, place.name, place.id, value, fields=tuple(fields), rows=tuple(range(len(held))))


def held_rows(part: Part, value: Any) -> Sequence[tuple[str | int, Any]]:
    """What a list or map holds, or would hold by default, by index or key."""
    start = part.default if value is ABSENT else value
    if isinstance(start, dict):
        return list(start.items())
    return list(enumerate(start)) if isinstance(start, list) else []


def keyed(row: Field, key: str | int) -> Field:
    """The row under its key, if it has one."""
    return replace(row, row_key=key) if isinstance(key, str) else row


def json_text(value: Any) -> str:
    """A value as its field of JSON holds it."""
    return "" if value is ABSENT else json.dumps(value, ensure_ascii=False, indent=2)


def option_text(value: Any) -> str:
    """A value as the option of a choice carries it."""
    return json.dumps(value, ensure_ascii=False)


def _text(part: Part, value: Any) -> str:
    if part.kind == "switch":
        on = part.default if value is ABSENT else value
        return "true" if on is True else "false"
    if value is ABSENT:
        return ""
    if part.kind in {"choice", "fixed"}:
        return option_text(value)
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def is_stripped(part: Part) -> bool:
    """Whether spaces around a text are not meant."""
    return part.format in _STRIPPED


def _can_say(part: Part, value: Any) -> bool:
    """Whether the control of this part shows the value and sends it back as it is."""
    if value is ABSENT or part.kind in {"secret", "choice"}:
        return True
    if value is None and part.nullable:
        return part.kind not in {"switch", "fixed"}
    return _SAYS[part.kind](part, value)


def _says_text(part: Part, value: Any) -> bool:
    return isinstance(value, str) and "\r" not in value and (value == value.strip() or not is_stripped(part))


def _says_map(_part: Part, value: Any) -> bool:
    return isinstance(value, dict) and len(value) <= MOST_ROWS and all(map(_is_typable, value))


_SAYS: Mapping[str, Callable[[Part, Any], bool]] = {
    "text": _says_text,
    "number": lambda _part, value: isinstance(value, int | float) and not isinstance(value, bool),
    "switch": lambda _part, value: isinstance(value, bool),
    "fixed": lambda part, value: option_text(value) == option_text(part.options[0].value),
    "group": lambda _part, value: isinstance(value, dict),
    "list": lambda _part, value: isinstance(value, list) and len(value) <= MOST_ROWS,
    "map": _says_map,
}


def _is_typable(key: str) -> bool:
    return bool(key) and key == key.strip() and key.isprintable()
