"""The types of values that active plugins know, and what they say of values and definitions."""

from __future__ import annotations

from copy import deepcopy
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from faceforge_sdk.contributions import FieldRules
from faceforge_sdk.errors import ContributionFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from faceforge_core.owned import Owned
    from faceforge_sdk.contributions import FieldType
    from faceforge_sdk.models import FieldDef

R = TypeVar("R")

MOST_ERRORS = 20
_MOST_LETTERS = 500


class FieldTypeCall(Protocol):
    """Runs work that calls into a type, away from harm; raises `ContributionFailed` where that ends badly."""

    def __call__(self, field_type: Owned[FieldType], work: Callable[[], R], /) -> R: ...


class FieldTypes:
    """The active types by the names that definitions use for them, compared trimmed and without regard to case.

    Where two types claim one name or alias, the first has it: by `order`, built-ins before others, then by owner.
    `call` runs a plugin's code so that one that fails or hangs harms nobody else: what it was to judge is then refused
    with a sentence that names the plugin.
    """

    def __init__(self, types: Callable[[], Sequence[Owned[FieldType]]], call: FieldTypeCall) -> None:
        self._types = types
        self._call = call
        self._indexed: tuple[Sequence[Owned[FieldType]], Mapping[str, Owned[FieldType]]] = ((), {})

    def find(self, name: str) -> Owned[FieldType] | None:
        """The type that a definition names; None while no active plugin knows it."""
        return self._by_name().get(_folded(name))

    def rule_errors(self, definition: FieldDef) -> list[str]:
        """What its type finds wrong with a definition; nothing for a type that nobody knows."""
        owned = self.find(definition.field_type)
        if owned is None:
            return []
        [errors] = self._ask(owned, owned.value.check_rules, [(_rules(definition),)])
        return errors

    def errors(self, definition: FieldDef, value: Any) -> list[str]:
        """What is wrong with a value by its definition, as sentences; nothing for one that fits."""
        [errors] = self.errors_of_all(definition, [value])
        return errors

    def errors_of_all(self, definition: FieldDef, values: Sequence[Any]) -> list[list[str]]:
        """`errors` of each value; a plugin's type is called into once for all of them."""
        parts = [list(_parts(definition, value)) for value in values]
        asked = [part.item for one in parts for part in one if part.error is None]
        answers = iter(self._check(definition, asked))
        return [
            [f"{part.label}{error}" for part in one for error in ([part.error] if part.error else next(answers))][
                :MOST_ERRORS
            ]
            for one in parts
        ]

    def _check(self, definition: FieldDef, items: Sequence[Any]) -> list[list[str]]:
        if not items:
            return []
        owned = self.find(definition.field_type)
        if owned is None:
            name = definition.field_type.strip()[:80]
            return [[f"No active plugin knows the type {name!r}, so that no value can be taken."]] * len(items)
        rules = _rules(definition)
        return self._ask(owned, owned.value.check, [(item, rules) for item in items])

    def _ask(
        self, owned: Owned[FieldType], check: Callable[..., Sequence[str]], arguments: Sequence[tuple[Any, ...]]
    ) -> list[list[str]]:
        # A plugin may keep what it is handed, and change it while we store it.
        handed = arguments if owned.builtin else deepcopy(arguments)
        try:
            return self._call(owned, lambda: [_sentences(check(*one)) for one in handed])
        except ContributionFailed as exc:
            return [[str(exc)]] * len(arguments)

    def _by_name(self) -> Mapping[str, Owned[FieldType]]:
        types = self._types()
        known, names = self._indexed
        if types is not known:  # each generation of plugins has a sequence of its own
            names = _index(types)
            self._indexed = (types, names)
        return names


class _Part(NamedTuple):
    """A value, or an item of a value that is a list: what is left to its type to judge, or what is wrong with it."""

    item: Any = None
    error: str | None = None
    label: str = ""


def _parts(definition: FieldDef, value: Any) -> Iterator[_Part]:
    if value is None:
        if definition.required:
            yield _Part(error="A value is required.")
    elif not definition.multiple:
        yield _Part(value)
    elif not isinstance(value, list):
        yield _Part(error="The value must be a list.")
    elif not value and definition.required:
        yield _Part(error="At least one value is required.")
    else:
        for number, item in enumerate(value, start=1):
            error = "The value is null." if item is None else None
            yield _Part(item, error=error, label=f"Item {number}: ")


def _rules(definition: FieldDef) -> FieldRules:
    return FieldRules(definition.required, definition.options, definition.regex)


def _sentences(answer: object) -> list[str]:
    """What a check returned, as plain text and not endless. Raises `TypeError` for anything else."""
    if isinstance(answer, str) or not hasattr(answer, "__iter__"):
        raise TypeError(f"a check returned {type(answer).__name__}, not a list of sentences")
    sentences = list(islice(iter(answer), MOST_ERRORS))
    if not all(isinstance(sentence, str) for sentence in sentences):
        raise TypeError("a check returned something else than sentences")
    return [str(sentence[:_MOST_LETTERS]) for sentence in sentences]


def _index(types: Sequence[Owned[FieldType]]) -> Mapping[str, Owned[FieldType]]:
    names: dict[str, Owned[FieldType]] = {}
    for owned in types:
        for name in (owned.value.name, *owned.value.aliases):
            names.setdefault(_folded(name), owned)
    return names


def _folded(name: str) -> str:
    return name.strip().casefold()
