"""The route that tells forms which types there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from faceforge_sdk import FieldType
from faceforge_sdk.models import Envelope, Items, KnownType, ok
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Plugins


def build(plugins: Plugins) -> APIRouter:
    """Routes over the types that active plugins contribute."""
    router = built_late(APIRouter(tags=["Field definitions"]))

    @router.get("/v1/admin/field-types", summary="List the types of fields")
    async def list_field_types() -> Envelope[Items[KnownType]]:
        types = [one.value for one in plugins.contributed(FieldType)]
        known = [KnownType(name=one.name, aliases=list(one.aliases), widget=one.widget) for one in types]
        return ok(Items(items=known))

    return router
