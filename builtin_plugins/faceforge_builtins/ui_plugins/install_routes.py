"""Installing a plugin from a ZIP or wheel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile

from faceforge_sdk.errors import Conflict, InvalidInput, PayloadTooLarge
from faceforge_sdk.forms import Posted
from faceforge_sdk.routing import built_late

from .cards import Surroundings, card_of
from .notices import LIST

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

_STATUS = {InvalidInput: 422, Conflict: 409, PayloadTooLarge: 413}


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/plugin-install``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("")
    def install_page(request: Request) -> Response:
        return _show(ctx, request)

    @router.post("")
    def install(request: Request, form: Posted) -> Response:
        file = form.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            return _show(ctx, request, ctx.pages.texts(request).gettext("Choose a file."), 422)
        try:
            installed = ctx.plugins.install(file.file, file.filename)
        except (InvalidInput, Conflict, PayloadTooLarge) as refusal:
            return _show(ctx, request, str(refusal), _status(refusal))
        texts = ctx.pages.texts(request)
        card = card_of(ctx, installed.plugin, texts, Surroundings.of(ctx, texts))
        return ctx.pages.render(request, "installed.html", installed=installed, card=card, belongs_to=LIST)

    return router


def _status(refusal: Exception) -> int:
    return next(status for kind, status in _STATUS.items() if isinstance(refusal, kind))


def _show(ctx: PluginContext, request: Request, problem: str = "", status_code: int = 200) -> Response:
    return ctx.pages.render(request, "install.html", status_code=status_code, problem=problem, belongs_to=LIST)
