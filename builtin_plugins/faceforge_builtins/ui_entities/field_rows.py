"""Free fields as rows of a form: a key, a kind of value, and the value."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from faceforge_sdk.typed import Unreadable, plain_number

from .controls import read, text_of_value
from .forms import number_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from starlette.datastructures import FormData

    from faceforge_sdk.protocols import Texts

KINDS = ("text", "number", "yes-no", "json")
MOST_ROWS = 500
_ROW = re.compile(r"kind-(\d{1,4})")
_WIDGETS = {"text": "text", "number": "number", "yes-no": "switch", "json": "json"}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """What stands in one row, and what is wrong with it."""

    key: str = ""
    kind: str = "text"
    text: str = ""
    problem: str = ""
    offset: int | None = None

    @property
    def blank(self) -> bool:
        """Whether nothing was typed in it."""
        return not self.key and not self.text.strip()


@dataclass(frozen=True, slots=True)
class FieldForm:
    """All rows; `fresh` is the one to type in next, `kept` are fields that have controls of their own elsewhere."""

    rows: tuple[FieldRow, ...] = ()
    kept: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    fresh: int | None = None

    @classmethod
    def of(cls, fields: Mapping[str, Any], elsewhere: Collection[str] = ()) -> FieldForm:
        """The rows of stored fields; those under the keys `elsewhere` are only kept."""
        rows = [_row(key, value) for key, value in fields.items() if key not in elsewhere]
        kept = {key: value for key, value in fields.items() if key in elsewhere}
        return cls(tuple(rows), kept)

    @classmethod
    def posted(cls, texts: Texts, form: FormData, kept: Mapping[str, Any]) -> FieldForm:
        """What was typed, each row with what is wrong with it; blank rows are left out, and the one to remove."""
        removed = number_of(form, "remove")
        numbers = sorted({int(found[1]) for name in form if (found := _ROW.fullmatch(name))} - {removed})[:MOST_ROWS]
        rows = [row for number in numbers if not (row := _posted_row(form, number)).blank]
        return cls(tuple(_checked(texts, rows, kept)), kept)

    def with_another(self) -> FieldForm:
        """One more row at the end; what is wrong is told once all is typed."""
        rows = (replace(row, problem="") for row in self.rows)
        return replace(self, rows=(*rows, FieldRow()), fresh=len(self.rows))

    def refused(self, problem: str) -> FieldForm:
        """The same rows, with what is wrong with the whole."""
        return replace(self, problem=problem)

    @property
    def sound(self) -> bool:
        """Whether all of it can be stored."""
        return not self.problem and not any(row.problem for row in self.rows)

    def fields(self) -> dict[str, Any]:
        """The fields of a form that is `sound`, those from elsewhere first."""
        return {**self.kept, **{row.key: _value(row) for row in self.rows}}


def _row(key: str, value: Any) -> FieldRow:
    if isinstance(value, bool):
        return FieldRow(key, "yes-no", text_of_value("switch", value))
    if isinstance(value, str):
        return FieldRow(key, "text", value)
    if isinstance(value, int | float):
        return FieldRow(key, "number", text_of_value("number", value))
    return FieldRow(key, "json", "null" if value is None else text_of_value("json", value))


def _posted_row(form: FormData, number: int) -> FieldRow:
    texts = {name: form.get(f"{name}-{number}") for name in ("key", "kind", "value")}
    key, kind, value = (text if isinstance(text, str) else "" for text in texts.values())
    return FieldRow(key.strip(), kind if kind in KINDS else "text", value.replace("\r\n", "\n"))


def _checked(texts: Texts, rows: list[FieldRow], kept: Mapping[str, Any]) -> list[FieldRow]:
    _ = texts.gettext
    seen, checked = set(kept), []
    for row in rows:
        problem, offset = "", None
        if not row.key:
            problem = _("Write a name for this field.")
        elif row.key in seen:
            problem = _("There is a field of this name already.")
        else:
            row, problem, offset = _read(texts, row)  # noqa: PLW2901  (what was typed as yes or no becomes that)
        seen.add(row.key)
        checked.append(replace(row, problem=problem, offset=offset))
    return checked


def _read(texts: Texts, row: FieldRow) -> tuple[FieldRow, str, int | None]:
    _ = texts.gettext
    if row.kind == "yes-no":
        word = row.text.strip().casefold()
        yes, no = {_("Yes").casefold(), "yes", "true"}, {_("No").casefold(), "no", "false"}
        if word not in yes | no:
            return row, _("Write yes or no."), None
        return replace(row, text="true" if word in yes else "false"), "", None
    if row.kind == "text" or row.text.strip():
        try:
            read(_WIDGETS[row.kind], row.text, texts)
        except Unreadable as unreadable:
            return row, str(unreadable), unreadable.offset
        return row, "", None
    return row, _("Write a value."), None


def _value(row: FieldRow) -> Any:
    if row.kind == "text":
        return row.text
    if row.kind == "number":
        return plain_number(row.text)
    return json.loads(row.text)
