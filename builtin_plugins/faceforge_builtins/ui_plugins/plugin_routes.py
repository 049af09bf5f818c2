"""The page of one plugin: what there is to know of it, and its settings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.forms import Posted
from faceforge_sdk.routing import built_late

from .cards import Surroundings, card_of
from .folders import files_of
from .notices import LIST, notice_of, plugin_address, with_notice
from .settings import SettingsForm, SettingsText

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Plugin


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/plugin-settings/{plugin_id}``; the settings as JSON at ``…/json``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/{plugin_id}")
    def plugin_page(request: Request, plugin_id: str) -> Response:
        plugin = ctx.plugins.get(plugin_id)
        return _show(ctx, request, plugin, SettingsForm.of(plugin) or SettingsText.of(plugin))

    @router.get("/{plugin_id}/json")
    def settings_as_json(request: Request, plugin_id: str) -> Response:
        plugin = ctx.plugins.get(plugin_id)
        return _show(ctx, request, plugin, SettingsText.of(plugin))

    @router.post("/{plugin_id}")
    def save(request: Request, plugin_id: str, posted: Posted) -> Response:
        plugin, texts = ctx.plugins.get(plugin_id), ctx.pages.texts(request)
        form = SettingsForm.of(plugin)
        if form is None:
            return RedirectResponse(plugin_address(plugin_id), 303)
        form = form.typed(plugin, posted, texts)
        if not form.sound:
            return _show(ctx, request, plugin, form, 200 if form.quiet else 422)
        try:
            ctx.plugins.configure(plugin_id, form.config())
        except InvalidInput as refusal:
            return _show(ctx, request, plugin, form.refused(refusal, texts), 422)
        return RedirectResponse(with_notice(plugin_address(plugin_id), "saved", plugin_id), 303)

    @router.post("/{plugin_id}/json")
    def save_json(request: Request, plugin_id: str, posted: Posted) -> Response:
        plugin = ctx.plugins.get(plugin_id)
        text = SettingsText.of(plugin).typed(posted, ctx.pages.texts(request))
        if text.problems:
            return _show(ctx, request, plugin, text, 422)
        try:
            ctx.plugins.configure(plugin_id, text.config())
        except InvalidInput as refusal:
            return _show(ctx, request, plugin, text.refused(refusal), 422)
        return RedirectResponse(with_notice(plugin_address(plugin_id, "/json"), "saved", plugin_id), 303)

    return router


def _show(
    ctx: PluginContext, request: Request, plugin: Plugin, settings: SettingsForm | SettingsText, status_code: int = 200
) -> Response:
    texts = ctx.pages.texts(request)
    as_form = isinstance(settings, SettingsForm)
    values: dict[str, Any] = {
        "card": (card := card_of(ctx, plugin, texts, Surroundings.of(ctx, texts))),
        "form": settings if as_form else None,
        "text": None if as_form else settings,
        "formable": as_form or SettingsForm.of(plugin) is not None,
        "files": files_of(Path(ctx.system.info().paths.plugins_dir), plugin.plugin_id) if card.removable else None,
        "notice": notice_of(ctx, request.query_params, texts),
        "belongs_to": LIST,
    }
    return ctx.pages.render(request, "plugin.html", status_code=status_code, **values)
