"""The trash: what lies in it, bringing it back, emptying it, and for how long things are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.routing import built_late

from . import trash_work
from .notices import told
from .sections import show
from .trash_list import KINDS, PAGE_SIZE, Trashed, amounts, counts_of, kinds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import FormData

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import TrashKind

PATH = "/ui/settings/trash"
_MAX_CURSOR = 2000
_MAX_DAYS = 100_000


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/settings/trash``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("")
    def trash(request: Request) -> Response:
        try:
            return _show(ctx, request)
        except InvalidInput:
            if "cursor" not in request.query_params:
                raise
            return RedirectResponse(PATH, 303)  # an old bookmark into the middle

    @router.post("/restore")
    def restore(form: Posted) -> Response:
        kind, ids = _chosen(form)
        if not ids:
            return told(_address(kind), "nothing-chosen")
        done = trash_work.restore(ctx, kind, ids)
        return told(_address(kind), "restored-partly" if done.left else "restored", count=done.done)

    @router.post("/remove")
    def remove(request: Request, form: Posted) -> Response:
        """Asks first: what is removed can't be brought back."""
        kind, ids = _chosen(form)
        if not ids:
            return told(_address(kind), "nothing-chosen")
        if text_of(form, "confirm") != "1":
            return _ask(ctx, request, {kind: len(ids)}, ids)
        done = trash_work.remove(ctx, kind, ids)
        return told(_address(kind), "removed-partly" if done.left else "removed", count=done.done)

    _add_emptying(ctx, router)
    return router


def _add_emptying(ctx: PluginContext, router: APIRouter) -> None:
    @router.get("/empty")
    def ask_to_empty(request: Request) -> Response:
        return _ask(ctx, request, counts_of(ctx.trash.summary()), [])

    @router.post("/empty")
    def empty() -> Response:
        ctx.jobs.enqueue(trash_work.PURGE, {"older_than_days": 0}, dedupe_key=f"{trash_work.PURGE}:all")
        return told(PATH, "emptying")

    @router.post("/keep")
    def keep(request: Request, form: Posted) -> Response:
        for_ever, text = text_of(form, "keep") == "forever", text_of(form, "days").strip()
        if not for_ever and not (text.isascii() and text.isdigit() and int(text[:9]) <= _MAX_DAYS):
            problem = ctx.pages.texts(request).gettext("Write a number of days, such as 30.")
            return _show(ctx, request, 422, days=text, problem=problem)
        trash_work.keep_for(ctx, None if for_ever else int(text))
        return told(PATH, "keep-saved")


def _show(ctx: PluginContext, request: Request, status_code: int = 200, **typed: str) -> Response:
    texts, values = ctx.pages.texts(request), request.query_params
    summary = ctx.trash.summary()
    counts = counts_of(summary)
    wanted = values.get("kind", "")
    kind = wanted if wanted in KINDS else next((one for one in KINDS if counts[one]), KINDS[0])
    cursor = values.get("cursor", "")[:_MAX_CURSOR]
    return show(
        ctx,
        request,
        "trash.html",
        "trash",
        status_code=status_code,
        page=Trashed.read(ctx, texts, kind, cursor),
        cursor=cursor,
        kinds=kinds(texts),
        counts=counts,
        keep_days=summary.keep_days,
        days=typed.get("days", "30" if summary.keep_days is None else str(summary.keep_days)),
        problem=typed.get("problem", ""),
        can_empty=trash_work.can_empty(ctx),
        address=_address,
    )


def _ask(ctx: PluginContext, request: Request, counts: Mapping[TrashKind, int], ids: list[str]) -> Response:
    """What would be removed, and that it can't be brought back."""
    texts = ctx.pages.texts(request)
    return show(
        ctx,
        request,
        "remove.html",
        "trash",
        amounts=amounts(texts, counts),
        total=sum(counts.values()),
        kind=next(iter(counts)),
        ids=ids,
        back=_address(next(iter(counts))) if ids else PATH,
    )


def _chosen(form: FormData) -> tuple[TrashKind, list[str]]:
    """A kind, and the one thing whose button was pressed, or all that are ticked."""
    kind = text_of(form, "kind")
    if kind not in KINDS:
        raise InvalidInput("There is no such kind of things in the trash.")
    only = text_of(form, "only")
    ids = [only] if only else [one for one in form.getlist("id") if isinstance(one, str)]
    return kind, ids[:PAGE_SIZE]


def _address(kind: str) -> str:
    return f"{PATH}?kind={kind}"
