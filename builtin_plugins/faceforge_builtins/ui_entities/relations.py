"""Relationships as an entity's page says them, and the form that makes one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.forms import text_of
from faceforge_sdk.models import EntityDraft, RelationshipDraft, RelationshipQuery

from .picking import NOBODY, Picked, find, pick
from .portraits import cards

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Entity, Relationship
    from faceforge_sdk.protocols import Texts

    from .portraits import Card

PAGE_SIZE = 60
MAX_TYPE = 200

_ENGLISH = ("of", "to", "for", "with", "by", "in", "at", "on", "from", "near", "under", "after", "before")
_GERMAN = ("von", "zu", "mit", "für", "bei", "aus", "an", "auf", "nach", "vor")
JOINING = frozenset((*_ENGLISH, *_GERMAN))
"""Words that a type ends with when it says itself how its ends are joined: ``married to``, unlike ``half sister``."""

Direction = Literal["in", "out"]


def joins(relation_type: str) -> bool:
    """Whether the type needs no “of” after it."""
    _first, *others = relation_type.casefold().split() or [""]
    return bool(others) and others[-1] in JOINING


@dataclass(frozen=True, slots=True)
class Relation:
    """A relationship seen from one of its ends: `other` is the other end, `outgoing` whether this end is the source."""

    relationship: Relationship
    other: Card
    outgoing: bool

    @property
    def plain(self) -> bool:
        """Whether the type says itself how the ends are joined (``mentor of``), other than a mere noun (``mentor``)."""
        return joins(self.relationship.relationship_type)


@dataclass(frozen=True, slots=True)
class Relations:
    """A page of an entity's relationships."""

    items: tuple[Relation, ...]
    total: int | None
    next_cursor: str | None

    @classmethod
    def of(cls, ctx: PluginContext, entity_id: str, cursor: str = "") -> Relations:
        """Read them, the newest first. Raises `NotFound`, `InvalidInput` for a cursor of another list."""
        page = ctx.relationships.list(RelationshipQuery(entity_id=entity_id, limit=PAGE_SIZE, cursor=cursor or None))
        others = {_other(one, entity_id) for one in page.items}
        found = [entity for one in others if (entity := find(ctx, one))]
        by_id = {card.entity.entity_id: card for card in cards(ctx, found)}
        items = (
            Relation(one, by_id[_other(one, entity_id)], one.src_entity_id == entity_id)
            for one in page.items
            if _other(one, entity_id) in by_id
        )
        return cls(tuple(items), page.total, page.next_cursor)


def _other(relationship: Relationship, entity_id: str) -> str:
    source, target = relationship.src_entity_id, relationship.dst_entity_id
    return target if source == entity_id else source


@dataclass(frozen=True, slots=True)
class RelationForm:
    """A relationship to make: whom with, as what, and who is it of whom; `problems` has a sentence per field.

    ``in``: the other is it of this entity, as one says on Ada's page that Byron is her father.
    """

    other: Picked = NOBODY
    relation_type: str = ""
    direction: Direction = "in"
    problem: str = ""

    @classmethod
    def posted(cls, ctx: PluginContext, texts: Texts, form: FormData) -> RelationForm:
        """What was typed, with what is wrong with it."""
        _ = texts.gettext
        typed = cls(
            pick(ctx, texts, text_of(form, "other"), text_of(form, "other-id")),
            text_of(form, "type").strip(),
            "out" if text_of(form, "direction") == "out" else "in",
        )
        if not typed.relation_type:
            return replace(typed, problem=_("Write what they are to each other, like sister or friend."))
        if len(typed.relation_type) > MAX_TYPE:
            return replace(typed, problem=_("Use at most %(most)s characters.", most=texts.number(MAX_TYPE)))
        return (
            replace(typed, problem=_("This can't be stored. Type it again.")) if "\0" in typed.relation_type else typed
        )

    @property
    def sound(self) -> bool:
        """Whether it can be made."""
        return self.other.entity is not None and not self.problem

    def with_other_created(self, ctx: PluginContext) -> RelationForm:
        """The other is made if nobody has its name and nothing else is wrong."""
        if not self.other.unknown or self.problem:
            return self
        try:
            made = ctx.entities.create(EntityDraft(display_name=self.other.text))
        except InvalidInput as refusal:
            return replace(self, other=replace(self.other, problem=str(refusal), unknown=False))
        return replace(self, other=Picked(made.display_name, made))

    def draft(self, entity: Entity) -> RelationshipDraft:
        """The relationship of a form that is `sound`."""
        ends = (entity.entity_id, self.other.chosen)
        source, target = ends if self.direction == "out" else ends[::-1]
        return RelationshipDraft(src_entity_id=source, dst_entity_id=target, relationship_type=self.relation_type)
