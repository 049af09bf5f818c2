"""The plugin's route, served as ``/v1/plugins/example.hello/greetings/…``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

from faceforge_sdk import Envelope, ok

if TYPE_CHECKING:
    from .greetings import Greeter


def build(greeter: Greeter) -> APIRouter:
    """Routes that greet."""
    router = APIRouter(tags=["Hello"])

    @router.get("/greetings/{entity_id}", summary="Greet an entity")
    def greet(entity_id: str) -> Envelope[str]:
        return ok(greeter.greet(entity_id))

    return router
