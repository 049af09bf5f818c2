"""What Core calls when the plugin is enabled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import EntityPanel, Router, hookimpl

from .greetings import Greeter
from .routes import build

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext


@hookimpl
def register_routers(ctx: PluginContext) -> list[Router]:
    return [Router(build(Greeter(ctx)))]


@hookimpl
def register_entity_panels(ctx: PluginContext) -> list[EntityPanel]:
    greeter = Greeter(ctx)
    return [EntityPanel("hello", "Hello", "hello.html", lambda entity_id: {"sentence": greeter.greet(entity_id)})]
