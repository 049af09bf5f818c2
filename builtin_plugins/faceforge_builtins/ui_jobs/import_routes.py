"""The page that starts an import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk import JobHandler
from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.routing import built_late

from .import_form import ImportForm
from .notices import job_address
from .words import IMPORT

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

_MAX_PATH = 4096


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/import``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("")
    def import_page(request: Request) -> Response:
        form = ImportForm(path=request.query_params.get("path", "")[:_MAX_PATH])
        return _show(ctx, request, form)

    @router.post("")
    def start(request: Request, posted: Posted) -> Response:
        texts = ctx.pages.texts(request)
        form = ImportForm.posted(posted).checked(texts)
        if not form.problems:
            try:
                asked = form.job_input(dry_run=text_of(posted, "dry_run") == "1")
                return RedirectResponse(job_address(ctx.jobs.enqueue(IMPORT, asked).job_id), 303)
            except InvalidInput as refusal:
                form = form.refused(refusal, texts)
        return _show(ctx, request, form, 422)

    return router


def _show(ctx: PluginContext, request: Request, form: ImportForm, status_code: int = 200) -> Response:
    able = any(handler.value.job_type == IMPORT for handler in ctx.plugins.contributed(JobHandler))
    return ctx.pages.render(request, "import.html", status_code=status_code, form=form, able=able)
