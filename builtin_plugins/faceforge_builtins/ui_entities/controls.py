"""The form of a value: its controls by the definition's widget, and what was typed read back as JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from faceforge_sdk.typed import Unreadable, plain_number, read_json, read_number, read_text

from .definitions import sent
from .forms import number_of
from .picking import NOBODY, Picked, find, pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.datastructures import FormData

    from faceforge_sdk import PluginContext
    from faceforge_sdk.protocols import Texts

    from .definitions import Defined

MOST_ITEMS = 500
_ITEM = re.compile(r"value-(\d{1,4})")
_LINES = frozenset({"multiline", "json"})


@dataclass(frozen=True, slots=True)
class Item:
    """One control: the text in it, what is wrong and where; for an entity also who was `picked`."""

    text: str = ""
    problem: str = ""
    offset: int | None = None
    picked: Picked = NOBODY


@dataclass(frozen=True, slots=True)
class ValueForm:
    """The controls of one value: one, or one for each item of a list. `fresh` is the item that was just added."""

    defined: Defined
    items: tuple[Item, ...] = (Item(),)
    problems: tuple[str, ...] = ()
    fresh: int | None = None

    @classmethod
    def of(cls, ctx: PluginContext, defined: Defined, value: Any) -> ValueForm:
        """The form of what is stored; of a list it has one control more than items."""
        if defined.definition.multiple:
            values = value if isinstance(value, list) else [] if value is None else [value]
            return cls(defined, (*(_item(ctx, defined, one) for one in values), Item()))
        return cls(defined, (_item(ctx, defined, value),))

    @classmethod
    def posted(cls, ctx: PluginContext, texts: Texts, defined: Defined, form: FormData) -> ValueForm:
        """What was typed, each item with what is wrong with it; without the one to remove."""
        removed = number_of(form, "remove")
        numbers = sorted({int(found[1]) for name in form if (found := _ITEM.fullmatch(name))} - {removed})[:MOST_ITEMS]
        items = [_posted_item(ctx, texts, defined, form, number) for number in numbers]
        if defined.definition.multiple:
            items = [item for item in items if item.text.strip() or item.picked.chosen]
        return cls(defined, tuple(items or [Item()]))

    def with_another(self) -> ValueForm:
        """One more control at the end; what is wrong is told once all is typed."""
        items = tuple(replace(item, problem="") for item in self.items if item.text or item.picked.chosen)
        return replace(self, items=(*items, Item()), fresh=len(items))

    def refused(self, problems: Sequence[str]) -> ValueForm:
        """The same texts, with what is wrong with the whole."""
        return replace(self, problems=tuple(problems))

    @property
    def sound(self) -> bool:
        """Whether all of it can be read."""
        return not self.problems and not any(item.problem for item in self.items)

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        return all(not item.text.strip() and not item.picked.chosen for item in self.items)

    def value(self) -> Any:
        """The JSON value of a form that is `sound` and not `empty`."""
        values = [_value(self.defined.widget, item) for item in self.items]
        return values if self.defined.definition.multiple else values[0]


def _item(ctx: PluginContext, defined: Defined, value: Any) -> Item:
    if defined.widget == "entity" and isinstance(value, str):
        entity = find(ctx, value)
        return Item(entity.display_name if entity else value, picked=Picked(entity=entity))
    return Item(text_of_value(defined.widget, value))


def text_of_value(widget: str, value: Any) -> str:
    """A value as its control holds it."""
    if value is None:
        return ""
    if widget == "json":
        return json.dumps(value, ensure_ascii=False, indent=2)
    if widget != "choice" and isinstance(value, str):
        return value
    return sent(value)


def _posted_item(ctx: PluginContext, texts: Texts, defined: Defined, form: FormData, number: int) -> Item:
    text = _last_text(form, f"value-{number}")
    if defined.widget not in _LINES:
        text = text.strip()
    if defined.widget == "entity":
        chosen = _last_text(form, f"value-{number}-id")
        picked = pick(ctx, texts, text, chosen) if text or chosen else NOBODY
        return Item(picked.text, picked.problem, picked=picked)
    if not text.strip():
        return Item()
    try:
        read(defined.widget, text, texts)
    except Unreadable as unreadable:
        return Item(text, str(unreadable), unreadable.offset)
    return Item(text)


def _last_text(form: FormData, name: str) -> str:
    """A switch sends two values, of which the last counts; line ends come as CRLF."""
    texts = [value for value in form.getlist(name) if isinstance(value, str)]
    return texts[-1].replace("\r\n", "\n") if texts else ""


def read(widget: str, text: str, texts: Texts) -> Any:
    """The value that a text stands for. Raises `Unreadable`."""
    if widget == "number":
        return read_number(read_text(text, texts), texts)
    if widget in {"switch", "choice", "json"}:
        return read_json(text, texts)
    return read_text(text, texts)


def _value(widget: str, item: Item) -> Any:
    if widget == "entity":
        return item.picked.chosen
    if widget == "number":
        return plain_number(item.text)
    return json.loads(item.text) if widget in {"switch", "choice", "json"} else item.text
