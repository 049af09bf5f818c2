"""What Core calls when the plugin is enabled."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from faceforge_sdk import EventHandler, HealthCheck, hookimpl

from .delivery import Delivery
from .post import Post

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk import PluginContext


class WebhookPlugin:
    """One delivery for the handler and the health check, made anew whenever the settings change."""

    @hookimpl
    @contextmanager
    def lifespan(self, ctx: PluginContext) -> Iterator[None]:
        url, secret = str(ctx.config.get("url", "")), str(ctx.config.get("secret") or "")
        wanted = [str(one) for one in ctx.config.get("events", ("entity.*", "asset.*"))]
        self._delivery = Delivery(Post(url, secret) if url else None, wanted, ctx.log)
        yield

    @hookimpl
    def register_event_handlers(self) -> list[EventHandler]:
        # One handler for all types keeps them in order. Its name is its place in the stream of events: what happens
        # while the plugin is disabled or Core is off is sent later.
        return [EventHandler("example.webhook", "*", self._delivery.handle)]

    @hookimpl
    def register_health_checks(self) -> list[HealthCheck]:
        return [HealthCheck("example.webhook", self._delivery.report)]
