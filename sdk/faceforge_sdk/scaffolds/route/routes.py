"""The plugin's routes; Core puts them below its own prefix and asks for the token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import Envelope, ok
from fastapi import APIRouter

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Entities


def build(entities: Entities, greeting: str) -> APIRouter:
    """Routes over `entities`."""
    router = APIRouter()

    @router.get("/greetings/{entity_id}", summary="Greet an entity")
    def greet(entity_id: str) -> Envelope[str]:
        # An unknown id raises NotFound, which becomes a 404 by itself.
        return ok(f"{greeting}, {entities.get(entity_id).display_name}!")

    return router
