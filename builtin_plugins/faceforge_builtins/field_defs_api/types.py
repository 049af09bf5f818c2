"""The route that tells forms which types there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from faceforge_sdk import FieldType
from faceforge_sdk.models import Envelope, Items, ok

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Plugins


class KnownType(BaseModel):
    """A type that a definition can name by `name` or an alias; `widget` is the control that suits its values."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "int", "aliases": ["integer"], "widget": "number"}]}
    )

    name: str
    aliases: list[str]
    widget: str


def build(plugins: Plugins) -> APIRouter:
    """Routes over the types that active plugins contribute."""
    router = APIRouter(tags=["Field definitions"])

    @router.get("/v1/admin/field-types", summary="List the types of fields")
    async def list_field_types() -> Envelope[Items[KnownType]]:
        types = [one.value for one in plugins.contributed(FieldType)]
        known = [KnownType(name=one.name, aliases=list(one.aliases), widget=one.widget) for one in types]
        return ok(Items(items=known))

    return router
