"""The conditions of the list in words, and what its filter menu offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from faceforge_sdk.texts import to_translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from faceforge_sdk.protocols import Texts

    from .listing import Listing


class Group(NamedTuple):
    """What people call a kind of file, and its symbol."""

    label: str
    icon: str


GROUPS: Mapping[str, Group] = {
    "picture": Group(to_translate("Pictures"), "image"),
    "video": Group(to_translate("Videos"), "video"),
    "audio": Group(to_translate("Sound"), "audio"),
    "document": Group(to_translate("Documents"), "document"),
    "model": Group(to_translate("3D models"), "model"),
    "archive": Group(to_translate("Archives"), "archive"),
    "other": Group(to_translate("Other files"), "file"),
}
SHAPES: Mapping[str, str] = {
    "landscape": to_translate("Landscape"),
    "portrait": to_translate("Portrait"),
    "square": to_translate("Square"),
}
PLACES: Mapping[str, str] = {"true": to_translate("With a place"), "false": to_translate("Without a place")}
LINKS: Mapping[str, str] = {
    "true": to_translate("Belongs to an entity"),
    "false": to_translate("Belongs to no entity"),
}
_CHOICES: Mapping[str, Mapping[str, str]] = {"shape": SHAPES, "place": PLACES, "linked": LINKS}


@dataclass(frozen=True, slots=True)
class Chip:
    """A condition in words, and where the list stands without it."""

    text: str
    address: str


@dataclass(frozen=True, slots=True)
class TypeChip:
    """A group of files to look at alone, or to look away from again."""

    text: str
    icon: str
    current: bool
    address: str


def type_chips(texts: Texts, listing: Listing) -> list[TypeChip]:
    """All groups, each leading to itself, and the current one to all."""
    return [
        TypeChip(
            texts.gettext(group.label),
            group.icon,
            name == listing.type,
            listing.address(type="" if name == listing.type else name),
        )
        for name, group in GROUPS.items()
    ]


def chips_of(texts: Texts, listing: Listing) -> list[Chip]:
    """The conditions of a list but for its search text and type, which stand in fields of their own."""
    return [Chip(words, listing.address(**{name: ""})) for name, words in _said(texts, listing)]


def _said(texts: Texts, listing: Listing) -> Iterator[tuple[str, str]]:
    _ = texts.gettext
    if listing.kind:
        yield "kind", _("Kind: %(kind)s", kind=listing.kind)
    if listing.min_size:
        yield "min_size", _("At least %(size)s MB", size=texts.number(listing.megabytes("min_size")))
    if listing.max_size:
        yield "max_size", _("At most %(size)s MB", size=texts.number(listing.megabytes("max_size")))
    if listing.taken_after:
        yield "taken_after", _("Taken from %(day)s", day=listing.taken_after)
    if listing.taken_before:
        yield "taken_before", _("Taken before %(day)s", day=listing.taken_before)
    if listing.created_after:
        yield "created_after", _("Added from %(day)s", day=listing.created_after)
    if listing.created_before:
        yield "created_before", _("Added before %(day)s", day=listing.created_before)
    for name, choices in _CHOICES.items():
        wanted = choices.get(getattr(listing, name).lower())
        if wanted:
            yield name, _(wanted)
