"""What a list of entities asks for, as conditions in SQL: how each is checked for one entity, and who has it at all.

A condition is put together from our own words and the numbers of its parameters; values are always bound. `s.seq` is
the place of the entity that is looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from faceforge_core.db import facts
from faceforge_core.db.fact_values import indexed_integer, indexed_text
from faceforge_core.db.search_text import needle_of, storable, trigrams_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from faceforge_core.db.transactions import Reader
    from faceforge_sdk.models import FactFilter

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d+")
_DATE = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)?)?")
_LAST = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; all of it has to hold. `only` is the place of the one entity that may be found."""

    needle: str = ""
    name: str = ""
    tags: tuple[str, ...] = ()
    any_tags: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    from_seq: int | None = None
    to_seq: int | None = None
    facts: tuple[FactFilter, ...] = ()
    only: int | None = None


class Source(NamedTuple):
    """Rows of `table`, each about the entity whose place is `key`."""

    table: str
    key: str
    where: tuple[str, ...]

    @property
    def joined(self) -> str:
        """The table with the entity's text (`s`); CROSS JOIN keeps SQLite from visiting that first."""
        return (
            self.table if self.key == "s.seq" else f"{self.table} CROSS JOIN entity_search AS s ON s.seq = {self.key}"
        )


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing asked for.

    `check` holds for an entity at ``s.seq``. `sources` together give the places of all that have it, if there is an
    index of them: in descending order where it is `ordered`, and each place once in all where it comes `once`. They may
    give others too, unless they are `certain`. `opposite` is what has to fail, of a condition without sources.
    """

    check: str
    params: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    ordered: bool = False
    once: bool = True
    certain: bool = True
    opposite: Clause | None = None


EVERYTHING = Clause("1", sources=(Source("entity_search AS s", "s.seq", ()),), ordered=True)
"""What to walk when nothing that is asked for narrows it down."""


def clauses_of(reader: Reader, wanted: Wanted) -> list[Clause] | None:
    """Return the conditions, or None when nothing can meet them."""
    if "\n" in wanted.name:
        return None  # in the text of an entity a second line is an alias, or something else
    found = [*_name_conditions(wanted.name), *_text_conditions(wanted.needle), *_tag_conditions(wanted)]
    if wanted.only is not None:
        found.append(
            _one("s.seq = :only", Source("entity_search AS s", "s.seq", ("s.seq = :only",)), {"only": wanted.only})
        )
    for number, alike in enumerate(_grouped(wanted.facts)):
        one = alike[0]
        key = facts.find_key(reader, one.space, one.key)
        if key is not None:
            found.append(_fact_condition(alike, f"{number}", key))
        elif one.comparison != "exists" or one.wanted:
            return None
    return found


def _grouped(wanted: Sequence[FactFilter]) -> list[list[FactFilter]]:
    """Each condition alone, but the bounds of one key together: one value has to lie between them all."""
    alone = [[one] for one in wanted if one.comparison in {"eq", "exists"}]
    bounded: dict[tuple[str, str], list[FactFilter]] = {}
    for one in wanted:
        if one.comparison not in {"eq", "exists"}:
            bounded.setdefault((one.space, one.key), []).append(one)
    return [*alone, *bounded.values()]


def _one(check: str, source: Source, params: Mapping[str, Any], *, ordered: bool = True, once: bool = True) -> Clause:
    return Clause(check, params, (source,), ordered, once)


def _not(condition: Clause) -> Clause:
    return Clause(f"NOT {condition.check}", condition.params, opposite=condition)


# --- Text


_SETTLED = "NOT EXISTS (SELECT 1 FROM entity_search_pending AS p WHERE p.seq = f.rowid)"
_HOLDS = "instr(s.text, :needle) > 0"


_IS_NAMED = "substr(s.text || char(10), 1, length(:name) + 1) = :name || char(10)"
"""The name is the first line of an entity's text."""


def _text_conditions(needle: str) -> Iterator[Clause]:
    folded = needle_of(needle)
    if folded:
        yield _text_condition(_HOLDS, "needle", folded)


def _name_conditions(name: str) -> Iterator[Clause]:
    folded = needle_of(name)
    if folded:
        yield _text_condition(_IS_NAMED, "name", folded)


def _text_condition(check: str, param: str, folded: str) -> Clause:
    trigrams = trigrams_of(folded)
    if trigrams is None:
        return Clause(check, {param: folded})
    sources = (
        Source("entity_fts AS f", "f.rowid", (f"f.entity_fts MATCH :{param}_trigrams", _SETTLED)),
        Source("entity_search_pending AS p", "p.seq", ()),
    )
    return Clause(check, {param: folded, f"{param}_trigrams": trigrams}, sources, ordered=True, certain=False)


# --- Tags


_TAGGED = "entity_tags AS tagged"


def _tag_conditions(wanted: Wanted) -> Iterator[Clause]:
    for number, tag in enumerate(dict.fromkeys(wanted.tags)):
        name = f"tag{number}"
        yield _one(_has_tag(f"= :{name}"), Source(_TAGGED, "tagged.seq", (f"tagged.tag = :{name}",)), {name: tag})
    if wanted.any_tags:
        yield _any_tag("any", wanted.any_tags)
    if wanted.not_tags:
        yield _not(_any_tag("not", wanted.not_tags))


def _any_tag(prefix: str, tags: Iterable[str]) -> Clause:
    words, params = _listed(prefix, tags)
    source = Source(_TAGGED, "tagged.seq", (f"tagged.tag IN ({words})",))
    alone = len(params) == 1
    return _one(_has_tag(f"IN ({words})"), source, params, ordered=alone, once=alone)


def _has_tag(comparison: str) -> str:
    return f"EXISTS (SELECT 1 FROM entity_tags AS t WHERE t.tag {comparison} AND t.seq = s.seq)"  # noqa: S608  # our own words


def _listed(prefix: str, values: Iterable[str]) -> tuple[str, dict[str, str]]:
    params = {f"{prefix}{number}": value for number, value in enumerate(dict.fromkeys(values))}
    return ", ".join(f":{name}" for name in params), params


# --- Fields and descriptors


def _fact_condition(alike: Sequence[FactFilter], suffix: str, known: facts.Key) -> Clause:
    """The conditions on a row of `entity_facts` are said for ``{v}``: the driver's row and the checked ones differ."""
    key, params = f"{{v}}.key_id = :key{suffix}", {f"key{suffix}": known.number}
    match alike[0].comparison:
        case "exists":
            has_any = _one(_has_fact(key, among_all=True), _valued(key), params, ordered=False, once=not known.several)
            return has_any if alike[0].wanted else _not(has_any)
        case "eq":
            return _equality(key, params, suffix, _alike(alike[0].value))
    within = []
    for kind, bounds in enumerate(_ranges(alike)):
        names = [f"bound{suffix}_{kind}_{number}" for number in range(len(bounds))]
        words = (f"{{v}}.value {bound.comparison} :{name}" for name, bound in zip(names, bounds, strict=True))
        within.append(f"({' AND '.join(words)})")
        params |= {name: bound.value for name, bound in zip(names, bounds, strict=True)}
    anywhere = f"({' OR '.join(within) or '0'})"
    sources = tuple(_valued(key, one) for one in within or ["0"])
    return Clause(_has_fact(key, anywhere, among_all=True), params, sources, once=not known.several)


def _equality(key: str, params: dict[str, Any], suffix: str, values: Sequence[Any]) -> Clause:
    """One source for each value; one that has an earlier value too was given already."""
    names = [f"value{suffix}_{number}" for number in range(len(values))]
    params |= dict(zip(names, values, strict=True))
    equal = [f"{{v}}.value = :{name}" for name in names]
    sources = tuple(
        _valued(key, one, *(f"NOT {_has_fact(key, earlier)}" for earlier in equal[:number]))
        for number, one in enumerate(equal)
    )
    return Clause(_has_fact(key, f"({' OR '.join(equal)})"), params, sources, ordered=True)


def _valued(*conditions: str) -> Source:
    return Source("entity_facts AS valued", "valued.seq", tuple(one.format(v="valued") for one in conditions))


def _has_fact(*conditions: str, among_all: bool = False) -> str:
    """`among_all`: look through all values of this entity, where the conditions do not name one."""
    where = " AND ".join(conditions).format(v="v")
    index = " INDEXED BY ix_entity_facts_seq" if among_all else ""
    return f"EXISTS (SELECT 1 FROM entity_facts AS v{index} WHERE {where} AND v.seq = s.seq)"  # noqa: S608  # our own words


def _alike(value: str) -> list[Any]:
    """A query carries only text: it equals a text, and the number that it spells."""
    number = _number(value)
    return [indexed_text(value)] if number is None else [indexed_text(value), number]


def _number(value: str) -> int | float | None:
    if _INTEGER.fullmatch(value):
        return indexed_integer(int(value))
    return float(value) if _NUMBER.fullmatch(value) else None


class _Bound(NamedTuple):
    comparison: str
    value: Any


_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_NUMBERS = (_Bound(">=", float("-inf")), _Bound("<", ""))
_TEXTS = (_Bound(">=", ""), _Bound("<", b""))
"""Where each kind begins and ends."""


def _ranges(wanted: Sequence[FactFilter]) -> list[list[_Bound]]:
    """The parts of the order of values (numbers, texts, blobs) in which all comparisons of one key can hold.

    A number is compared with numbers, a date with texts, other text with texts; a year is both.
    """
    numbers = [bound for one in wanted if (bound := _among_numbers(one))]
    texts = [bound for one in wanted if (bound := _among_texts(one))]
    return [
        [*bounds, *(limit for limit in limits if not any(one.comparison[0] == limit.comparison[0] for one in bounds))]
        for bounds, limits in ((numbers, _NUMBERS), (texts, _TEXTS))
        if len(bounds) == len(wanted)
    ]


def _among_numbers(wanted: FactFilter) -> _Bound | None:
    number = _number(wanted.value)
    return None if number is None else _Bound(_SIGNS[wanted.comparison], number)


def _among_texts(wanted: FactFilter) -> _Bound | None:
    """What is left out of a date is all of it: ``lte=1900`` takes the whole year."""
    is_date = _DATE.fullmatch(wanted.value) is not None
    if _number(wanted.value) is not None and not is_date:
        return None
    text = storable(wanted.value)
    return _Bound(_SIGNS[wanted.comparison], text + _LAST if is_date and wanted.comparison in {"gt", "lte"} else text)
