"""Signing in and out, the way from ``/ui`` to the first page, and what a reader prefers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Cookie, Query, Request, Response
from fastapi.responses import RedirectResponse

from faceforge_sdk.errors import TooManyRequests, Unauthorized
from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.routing import built_late
from faceforge_sdk.sign_ins import COOKIE, forget_sign_in, keep_signed_in

from .local_paths import START_PAGE, local_page

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

PREFERENCES = {"theme": "ff_theme", "language": "ff_language"}
PREFERENCE_SECONDS = 365 * 24 * 3600


def build(ctx: PluginContext) -> APIRouter:
    """The routes of the shell."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("/ui")
    @router.get("/ui/")
    def start() -> Response:
        return RedirectResponse(START_PAGE, 303)

    @router.get("/ui/keys")
    def keys(request: Request) -> Response:
        return ctx.pages.render(request, "keys.html")

    @router.get("/ui/login")
    def login_page(request: Request, wanted: Annotated[str | None, Query(alias="next")] = None) -> Response:
        return ctx.pages.render(request, "login.html", next=local_page(wanted), problem=None)

    @router.post("/ui/login")
    def sign_in(request: Request, form: Posted) -> Response:
        wanted = local_page(text_of(form, "next"))
        try:
            session_id = ctx.sessions.sign_in(text_of(form, "token").strip(), request.headers.get("User-Agent"))
        except Unauthorized:
            return ctx.pages.render(request, "login.html", status_code=401, next=wanted, problem=_wrong(ctx, request))
        except TooManyRequests as refusal:
            return _too_many(ctx, request, wanted, refusal.retry_after)
        answer = RedirectResponse(wanted, 303)
        keep_signed_in(answer, request, session_id)
        return answer

    @router.post("/ui/logout")
    def sign_out(session_id: Annotated[str | None, Cookie(alias=COOKIE)] = None) -> Response:
        if session_id:
            ctx.sessions.sign_out(session_id)
        answer = RedirectResponse("/ui/login", 303)
        forget_sign_in(answer)
        return answer

    _add_preferences(router)
    return router


def _add_preferences(router: APIRouter) -> None:
    @router.post("/ui/preferences")
    def prefer(form: Posted) -> Response:
        """Theme and language, as far as the form names them; an empty one leaves the choice to system and browser."""
        answer = RedirectResponse(local_page(text_of(form, "next")), 303)
        for name, cookie in PREFERENCES.items():
            value = text_of(form, name)
            if value.isalpha() and value.isascii():
                answer.set_cookie(cookie, value, max_age=PREFERENCE_SECONDS, path="/", httponly=True, samesite="lax")
            elif name in form:
                answer.delete_cookie(cookie, path="/", httponly=True, samesite="lax")
        return answer


def _wrong(ctx: PluginContext, request: Request) -> str:
    _ = ctx.pages.texts(request).gettext
    return _("This is not the access token. Copy it again, whole, and mind that it may have been replaced.")


def _too_many(ctx: PluginContext, request: Request, wanted: str, seconds: int) -> Response:
    problem = ctx.pages.texts(request).ngettext(
        "Too many wrong tokens in a row. Wait %(num)s second, then try again.",
        "Too many wrong tokens in a row. Wait %(num)s seconds, then try again.",
        seconds,
    )
    answer = ctx.pages.render(request, "login.html", status_code=429, next=wanted, problem=problem)
    answer.headers["Retry-After"] = str(seconds)
    return answer
