"""The routes of field definitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from faceforge_sdk.models import (
    Deleted,
    Envelope,
    FieldDef,
    FieldDefChange,
    FieldDefDraft,
    FieldDefPatch,
    Items,
    Page,
    TrashedFieldDef,
    TrashQuery,
    ok,
)
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from faceforge_sdk.protocols import FieldDefs

Scope = Annotated[str | None, Query(description="Only the definitions of this scope.")]
DryRun = Annotated[bool, Query(description="Change nothing; only say which stored values would not fit.")]


def build(definitions: FieldDefs) -> APIRouter:
    """Routes over `definitions`."""
    router = built_late(APIRouter(tags=["Field definitions"]))

    @router.get("/v1/admin/field-defs", summary="List the field definitions")
    def list_field_defs(scope: Scope = None) -> Envelope[Items[FieldDef]]:
        return ok(Items(items=list(definitions.list(scope or None))))

    @router.post("/v1/admin/field-defs", summary="Define a field")
    def create_field_def(draft: FieldDefDraft) -> Envelope[FieldDef]:
        return ok(definitions.create(draft))

    @router.get("/v1/admin/field-defs/{field_def_id}", summary="Read a field definition")
    def get_field_def(field_def_id: str) -> Envelope[FieldDef]:
        return ok(definitions.get(field_def_id))

    @router.patch("/v1/admin/field-defs/{field_def_id}", summary="Change a field definition")
    def update_field_def(field_def_id: str, patch: FieldDefPatch, dry_run: DryRun = False) -> Envelope[FieldDefChange]:
        return ok(definitions.update(field_def_id, patch, dry_run=dry_run))

    @router.delete("/v1/admin/field-defs/{field_def_id}", summary="Move a field definition to the trash")
    def delete_field_def(field_def_id: str) -> Envelope[Deleted]:
        definitions.delete(field_def_id)
        return ok(Deleted())

    @router.post("/v1/admin/field-defs/{field_def_id}/restore", summary="Bring a field definition back from the trash")
    def restore_field_def(field_def_id: str) -> Envelope[FieldDef]:
        return ok(definitions.restore(field_def_id))

    @router.get("/v1/trash/field-defs", summary="List the field definitions in the trash")
    def list_trashed_field_defs(query: Annotated[TrashQuery, Query()]) -> Envelope[Page[TrashedFieldDef]]:
        return ok(definitions.trash(query))

    return router
