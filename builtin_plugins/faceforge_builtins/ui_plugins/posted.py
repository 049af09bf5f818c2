"""A form that was sent, read back as a configuration: what nobody touched keeps its value, its type, its absence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from faceforge_sdk.typed import Unreadable, read_json, read_number, read_text

from .fields import MOST_ROWS, Field, held_rows, is_stripped, option_text, shown
from .parts import ABSENT

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from starlette.datastructures import FormData

    from faceforge_sdk.protocols import Texts

    from .fields import Place
    from .parts import Part

_MARKS = ("/", "rows:", "key:", "clear:")


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads one form over what is stored.

    `add` and `remove` name the list that is to get a row and the row that is to go: buttons that send the form, too.
    """

    form: FormData
    secrets: Collection[str]
    texts: Texts

    @property
    def add(self) -> str:
        return self._last("add") or ""

    @property
    def remove(self) -> str:
        return self._last("remove") or ""

    def field(self, part: Part, stored: Any, place: Place) -> Field:
        """The control with what was typed."""
        before = shown(part, stored, place, self.secrets)
        if part.kind != "json":
            before = replace(before, as_json=place.name in self._as_json())
        match before.kind:
            case "group":
                return self._group(before, stored, place)
            case "list" | "map":
                return self._list(before, stored, place)
            case "secret":
                return self._secret(before, place)
            case "fixed":
                return before
        return self._leaf(before)

    def unknown(self, root: Field) -> Sequence[str]:
        """Fields that were sent and are none of the form's."""
        known = set()
        for one in root.all():
            known |= {one.name, f"rows:{one.name}", f"key:{one.name}", f"clear:{one.name}"}
        return [name for name in dict.fromkeys(self.form) if name.startswith(_MARKS) and name not in known]

    def _as_json(self) -> Collection[str]:
        return [value for value in self.form.getlist("as-json") if isinstance(value, str)]

    def _last(self, name: str) -> str | None:
        """A switch sends two values, of which the last counts; line ends come as CRLF."""
        sent = [value for value in self.form.getlist(name) if isinstance(value, str)]
        return sent[-1].replace("\r\n", "\n") if sent else None

    # --- Single values

    def _leaf(self, before: Field) -> Field:
        text = self._last(before.name)
        if before.kind == "text" and text is not None and is_stripped(before.part):
            text = text.strip()
        if text is None:
            return before
        if text == before.text:
            explicit = before.kind == "switch" and before.part.required and before.value is ABSENT
            return replace(before, value=text == "true") if explicit else before
        if not text.strip() and (before.kind != "text" or not text):
            return replace(before, text=text, value=_emptied(before.part))
        try:
            return replace(before, text=text, value=self._value(before, text))
        except Unreadable as unreadable:
            return replace(before, text=text, value=ABSENT, problem=str(unreadable), offset=unreadable.offset)

    def _value(self, before: Field, text: str) -> Any:
        match before.kind:
            case "text":
                return read_text(text, self.texts)
            case "number":
                return self._number(before.part, text)
            case "choice":
                offered = {option_text(option.value): option.value for option in before.part.options}
                if text in offered:
                    return offered[text]
                raise Unreadable(self.texts.gettext("This is not one of the choices."))
            case "switch":
                return text == "true"
        return read_json(text, self.texts)

    def _number(self, part: Part, text: str) -> int | float:
        number = read_number(text, self.texts)
        if not part.whole or isinstance(number, int):
            return number
        if number.is_integer():
            return int(number)
        raise Unreadable(self.texts.gettext("Write a whole number, like 36."))

    def _secret(self, before: Field, place: Place) -> Field:
        text = self._last(before.name) or ""
        if text:
            return self._typed_secret(before, text)
        if before.is_set and self._last(f"clear:{before.name}"):
            return replace(before, value="", clear=True)
        if before.is_set and place.moved:
            problem = self.texts.gettext("Type it again: which entry it belonged to can't be told any more.")
            return replace(before, problem=problem)
        return before

    def _typed_secret(self, before: Field, text: str) -> Field:
        try:
            plain = before.part.schema.get("type") == "string"
            value = read_text(text, self.texts) if plain else read_json(text, self.texts)
        except Unreadable as unreadable:
            return replace(before, value=ABSENT, problem=str(unreadable))
        return replace(before, value=value)

    # --- Groups

    def _group(self, before: Field, stored: Any, place: Place) -> Field:
        held = stored if isinstance(stored, dict) else {}
        fields = [
            self.field(child, held.get(child.key, ABSENT), place.child(child.key, number))
            for number, child in enumerate(before.part.children)
        ]
        group = replace(before, fields=tuple(fields))
        if isinstance(stored, dict) or any(_is_typed(one) or one.has_problem for one in fields):
            return self._filled(group, held)
        return group  # whether it is needed, the group around it knows

    def _filled(self, group: Field, held: dict[str, Any]) -> Field:
        """The group as one that is there: what it has to have is asked for."""
        fields = [self._required(one) for one in group.fields]
        return replace(group, fields=tuple(fields), value=_together(held, fields))

    def _required(self, one: Field) -> Field:
        if not one.part.required or one.value is not ABSENT or one.has_problem or one.is_set:
            return one
        if one.part.default is not ABSENT:
            return replace(one, value=one.part.default)
        if one.kind == "group":
            return self._filled(one, {})
        return replace(one, problem=self.texts.gettext("Please fill this in."))

    # --- Lists and maps

    def _list(self, before: Field, stored: Any, place: Place) -> Field:
        sent = [value for value in self.form.getlist(f"rows:{before.name}") if isinstance(value, str)]
        if not sent:
            return before
        numbers = [int(text) for text in sent if text.isascii() and text.isdigit() and len(text) < 6]
        numbers = [one for one in dict.fromkeys(numbers) if f"{before.name}/{one}" != self.remove][:MOST_ROWS]
        held = held_rows(before.part, stored)
        rows = self._rows(before, held, numbers, place)
        if before.part.kind == "map":
            rows = self._named(rows)
        value = _gathered(before, stored, rows)
        if self.add == before.name:
            number = max([*numbers, len(held) - 1], default=-1) + 1
            numbers.append(number)
            rows.append(self._fresh(before, number, place))
        return replace(before, fields=tuple(rows), rows=tuple(numbers), value=value)

    def _rows(
        self, before: Field, held: Sequence[tuple[str | int, Any]], numbers: Sequence[int], place: Place
    ) -> list[Field]:
        rows: list[Field] = []
        for number in numbers:
            key, value = held[number] if number < len(held) else (number, ABSENT)
            index = sum(row.value is not ABSENT for row in rows)
            row = self.field(_item(before), value, place.row(number, key, index))
            rows.append(replace(row, row_key=(self._last(f"key:{row.name}") or "").strip()))
        return rows

    def _fresh(self, before: Field, number: int, place: Place) -> Field:
        return replace(shown(_item(before), ABSENT, place.row(number, number), ()), fresh=True)

    def _named(self, rows: Sequence[Field]) -> list[Field]:
        """The entries of a map, each with what is wrong with its name or for lack of a value."""
        _ = self.texts.gettext
        named: list[Field] = []
        taken: set[str] = set()
        for row in rows:
            problem, missing = "", ""
            if not row.row_key and (row.value is not ABSENT or row.problem):
                problem = _("Write a name.")
            elif row.row_key in taken:
                problem = _("This name is there twice.")
            elif row.row_key and row.value is ABSENT:
                missing = row.problem or _("Please fill this in.")
            taken |= {row.row_key} if row.row_key else set()
            named.append(replace(row, key_problem=problem, problem=missing or row.problem))
        return named


def _is_typed(one: Field) -> bool:
    """Whether somebody put something in: a group that nobody touched is not there because of what it would hold."""
    match one.kind:
        case "fixed":
            return False
        case "group":
            return any(map(_is_typed, one.fields))
        case "list" | "map":
            return any(row.value is not ABSENT for row in one.fields)
        case "switch":
            return one.value not in (ABSENT, one.part.default is True)
    return one.value is not ABSENT


def _item(before: Field) -> Part:
    item = before.part.item
    assert item is not None  # noqa: S101  # a list or map has one
    return item


def _emptied(part: Part) -> Any:
    """What an empty field means: null where leaving the value out would mean something else, else leaving it out."""
    says_null = part.nullable and (part.required or part.default not in (ABSENT, None))
    return None if says_null else ABSENT


def _together(held: dict[str, Any], fields: Sequence[Field]) -> dict[str, Any]:
    """An object in its stored order, with what the form does not know as it was."""
    known = {one.part.key: one.value for one in fields}
    merged = {**held, **known}
    return {key: value for key, value in merged.items() if value is not ABSENT}


def _gathered(before: Field, stored: Any, rows: Sequence[Field]) -> Any:
    present = [row for row in rows if row.value is not ABSENT]
    value: Any = [row.value for row in present]
    if before.part.kind == "map":
        value = {row.row_key: row.value for row in present}
    was = before.part.default if stored is ABSENT else stored
    if option_text(value) == option_text(None if was is ABSENT else was):
        return was if before.part.required else stored
    if value:
        return value
    if stored is ABSENT or stored is None:
        nothing_before = not held_rows(before.part, stored)
        return (value if before.part.required and stored is ABSENT else stored) if nothing_before else value
    return _emptied(before.part) if before.part.nullable else value
