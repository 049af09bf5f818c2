"""Descriptors over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk.models import (
    Deleted,
    Descriptor,
    DescriptorDraft,
    DescriptorPatch,
    Items,
    Page,
    TrashedDescriptor,
    TrashQuery,
)

from .exchange import at
from .wishes import wish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .exchange import Exchange

_ROOT = "/v1/descriptors"


class Descriptors:
    """The defined values of entities."""

    def __init__(self, exchange: Exchange) -> None:
        self._ask = exchange.ask

    def create(self, entity_id: str, draft: DescriptorDraft | None = None, /, **facts: Any) -> Descriptor:
        """Give an entity a value: ``create(entity_id, field_key="born", value="1815-12-10")``.

        Raises `NotFound`, `Conflict` if it has this key, and `InvalidInput` if the key is not defined or the value does
        not fit: its details say why.
        """
        return self._ask("POST", _of(entity_id), Descriptor, body=wish(DescriptorDraft, draft, facts))

    def get(self, descriptor_id: str) -> Descriptor:
        """The live descriptor. Raises `NotFound`."""
        return self._ask("GET", _ROOT + at(descriptor_id), Descriptor)

    def of_entity(self, entity_id: str) -> Sequence[Descriptor]:
        """All of a live entity, by scope and key. Raises `NotFound`."""
        return self._ask("GET", _of(entity_id), Items[Descriptor]).items

    def update(self, descriptor_id: str, value: Any) -> Descriptor:
        """Replace the value; None is one. Raises as `create`."""
        return self._ask("PATCH", _ROOT + at(descriptor_id), Descriptor, body=DescriptorPatch(value=value))

    def delete(self, descriptor_id: str) -> None:
        """Move to the trash. Raises `NotFound`."""
        self._ask("DELETE", _ROOT + at(descriptor_id), Deleted)

    def restore(self, descriptor_id: str) -> Descriptor:
        """Bring back from the trash. Raises `NotFound`, and `Conflict` if key or entity are not free for it."""
        return self._ask("POST", _ROOT + at(descriptor_id, "restore"), Descriptor)

    def trash(self, query: TrashQuery | None = None, /, **conditions: Any) -> Page[TrashedDescriptor]:
        """One page of those in the trash, the latest first."""
        wanted = wish(TrashQuery, query, conditions)
        return self._ask("GET", "/v1/trash/descriptors", Page[TrashedDescriptor], query=wanted)


def _of(entity_id: str) -> str:
    return "/v1/entities" + at(entity_id, "descriptors")
