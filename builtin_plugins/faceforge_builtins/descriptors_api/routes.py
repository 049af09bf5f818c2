"""The routes of descriptors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query

from faceforge_sdk.models import (
    Deleted,
    Descriptor,
    DescriptorDraft,
    DescriptorPatch,
    Envelope,
    Items,
    Page,
    TrashedDescriptor,
    TrashQuery,
    ok,
)
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Descriptors


def build(descriptors: Descriptors) -> APIRouter:
    """Routes over `descriptors`."""
    router = built_late(APIRouter(tags=["Descriptors"]))

    @router.get("/v1/entities/{entity_id}/descriptors", summary="List an entity's descriptors")
    def list_entity_descriptors(entity_id: str) -> Envelope[Items[Descriptor]]:
        return ok(Items(items=list(descriptors.of_entity(entity_id))))

    @router.post("/v1/entities/{entity_id}/descriptors", summary="Give an entity a descriptor")
    def create_descriptor(entity_id: str, draft: DescriptorDraft) -> Envelope[Descriptor]:
        return ok(descriptors.create(entity_id, draft))

    @router.get("/v1/descriptors/{descriptor_id}", summary="Read a descriptor")
    async def get_descriptor(descriptor_id: str) -> Envelope[Descriptor]:
        return ok(descriptors.get(descriptor_id))

    @router.patch("/v1/descriptors/{descriptor_id}", summary="Change a descriptor's value")
    def update_descriptor(descriptor_id: str, patch: DescriptorPatch) -> Envelope[Descriptor]:
        return ok(descriptors.update(descriptor_id, patch))

    @router.delete("/v1/descriptors/{descriptor_id}", summary="Move a descriptor to the trash")
    def delete_descriptor(descriptor_id: str) -> Envelope[Deleted]:
        descriptors.delete(descriptor_id)
        return ok(Deleted())

    @router.post("/v1/descriptors/{descriptor_id}/restore", summary="Bring a descriptor back from the trash")
    def restore_descriptor(descriptor_id: str) -> Envelope[Descriptor]:
        return ok(descriptors.restore(descriptor_id))

    @router.get("/v1/trash/descriptors", summary="List the descriptors in the trash")
    def list_trashed_descriptors(query: Annotated[TrashQuery, Query()]) -> Envelope[Page[TrashedDescriptor]]:
        return ok(descriptors.trash(query))

    return router
