"""What lies in the trash, as the page shows it: each kind by its name, with a picture where there is one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from faceforge_sdk import Thumbnailer
from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import TrashQuery

from .field_list import label_of
from .field_types import KnownTypes, humanised

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import (
        Asset,
        Page,
        TrashedAsset,
        TrashedDescriptor,
        TrashedEntity,
        TrashedFieldDef,
        TrashedRelationship,
        TrashKind,
        TrashSummary,
    )
    from faceforge_sdk.protocols import Texts

PAGE_SIZE: Final = 50
KINDS: Final[tuple[TrashKind, ...]] = ("entities", "assets", "descriptors", "relationships", "field-defs")
_MOST_LETTERS = 200


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing: `picture` is the address of one, `size` that of a file, `entity` whether letters stand for it."""

    id: str
    name: str
    about: str
    deleted_at: str
    icon: str = "file"
    picture: str = ""
    size: int | None = None
    entity: bool = False


@dataclass(frozen=True, slots=True)
class Trashed:
    """A page of one kind."""

    kind: TrashKind
    things: Sequence[Thing]
    next_cursor: str | None

    @classmethod
    def read(cls, ctx: PluginContext, texts: Texts, kind: TrashKind, cursor: str) -> Trashed:
        """Raises `InvalidInput` for a cursor that is none."""
        query = TrashQuery(cursor=cursor or None, limit=PAGE_SIZE, total="none")
        names = Names(ctx, texts)
        read: Mapping[TrashKind, Callable[[], tuple[Sequence[Thing], str | None]]] = {
            "entities": lambda: _entities(ctx, ctx.entities.trash(query)),
            "assets": lambda: _assets(ctx, texts, ctx.assets.trash(query)),
            "descriptors": lambda: _facts(names, texts, ctx.descriptors.trash(query)),
            "relationships": lambda: _relationships(names, ctx.relationships.trash(query)),
            "field-defs": lambda: _fields(ctx, texts, ctx.field_defs.trash(query)),
        }
        return cls(kind, *read[kind]())


class Names:
    """The names of entities by their ids, each looked up once."""

    def __init__(self, ctx: PluginContext, texts: Texts) -> None:
        self._ctx = ctx
        self._unknown = texts.gettext("an entity in the trash")
        self._known: dict[str, str] = {}

    def of(self, entity_id: str) -> str:
        """The name; words for one that is not live."""
        if entity_id not in self._known:
            try:
                self._known[entity_id] = self._ctx.entities.get(entity_id).display_name
            except NotFound:
                self._known[entity_id] = self._unknown
        return self._known[entity_id]


def counts_of(summary: TrashSummary) -> Mapping[TrashKind, int]:
    """How much there is of each kind."""
    return {kind: getattr(summary, kind.replace("-", "_")) for kind in KINDS}


def kinds(texts: Texts) -> Mapping[TrashKind, str]:
    """What the kinds are called."""
    _ = texts.gettext
    return {
        "entities": _("Entities"),
        "assets": _("Files"),
        "descriptors": _("Facts"),
        "relationships": _("Relationships"),
        "field-defs": _("Fields"),
    }


def amounts(texts: Texts, counts: Mapping[TrashKind, int]) -> Sequence[str]:
    """How much there is of each kind, in words; nothing of what there is none."""
    said: Mapping[TrashKind, Callable[[int], str]] = {
        "entities": lambda n: texts.ngettext("%(num)s entity", "%(num)s entities", n),
        "assets": lambda n: texts.ngettext("%(num)s file", "%(num)s files", n),
        "descriptors": lambda n: texts.ngettext("%(num)s fact", "%(num)s facts", n),
        "relationships": lambda n: texts.ngettext("%(num)s relationship", "%(num)s relationships", n),
        "field-defs": lambda n: texts.ngettext("%(num)s field", "%(num)s fields", n),
    }
    return [said[kind](count) for kind, count in counts.items() if count]


def _entities(ctx: PluginContext, page: Page[TrashedEntity]) -> tuple[Sequence[Thing], str | None]:
    covers = ctx.assets.covers([one.entity_id for one in page.items]) if _drawn(ctx) else {}
    things = [
        Thing(
            one.entity_id,
            one.display_name,
            ", ".join(one.tags[:3]),
            one.deleted_at,
            picture=f"/v1/assets/{covers[one.entity_id]}/thumbnail" if one.entity_id in covers else "",
            entity=True,
        )
        for one in page.items
    ]
    return things, page.next_cursor


def _assets(ctx: PluginContext, texts: Texts, page: Page[TrashedAsset]) -> tuple[Sequence[Thing], str | None]:
    drawn = _drawn(ctx)
    things = [
        Thing(
            one.asset_id,
            one.filename or texts.gettext("A file without a name"),
            "",
            one.deleted_at,
            icon="image" if one.media_type.startswith("image/") else "file",
            picture=f"/v1/trash/assets/{one.asset_id}/thumbnail" if _drawable(one, drawn) else "",
            size=one.byte_size,
        )
        for one in page.items
    ]
    return things, page.next_cursor


def _facts(names: Names, texts: Texts, page: Page[TrashedDescriptor]) -> tuple[Sequence[Thing], str | None]:
    things = [
        Thing(
            one.descriptor_id,
            f"{humanised(one.field_key)}: {_said(one.value)}",
            texts.gettext("of %(name)s", name=names.of(one.entity_id)),
            one.deleted_at,
            icon="table",
        )
        for one in page.items
    ]
    return things, page.next_cursor


def _relationships(names: Names, page: Page[TrashedRelationship]) -> tuple[Sequence[Thing], str | None]:
    things = [
        Thing(
            one.relationship_id,
            f"{names.of(one.src_entity_id)} – {names.of(one.dst_entity_id)}",
            one.relationship_type,
            one.deleted_at,
            icon="relationships",
        )
        for one in page.items
    ]
    return things, page.next_cursor


def _fields(ctx: PluginContext, texts: Texts, page: Page[TrashedFieldDef]) -> tuple[Sequence[Thing], str | None]:
    types = KnownTypes(ctx, texts)
    things = [
        Thing(
            one.field_def_id,
            label_of(one),
            known.label if (known := types.find(one.field_type)) else one.field_type,
            one.deleted_at,
            icon="settings",
        )
        for one in page.items
    ]
    return things, page.next_cursor


def _drawn(ctx: PluginContext) -> Sequence[str]:
    """The media types that an active plugin pictures, as patterns."""
    return [pattern for one in ctx.plugins.contributed(Thumbnailer) for pattern in one.value.media_types]


def _drawable(asset: Asset, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(asset.media_type, pattern) for pattern in patterns)


def _said(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"
