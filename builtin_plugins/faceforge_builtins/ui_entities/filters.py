"""The conditions of the list in words, what its filter menu offers, and what was typed into that."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.datastructures import ImmutableMultiDict

from faceforge_sdk.models.filters import fact_filters
from faceforge_sdk.texts import to_translate
from faceforge_sdk.typed import plain_number

from .definitions import Definitions
from .facts import words_of
from .picking import find, pick

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models.filters import FactFilter
    from faceforge_sdk.protocols import Texts

    from .definitions import Defined
    from .listing import Listing

COMPARISONS: Mapping[str, str] = {
    "eq": to_translate("is"),
    "gte": to_translate("is at least"),
    "gt": to_translate("is more than"),
    "lte": to_translate("is at most"),
    "lt": to_translate("is less than"),
    "known": to_translate("is known"),
    "unknown": to_translate("is not known"),
}
"""What the filter menu offers; the last two need no value."""


def as_stored(ctx: PluginContext, texts: Texts, asked: ImmutableMultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    """What the filter menu asks for, its value as such values are stored: people write 1,75 and Yes, and names.

    What can't be read as one is looked for as it was typed.
    """
    known = next((one for one in Definitions(ctx).all() if one.condition == asked.get("what")), None)
    value = asked.get("value", "").strip()
    if known is None or not value:
        return asked
    others = [(name, text) for name, text in asked.multi_items() if name != "value"]
    return ImmutableMultiDict([*others, ("value", _as_stored(ctx, texts, known, value))])


def _as_stored(ctx: PluginContext, texts: Texts, defined: Defined, value: str) -> str:
    if defined.widget == "number":
        try:
            return json.dumps(plain_number(value))
        except (ValueError, OverflowError):
            return value
    if defined.widget == "entity":
        return pick(ctx, texts, value, "").chosen or value
    said = {one.label: one.label for one in defined.choices}
    if defined.widget == "switch":
        said = {texts.gettext("Yes"): "true", texts.gettext("No"): "false"}
    folded = {label.casefold(): stored for label, stored in said.items()}
    return said.get(value) or folded.get(value.casefold(), value)


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition in words, and where the list stands without it."""

    text: str
    address: str


def chips_of(ctx: PluginContext, texts: Texts, listing: Listing) -> list[Chip]:
    """The conditions of a list but for its search text, which stands in its own field."""
    _ = texts.gettext
    chips = [Chip(tag, listing.without("tag", tag)) for tag in listing.tags]
    if listing.after:
        chips.append(Chip(_("Created from %(day)s", day=listing.after), listing.without("after", "")))
    if listing.before:
        chips.append(Chip(_("Created before %(day)s", day=listing.before), listing.without("before", "")))
    return [*chips, *_fact_chips(ctx, texts, listing)]


def _fact_chips(ctx: PluginContext, texts: Texts, listing: Listing) -> Iterator[Chip]:
    if not listing.facts:
        return
    defined = {one.condition: one for one in Definitions(ctx).all()}
    for name, value in listing.facts:
        [condition] = fact_filters({name: value})
        known = defined.get(f"{condition.space}.{condition.key}")
        yield Chip(_sentence(ctx, texts, condition, known), listing.without(name, value))


def _sentence(ctx: PluginContext, texts: Texts, condition: FactFilter, defined: Defined | None) -> str:
    _ = texts.gettext
    label = defined.label if defined else words_of(condition.key)
    if condition.comparison == "exists":
        return f"{label} {_(COMPARISONS['known' if condition.wanted else 'unknown'])}"
    value = condition.value
    if defined is not None and defined.widget == "entity" and (entity := find(ctx, value)):
        value = entity.display_name
    if value in {"true", "false"}:
        value = _("Yes") if value == "true" else _("No")
    return f"{label} {_(COMPARISONS[condition.comparison])} {value}"
