"""The relationships of an entity: adding by name, changing, removing, taking that back, and their graph."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import Conflict, InvalidInput, NotFound
from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.models import RelationshipPatch, RelationTypeQuery
from faceforge_sdk.notices import with_notice
from faceforge_sdk.routing import built_late

from .facts import Fact, Value
from .field_routes import others_in
from .field_rows import FieldForm
from .graph import MAX_DEPTH, GraphView
from .listing import PATH
from .picking import find
from .relations import JOINING, MAX_TYPE, RelationForm, Relations, joins
from .versions import version_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Entity, Relationship

_MAX_CURSOR = 2000
TYPES_OFFERED = 40


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/entities/{entity_id}/relationships`` and ``…/graph``."""
    router = built_late(APIRouter(include_in_schema=False))
    _add_lists(router, ctx)
    _add_new(router, ctx)
    _add_changes(router, ctx)
    return router


def _add_lists(router: APIRouter, ctx: PluginContext) -> None:
    @router.get("/{entity_id}/relationships")
    def more_relationships(request: Request, entity_id: str) -> Response:
        entity = ctx.entities.get(entity_id)
        cursor = request.query_params.get("cursor", "")[:_MAX_CURSOR]
        try:
            relations = Relations.of(ctx, entity_id, cursor)
        except InvalidInput:
            return _to_tab(entity_id)
        return ctx.pages.render(request, "more_relationships.html", entity=entity, relations=relations)

    @router.get("/{entity_id}/graph")
    def graph(request: Request, entity_id: str) -> Response:
        entity = ctx.entities.get(entity_id)
        depth = MAX_DEPTH if request.query_params.get("depth") == str(MAX_DEPTH) else 1
        return ctx.pages.render(request, "graph.html", entity=entity, graph=GraphView.around(ctx, entity_id, depth))


def _add_new(router: APIRouter, ctx: PluginContext) -> None:
    def show(request: Request, entity: Entity, form: RelationForm, status: int = 200) -> Response:
        types = ctx.relationships.types(RelationTypeQuery(limit=TYPES_OFFERED))
        return ctx.pages.render(
            request, "relate.html", status_code=status, entity=entity, form=form, types=types, joining=sorted(JOINING)
        )

    @router.get("/{entity_id}/relationships/new")
    def new_relationship(request: Request, entity_id: str) -> Response:
        return show(request, ctx.entities.get(entity_id), RelationForm())

    @router.post("/{entity_id}/relationships/new")
    def relate(request: Request, entity_id: str, posted: Posted) -> Response:
        entity = ctx.entities.get(entity_id)
        form = RelationForm.posted(ctx, ctx.pages.texts(request), posted)
        if "create" in posted:
            form = form.with_other_created(ctx)
        if not form.sound:
            return show(request, entity, form, 422)
        ctx.relationships.create(form.draft(entity))
        return _to_tab(entity_id, "related")


def _add_changes(router: APIRouter, ctx: PluginContext) -> None:
    @router.get("/{entity_id}/relationships/{relationship_id}")
    def edit_relationship(request: Request, entity_id: str, relationship_id: str) -> Response:
        page = RelationPage.of(ctx, entity_id, relationship_id)
        fields = FieldForm.of(page.relationship.fields)
        return page.show(ctx, request, page.relationship.relationship_type, fields.with_another())

    @router.post("/{entity_id}/relationships/{relationship_id}")
    def change_relationship(request: Request, entity_id: str, relationship_id: str, posted: Posted) -> Response:
        return RelationPage.of(ctx, entity_id, relationship_id).save(ctx, request, posted)

    @router.post("/{entity_id}/relationships/{relationship_id}/delete")
    def unrelate(entity_id: str, relationship_id: str) -> Response:
        RelationPage.of(ctx, entity_id, relationship_id)
        ctx.relationships.delete(relationship_id)
        return _to_tab(entity_id, "unrelated", undo=relationship_id)

    @router.post("/{entity_id}/relationships/{relationship_id}/restore")
    def relate_again(entity_id: str, relationship_id: str) -> Response:
        try:
            ctx.relationships.restore(relationship_id)
        except (NotFound, Conflict):
            return _to_tab(entity_id, "not-restored")
        return _to_tab(entity_id, "related-again")


@dataclass(frozen=True, slots=True)
class RelationPage:
    """A relationship to change; its ends stay. `begun` is the `version` that a form sent."""

    entity: Entity
    relationship: Relationship
    source: Entity | None
    target: Entity | None
    begun: str = ""

    @property
    def version(self) -> str:
        """What the form sends along, to tell whether somebody else has changed the relationship meanwhile."""
        return self.begun or version_of((self.relationship.relationship_type, self.relationship.fields))

    @property
    def plain(self) -> bool:
        """See `Relation.plain`."""
        return joins(self.relationship.relationship_type)

    @classmethod
    def of(cls, ctx: PluginContext, entity_id: str, relationship_id: str) -> RelationPage:
        """Raises `NotFound`, also for a relationship between others."""
        entity, relationship = ctx.entities.get(entity_id), ctx.relationships.get(relationship_id)
        if entity_id not in (relationship.src_entity_id, relationship.dst_entity_id):
            raise NotFound("This relationship is between other entities.")
        ends = (find(ctx, relationship.src_entity_id), find(ctx, relationship.dst_entity_id))
        return cls(entity, relationship, *ends)

    def show(
        self,
        ctx: PluginContext,
        request: Request,
        relation_type: str,
        fields: FieldForm,
        problem: str = "",
        status: int = 200,
        others: Sequence[Fact] = (),
    ) -> Response:
        """The page with its form."""
        return ctx.pages.render(
            request,
            "relationship.html",
            status_code=status,
            page=self,
            entity=self.entity,
            relation_type=relation_type,
            form=fields,
            problem=problem,
            others=others,
            types=ctx.relationships.types(RelationTypeQuery(limit=TYPES_OFFERED)),
        )

    def save(self, ctx: PluginContext, request: Request, posted: Posted) -> Response:
        """Store what was typed, or show the form again with what is wrong."""
        texts = ctx.pages.texts(request)
        _ = texts.gettext
        wanted = text_of(posted, "type").strip()
        fields = FieldForm.posted(texts, posted, {})
        page = replace(self, begun=text_of(posted, "version"))
        if "more" in posted or "remove" in posted:
            return page.show(ctx, request, wanted, fields.with_another())
        problem = "" if wanted else _("Write what they are to each other, like sister or friend.")
        if "\0" in wanted:
            problem = _("This can't be stored. Type it again.")
        if len(wanted) > MAX_TYPE:
            problem = _("Use at most %(most)s characters.", most=texts.number(MAX_TYPE))
        if problem or not fields.sound:
            return page.show(ctx, request, wanted, fields, problem, 422)
        if page.version != self.version:
            stored = self.relationship
            others = [Fact("type", _("Relationship"), Value("text", stored.relationship_type))]
            fields = fields.refused(_("This relationship was changed meanwhile. Save again to replace it by this."))
            return self.show(ctx, request, wanted, fields, "", 409, [*others, *others_in(stored.fields, fields)])
        patch = RelationshipPatch(relationship_type=wanted, fields=fields.fields())
        ctx.relationships.update(self.relationship.relationship_id, patch)
        return _to_tab(self.entity.entity_id, "saved")


def _to_tab(entity_id: str, notice: str = "", undo: str | None = None) -> Response:
    path = f"{PATH}/{entity_id}"
    if not notice:
        return RedirectResponse(f"{path}?tab=relationships", 303)
    return RedirectResponse(with_notice(path, notice, undo=undo, tab="relationships"), 303)
