"""The defined values of an entity: adding, changing, removing, and taking that back.

A form knows which value it began with. If another one stands there when it is sent, both are shown, and none is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.models import DescriptorDraft, DescriptorPatch, EntityPatch
from faceforge_sdk.notices import with_notice
from faceforge_sdk.routing import built_late
from faceforge_sdk.undoable import Undoable

from .controls import ValueForm
from .definitions import OWN_FIELDS, Definitions
from .fact_rows import shown_value
from .facts import Value
from .listing import PATH
from .usual import is_usual, set_up, usual
from .versions import version_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Descriptor, Entity

    from .definitions import Defined


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/entities/{entity_id}/facts`` for descriptors, and ``…/field`` for fields with a definition."""
    router = built_late(APIRouter(include_in_schema=False))
    _add_new(router, ctx)
    _add_changes(router, ctx)
    _add_own_fields(router, ctx)
    return router


@dataclass(frozen=True, slots=True)
class FactPage:
    """Whose value of which definition is typed; `action` is the end of the address, `stored` the value if there is one.

    `begun` is the `version` that a form sent: what was stored when it was opened. `overtaken`: that is no longer so.
    """

    entity: Entity
    defined: Defined
    action: str
    stored: tuple[Any, ...] = ()
    begun: str = ""
    overtaken: bool = False

    @property
    def version(self) -> str:
        """What the form sends along, to tell whether the value is still the one that it began with."""
        return self.begun or version_of(self.stored)

    def saved(self, ctx: PluginContext) -> Value:
        """What is stored, to be read."""
        return shown_value(ctx, self.defined.widget, self.stored[0]) if self.stored else Value("none")

    def show(self, ctx: PluginContext, request: Request, form: ValueForm, status: int = 200) -> Response:
        """The page with its form."""
        saved = self.saved(ctx) if self.overtaken else None
        return ctx.pages.render(
            request, "fact.html", status_code=status, page=self, entity=self.entity, form=form, saved=saved
        )

    def save(
        self, ctx: PluginContext, request: Request, posted: Posted, store: Callable[[Any], object], notice: str
    ) -> Response:
        """Store what was typed, or show the form again: with a control more or less, or with what is wrong."""
        texts = ctx.pages.texts(request)
        _ = texts.gettext
        form = ValueForm.posted(ctx, texts, self.defined, posted)
        page = replace(self, begun=text_of(posted, "version"))
        if "more" in posted or "remove" in posted:
            return page.show(ctx, request, form.with_another())
        if form.empty:
            form = form.refused([_("Write a value.")])
        if form.sound and page.version != self.version:
            return replace(self, overtaken=True).show(ctx, request, form, 409)
        if form.sound:
            try:
                store(form.value())
                return _to_overview(self.entity.entity_id, notice)
            except InvalidInput as refusal:
                form = form.refused(_errors(refusal, self.defined.definition.field_key))
            except Conflict:
                form = form.refused([_("There is a value already: it was added meanwhile.")])
            except PreconditionFailed:
                form = form.refused([_("The entity was changed in just this moment. Save again.")])
        return page.show(ctx, request, form, 422)


def _add_new(router: APIRouter, ctx: PluginContext) -> None:
    @router.get("/{entity_id}/facts/new")
    def new_fact(request: Request, entity_id: str, name: str = "") -> Response:
        page = FactPage(ctx.entities.get(entity_id), _named(ctx, name), _address("facts/new", name))
        return page.show(ctx, request, ValueForm.of(ctx, page.defined, page.defined.definition.default))

    @router.post("/{entity_id}/facts/new")
    def add_fact(request: Request, entity_id: str, posted: Posted, name: str = "") -> Response:
        page = FactPage(ctx.entities.get(entity_id), _named(ctx, name), _address("facts/new", name))
        key = {"scope": page.defined.definition.scope, "field_key": page.defined.definition.field_key}

        def store(value: Any) -> None:
            ctx.descriptors.create(entity_id, DescriptorDraft(**key, value=value))

        return page.save(ctx, request, posted, store, "fact-added")


def _add_changes(router: APIRouter, ctx: PluginContext) -> None:
    def page_of(entity_id: str, descriptor: Descriptor) -> FactPage:
        action = f"facts/{descriptor.descriptor_id}"
        return FactPage(ctx.entities.get(entity_id), _of(ctx, descriptor), action, (descriptor.value,))

    @router.get("/{entity_id}/facts/{descriptor_id}")
    def edit_fact(request: Request, entity_id: str, descriptor_id: str) -> Response:
        descriptor = _descriptor(ctx, entity_id, descriptor_id)
        page = page_of(entity_id, descriptor)
        return page.show(ctx, request, ValueForm.of(ctx, page.defined, descriptor.value))

    @router.post("/{entity_id}/facts/{descriptor_id}")
    def change_fact(request: Request, entity_id: str, descriptor_id: str, posted: Posted) -> Response:
        try:
            page = page_of(entity_id, _descriptor(ctx, entity_id, descriptor_id))
        except NotFound:
            name = text_of(posted, "name")
            page = FactPage(ctx.entities.get(entity_id), _named(ctx, name), _address("facts/new", name), overtaken=True)
            return page.show(ctx, request, ValueForm.posted(ctx, ctx.pages.texts(request), page.defined, posted), 409)

        def store(value: Any) -> None:
            ctx.descriptors.update(descriptor_id, DescriptorPatch(value=value))

        return page.save(ctx, request, posted, store, "fact-saved")

    @router.post("/{entity_id}/facts/{descriptor_id}/delete")
    def remove_fact(entity_id: str, descriptor_id: str) -> Response:
        _descriptor(ctx, entity_id, descriptor_id)
        ctx.descriptors.delete(descriptor_id)
        return _to_overview(entity_id, "fact-removed", undo=descriptor_id)

    @router.post("/{entity_id}/facts/{descriptor_id}/restore")
    def restore_fact(entity_id: str, descriptor_id: str) -> Response:
        try:
            ctx.descriptors.restore(descriptor_id)
        except (NotFound, Conflict):
            return _to_overview(entity_id, "not-restored")
        return _to_overview(entity_id, "fact-restored")


class RemovedField(NamedTuple):
    """A field that an entity had, and its value."""

    entity_id: str
    key: str
    value: Any


def _add_own_fields(router: APIRouter, ctx: PluginContext) -> None:
    removed = Undoable[RemovedField]()

    def page_of(request: Request, entity_id: str, name: str) -> FactPage:
        defined = usual(ctx, request, name) or _named(ctx, name, own=True)
        entity = ctx.entities.get(entity_id)
        key = defined.definition.field_key
        stored = (entity.fields[key],) if key in entity.fields else ()
        return FactPage(entity, defined, _address("field", name), stored)

    @router.get("/{entity_id}/field")
    def edit_field(request: Request, entity_id: str, name: str = "") -> Response:
        page = page_of(request, entity_id, name)
        definition = page.defined.definition
        value = page.entity.fields.get(definition.field_key, definition.default)
        return page.show(ctx, request, ValueForm.of(ctx, page.defined, value))

    @router.post("/{entity_id}/field")
    def save_field(request: Request, entity_id: str, posted: Posted, name: str = "") -> Response:
        page = page_of(request, entity_id, name)
        key, before = page.defined.definition.field_key, page.entity

        def store(value: Any) -> None:
            if is_usual(page.defined):
                set_up(ctx, page.defined)
            patch = EntityPatch(fields={**before.fields, key: value})
            ctx.entities.update(entity_id, patch, expected_revision=before.revision)

        return page.save(ctx, request, posted, store, "fact-saved")

    @router.post("/{entity_id}/field/delete")
    def remove_field(request: Request, entity_id: str, name: str = "") -> Response:
        page = page_of(request, entity_id, name)
        kept, key = dict(page.entity.fields), page.defined.definition.field_key
        gone = [RemovedField(entity_id, key, kept.pop(key))] if key in kept else []
        ctx.entities.update(entity_id, EntityPatch(fields=kept), expected_revision=page.entity.revision)
        return _to_overview(entity_id, "field-removed", undo=removed.remember(gone) if gone else None)

    @router.post("/{entity_id}/field/{token}/restore")
    def restore_field(entity_id: str, token: str) -> Response:
        entity = ctx.entities.get(entity_id)
        gone = {one.key: one.value for one in removed.take(token) if one.entity_id == entity_id}
        if not gone or gone.keys() & entity.fields.keys():
            return _to_overview(entity_id, "not-restored")
        try:
            patch = EntityPatch(fields={**entity.fields, **gone})
            ctx.entities.update(entity_id, patch, expected_revision=entity.revision)
        except (InvalidInput, PreconditionFailed):
            return _to_overview(entity_id, "not-restored")
        return _to_overview(entity_id, "field-restored")


def _errors(refusal: InvalidInput, field_key: str) -> list[str]:
    """The sentences of a refusal that are about this value."""
    details = refusal.details
    for one in details if isinstance(details, list) else [details]:
        if isinstance(one, dict) and one.get("field_key") == field_key and isinstance(one.get("errors"), list):
            return [str(error) for error in one["errors"]]
    return [str(refusal)]


def _address(path: str, name: str) -> str:
    return f"{path}?{urlencode({'name': name})}"


def _named(ctx: PluginContext, name: str, *, own: bool = False) -> Defined:
    """The definition that an address names, of a descriptor or of an own field."""
    defined = Definitions(ctx).named(name)
    if defined is None or (defined.definition.scope == OWN_FIELDS) is not own:
        raise NotFound("There is no such field definition; it may have been deleted.")
    return defined


def _descriptor(ctx: PluginContext, entity_id: str, descriptor_id: str) -> Descriptor:
    try:
        descriptor = ctx.descriptors.get(descriptor_id)
    except NotFound as error:
        raise NotFound("This fact is no longer there; it was removed meanwhile.") from error
    if descriptor.entity_id != entity_id:
        raise NotFound("This value belongs to another entity.")
    return descriptor


def _of(ctx: PluginContext, descriptor: Descriptor) -> Defined:
    defined = Definitions(ctx).find(descriptor.scope, descriptor.field_key)
    if defined is None:
        raise NotFound("The definition of this value was deleted. The value can only be read and removed.")
    return defined


def _to_overview(entity_id: str, notice: str, undo: str | None = None) -> Response:
    return RedirectResponse(with_notice(f"{PATH}/{entity_id}", notice, undo=undo, tab="overview"), 303)
