"""Tools that are found or missing; whether everything is whole; backups; and what this Core is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.routing import built_late

from .backup_form import JOB, PLUGIN, BackupForm
from .checks import VERIFY, last_check
from .findings import rows_of
from .jobs import can_run, jobs_are_shown, queue
from .notices import told
from .sections import PATH, show

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

CHECK = f"{PATH}/check"


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/settings/tools`` and ``/ui/settings/check``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/tools")
    def tools(request: Request) -> Response:
        texts = ctx.pages.texts(request)
        programs, others = rows_of(ctx.system.health(texts=texts), texts)
        return show(ctx, request, "tools.html", "tools", programs=programs, others=others)

    @router.get("/check")
    def check(request: Request) -> Response:
        return _show(ctx, request)

    @router.post("/check")
    def verify(posted: Posted) -> Response:
        deep, repair = text_of(posted, "deep") == "1", text_of(posted, "repair") == "1"
        key = f"{VERIFY}:{deep:d}{repair:d}"
        return queue(ctx, VERIFY, {"deep": deep, "repair": repair}, CHECK, key)

    @router.post("/check/backup")
    def back_up() -> Response:
        return queue(ctx, JOB, {}, CHECK, JOB)

    @router.post("/check/backups")
    def choose_backups(request: Request, posted: Posted) -> Response:
        config, form = BackupForm.posted(posted).config(ctx.pages.texts(request))
        if form.problems:
            return _show(ctx, request, form, 422)
        ctx.plugins.configure(PLUGIN, config)
        return told(CHECK, "backups-saved")

    return router


def _show(ctx: PluginContext, request: Request, form: BackupForm | None = None, status_code: int = 200) -> Response:
    info = ctx.system.info()
    can_back_up = can_run(ctx, JOB)
    return show(
        ctx,
        request,
        "check.html",
        "check",
        status_code=status_code,
        check=last_check(ctx, ctx.pages.texts(request)),
        can_check=can_run(ctx, VERIFY),
        can_back_up=can_back_up,
        jobs_shown=jobs_are_shown(ctx),
        backups=ctx.backups.list(),
        form=form or (BackupForm.of(ctx.plugins.config(PLUGIN).config) if can_back_up else BackupForm()),
        info=info,
        database_bytes=_size_of(Path(info.paths.db_dir)),
    )


def _size_of(folder: Path) -> int:
    """The database with what SQLite keeps beside it."""
    try:
        return sum(path.stat().st_size for path in folder.glob("core.sqlite3*"))
    except OSError:  # checkpointed away at just this moment
        return 0
