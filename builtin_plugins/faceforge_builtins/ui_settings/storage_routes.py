"""Where files are kept: the places, the rules, the S3 server and its test, SeaweedFS, and moving files."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from faceforge_sdk import SettingsTrial
from faceforge_sdk.errors import ContributionFailed, InvalidInput
from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.models import MigrateRequest
from faceforge_sdk.routing import built_late

from . import routing_form, s3_form
from .jobs import queue
from .notices import told
from .routing_form import RoutingForm
from .s3_form import S3Form
from .sections import show
from .storage_page import MIGRATE, SEAWEED, Move, StoragePage, Trial

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import FormData

    from faceforge_sdk import PluginContext
    from faceforge_sdk.protocols import Texts

PATH = "/ui/settings/storage"
_TRIAL_SECONDS = 20.0


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/settings/storage``."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("")
    def storage(request: Request) -> Response:
        return _show(ctx, request)

    @router.post("/routing")
    def route(request: Request, posted: Posted) -> Response:
        return _save_routing(ctx, request, posted)

    @router.post("/s3")
    def save_s3(request: Request, posted: Posted) -> Response:
        """Save; or only try what was typed."""
        return _test_s3(ctx, request, posted) if "test" in posted else _save_s3(ctx, request, posted)

    @router.post("/seaweed")
    def run_seaweed(posted: Posted) -> Response:
        wanted = text_of(posted, "run") == "1"
        config = ctx.plugins.config(SEAWEED).config
        ctx.plugins.configure(SEAWEED, {**config, "enabled": wanted})
        return told(PATH, "seaweed-on" if wanted else "seaweed-off", fragment="seaweed")

    @router.post("/move")
    def move(request: Request, posted: Posted) -> Response:
        """Count what would be moved; with ``confirm`` move it."""
        return _move(ctx, request, posted)

    return router


def _show(
    ctx: PluginContext,
    request: Request,
    status_code: int = 200,
    *,
    routing: RoutingForm | None = None,
    s3: S3Form | None = None,
    move: Move | None = None,
    trial: Trial | None = None,
) -> Response:
    texts = ctx.pages.texts(request)
    page = StoragePage.read(ctx, texts, routing=routing, s3=s3, move=move, trial=trial)
    return show(ctx, request, "storage.html", "storage", status_code=status_code, page=page)


def _save_routing(ctx: PluginContext, request: Request, posted: FormData) -> Response:
    form, texts = RoutingForm.posted(posted), ctx.pages.texts(request)
    if "more" in posted or "remove" in posted:
        return _show(ctx, request, routing=form.with_another() if "more" in posted else form)
    config, form = form.config(ctx.plugins.config(routing_form.PLUGIN).config, texts)
    if not form.problems:
        try:
            ctx.plugins.configure(routing_form.PLUGIN, config)
        except InvalidInput as refusal:
            form = replace(form, problems={"": str(refusal)})
        else:
            return told(PATH, "routing-saved", fragment="routing")
    return _show(ctx, request, 422, routing=form)


def _save_s3(ctx: PluginContext, request: Request, posted: FormData) -> Response:
    form = S3Form.posted(posted, ctx.plugins.get(s3_form.PLUGIN))
    try:
        ctx.plugins.configure(s3_form.PLUGIN, form.config(ctx.plugins.config(s3_form.PLUGIN).config, posted))
    except InvalidInput as refusal:
        return _show(ctx, request, 422, s3=form.refused(refusal, ctx.pages.texts(request)))
    return told(PATH, "s3-saved", fragment="s3")


def _test_s3(ctx: PluginContext, request: Request, posted: FormData) -> Response:
    form, texts = S3Form.posted(posted, ctx.plugins.get(s3_form.PLUGIN)), ctx.pages.texts(request)
    config = form.config(ctx.plugins.config(s3_form.PLUGIN).config, posted)
    return _show(ctx, request, s3=form, trial=_try(ctx, texts, config))


def _try(ctx: PluginContext, texts: Texts, config: Mapping[str, object]) -> Trial:
    trials = [one for one in ctx.plugins.contributed(SettingsTrial) if one.plugin_id == s3_form.PLUGIN]
    if not trials:
        return Trial("error", texts.gettext("Nobody can test this connection: the plugin is switched off."), "")
    try:
        report = trials[0].call(lambda: trials[0].value.attempt(config), seconds=_TRIAL_SECONDS)
    except ContributionFailed as failure:
        return Trial("error", str(failure), "")
    advice = texts.gettext(report.advice, **report.values) if report.advice else ""
    return Trial(report.status, texts.gettext(report.summary, **report.values), advice)


def _move(ctx: PluginContext, request: Request, posted: FormData) -> Response:
    texts = ctx.pages.texts(request)
    chosen = Move(
        to=text_of(posted, "to"),
        source=text_of(posted, "source"),
        kind=text_of(posted, "kind").strip(),
        keep_source=text_of(posted, "keep_source") == "1",
    )
    if chosen.to == chosen.source:
        problem = texts.gettext("Choose two different places.")
        return _show(ctx, request, 422, move=replace(chosen, problem=problem))
    try:
        wish = MigrateRequest.model_validate(
            {
                "to": chosen.to,
                "source": chosen.source or None,
                "kind": chosen.kind or None,
                "keep_source": chosen.keep_source,
            }
        )
        plan = ctx.storage.plan_migration(wish)
    except (InvalidInput, ValidationError):
        problem = texts.gettext("Files can't be moved there: no active plugin keeps files in this place.")
        return _show(ctx, request, 422, move=replace(chosen, problem=problem))
    if text_of(posted, "confirm") != "1" or not plan.assets:
        return _show(ctx, request, move=replace(chosen, plan=plan))
    asked = wish.model_dump(mode="json", exclude_none=True)
    return queue(ctx, MIGRATE, asked, PATH, f"{MIGRATE}:{chosen.source}:{chosen.to}:{chosen.kind}")
