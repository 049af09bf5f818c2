"""The form of a field: what was typed, what is wrong with it, and the definition that it makes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from faceforge_sdk.forms import text_of

from .field_list import FACTS, OWN_FIELDS
from .field_types import WITH_PATTERN
from .field_values import Unreadable, default_of, json_object, number_of, text_of_default

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.datastructures import FormData

    from faceforge_sdk.errors import InvalidInput
    from faceforge_sdk.models import FieldDef, Misfits
    from faceforge_sdk.protocols import Texts

    from .field_types import KnownType

MOST_CHOICES = 500
_CHOICE = re.compile(r"choice-(\d{1,4})")
_NO_WORDS = re.compile(r"[\W_]+")
_PLACES = {"field_type": "type", "regex": "pattern", "field_key": "key"}
"""What the catalog calls a part of a definition, where the form calls it otherwise."""


@dataclass(frozen=True, slots=True)
class FieldForm:
    """The texts of the form; `problems` has a sentence per part (``""``: the whole).

    `definition` is the one that is edited, `misfits` what would not fit it once it is saved. `fresh` is the choice that
    was just added.
    """

    scope: str = FACTS
    label: str = ""
    key: str = ""
    help: str = ""
    type: str = "string"
    required: bool = False
    multiple: bool = False
    enforced: bool = False
    choices: tuple[str, ...] = ("", "")
    least: str = ""
    most: str = ""
    pattern: str = ""
    sample: str = ""
    default: str = ""
    more: str = ""
    fresh: int | None = None
    definition: FieldDef | None = None
    misfits: Misfits | None = None
    problems: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, definition: FieldDef, known: KnownType | None, texts: Texts) -> FieldForm:
        """The form of what is stored."""
        options, widget = dict(definition.options), known.widget if known else "json"
        choices = options.pop("options", None) if widget == "choice" else None
        bounds = [options.pop(name, None) if widget == "number" else None for name in ("min", "max")]
        return cls(
            scope=definition.scope,
            label=definition.label or "",
            key=definition.field_key,
            help=definition.help or "",
            type=known.name if known else definition.field_type,
            required=definition.required,
            multiple=definition.multiple,
            enforced=definition.enforced,
            choices=tuple(_said(one) for one in choices) if isinstance(choices, list) else ("", ""),
            least="" if bounds[0] is None else _said(bounds[0]),
            most="" if bounds[1] is None else _said(bounds[1]),
            pattern=definition.regex or "",
            default=text_of_default(definition, widget, texts),
            more=json.dumps(options, ensure_ascii=False, indent=2) if options else "",
            definition=definition,
        )

    @classmethod
    def posted(cls, form: FormData, definition: FieldDef | None = None) -> FieldForm:
        """What was typed, without the choice to remove. A field stays in its scope."""
        numbers = sorted({int(found[1]) for name in form if (found := _CHOICE.fullmatch(name))})[:MOST_CHOICES]
        kept = [number for number in numbers if str(number) != text_of(form, "remove")]
        return cls(
            scope=definition.scope if definition else text_of(form, "scope", FACTS).strip() or FACTS,
            label=text_of(form, "label").strip(),
            key=text_of(form, "key").strip() or _key_of(text_of(form, "label")),
            help=text_of(form, "help").strip().replace("\r\n", "\n"),
            type=text_of(form, "type", "string"),
            required=text_of(form, "required") == "1",
            multiple=text_of(form, "multiple") == "1",
            enforced=text_of(form, "enforced") == "1",
            choices=tuple(text_of(form, f"choice-{number}").strip() for number in kept),
            least=text_of(form, "least").strip(),
            most=text_of(form, "most").strip(),
            pattern=text_of(form, "pattern"),
            sample=text_of(form, "sample"),
            default=text_of(form, "default").replace("\r\n", "\n"),
            more=text_of(form, "more").replace("\r\n", "\n").strip(),
            definition=definition,
        )

    @property
    def own(self) -> bool:
        """Whether it is about entities' own fields."""
        return self.scope == OWN_FIELDS

    def with_another_choice(self) -> FieldForm:
        """One more place for a word, at the end."""
        return replace(self, choices=(*self.choices, ""), fresh=len(self.choices))

    def facts(self, known: KnownType | None, texts: Texts) -> tuple[dict[str, Any], FieldForm]:
        """What the definition is to be; and the form again, with a problem wherever something can't be read."""
        problems: dict[str, str] = {}
        widget = known.widget if known else "json"
        options = self._options(widget, problems, texts)
        facts: dict[str, Any] = {
            "field_key": self.key,
            "field_type": self._type_as_stored(known),
            "required": self.required,
            "multiple": self.multiple,
            "enforced": self.enforced and self.own,
            "label": self.label or None,
            "help": self.help or None,
            "options": options,
            "regex": (self.pattern or None) if widget in WITH_PATTERN or known is None else None,
            "default": None,
        }
        if not self.key:
            problems["label"] = texts.gettext("Write a name.")
        try:
            facts["default"] = default_of(self.default, widget, options, multiple=self.multiple, texts=texts)
        except Unreadable as unreadable:
            problems["default"] = str(unreadable)
        return facts, replace(self, problems=problems)

    def refused(self, refusal: InvalidInput) -> FieldForm:
        """With what the catalog found wrong, at the parts of the form."""
        problems: dict[str, str] = {}
        for detail in refusal.details if isinstance(refusal.details, list) else []:
            name, sentence = _found(detail)
            if name == "options":
                name = {"choice": "choices", "number": "bounds"}.get(self._widget_of_options(), "more")
            problems.setdefault(name, sentence)
        return replace(self, problems=problems or {"": str(refusal)})

    def with_problem(self, name: str, sentence: str) -> FieldForm:
        """The same texts with a problem at one of them."""
        return replace(self, problems={**self.problems, name: sentence})

    def with_misfits(self, misfits: Misfits) -> FieldForm:
        """The same texts, and the stored values that would not fit."""
        return replace(self, misfits=misfits)

    def _type_as_stored(self, known: KnownType | None) -> str:
        """The spelling that the definition has, where the type stays."""
        stored = self.definition.field_type if self.definition else ""
        return stored if known and stored.strip().casefold() in known.names else self.type

    def _widget_of_options(self) -> str:
        return "choice" if any(self.choices) else "number" if self.least or self.most else ""

    def _options(self, widget: str, problems: dict[str, str], texts: Texts) -> dict[str, Any]:
        options: dict[str, Any] = {}
        try:
            options = json_object(self.more, texts)
        except Unreadable as unreadable:
            problems["more"] = str(unreadable)
        if widget == "choice":
            options["options"] = self._choices()
            if not options["options"]:
                problems["choices"] = texts.gettext("Write at least one word to choose.")
        if widget == "number":
            options |= self._bounds(problems, texts)
        return options

    def _bounds(self, problems: dict[str, str], texts: Texts) -> dict[str, Any]:
        try:
            bounds = {"min": self.least, "max": self.most}
            found = {name: number_of(text, texts) for name, text in bounds.items() if text}
        except Unreadable as unreadable:
            problems["bounds"] = str(unreadable)
            return {}
        if len(found) > 1 and found["min"] > found["max"]:
            problems["bounds"] = texts.gettext("The smallest number is larger than the largest.")
        return found

    def _choices(self) -> list[Any]:
        """The words, once each; what is stored as a number or a truth stays one."""
        stored = self.definition.options.get("options") if self.definition else None
        others = {_said(one): one for one in stored or () if not isinstance(one, str)}
        return [others.get(one, one) for one in dict.fromkeys(self.choices) if one]


def _found(detail: Any) -> tuple[str, str]:
    """The part of the form that a refusal is about, and what it says."""
    loc = detail.get("loc") if isinstance(detail, dict) else None
    last: Any = loc[-1] if isinstance(loc, list | tuple) and loc else ""
    sentence = str(detail.get("msg") or "") if isinstance(detail, dict) else str(detail)
    sentence = sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
    return _PLACES.get(str(last), str(last)), sentence[:1].upper() + sentence[1:]


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _key_of(label: str) -> str:
    """``Date of birth`` is ``date_of_birth``."""
    return _NO_WORDS.sub("_", label.casefold()).strip("_")


def changes(definition: FieldDef, facts: Mapping[str, Any]) -> tuple[dict[str, Any], Sequence[str]]:
    """What is to be another than it is: new values, and the names of what is to become empty."""
    changed = {name: value for name, value in facts.items() if value != getattr(definition, name)}
    cleared = [name for name, value in changed.items() if value is None]
    return {name: value for name, value in changed.items() if value is not None}, cleared
