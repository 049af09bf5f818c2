"""The types that a field can have, in words, and how the form asks for what they need."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from faceforge_sdk import FieldType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.protocols import Texts

WITH_PATTERN: Final = frozenset({"text", "multiline", "url"})
"""The widgets whose values may be held to a pattern."""

_SEPARATORS = re.compile(r"[\s_\-.]+")


@dataclass(frozen=True, slots=True)
class KnownType:
    """A type that active plugins know; `label` says what it is, `widget` how a value is asked for."""

    name: str
    label: str
    widget: str
    names: frozenset[str]


class KnownTypes:
    """All types by the names that definitions use for them; of two that claim one name, the first by order has it."""

    def __init__(self, ctx: PluginContext, texts: Texts) -> None:
        words = _words(texts)
        self._types = [_known(one.value, words) for one in ctx.plugins.contributed(FieldType)]
        self._by_name: dict[str, KnownType] = {}
        for one in self._types:
            for name in one.names:
                self._by_name.setdefault(name, one)

    def __iter__(self) -> Iterator[KnownType]:
        return iter(self._types)

    def find(self, name: str) -> KnownType | None:
        """The type that a definition names; None while no active plugin knows it."""
        return self._by_name.get(_folded(name))


def humanised(key: str) -> str:
    """A key as words: ``date_of_birth`` is ``Date of birth``."""
    text = _SEPARATORS.sub(" ", key).strip() or key
    return text[:1].upper() + text[1:]


def _known(value: FieldType, words: Mapping[str, str]) -> KnownType:
    names: Sequence[str] = (value.name, *value.aliases)
    label = words.get(_folded(value.name)) or humanised(value.name)
    return KnownType(value.name, label, value.widget, frozenset(_folded(name) for name in names))


def _folded(name: str) -> str:
    return name.strip().casefold()


def _words(texts: Texts) -> Mapping[str, str]:
    _ = texts.gettext
    return {
        "string": _("Text in one line"),
        "text": _("Long text"),
        "int": _("Whole number"),
        "float": _("Number"),
        "bool": _("Yes or no"),
        "enum": _("One of several words"),
        "date": _("Date"),
        "url": _("Web address"),
        "entity": _("Another entity"),
        "json": _("Anything (JSON)"),
    }
