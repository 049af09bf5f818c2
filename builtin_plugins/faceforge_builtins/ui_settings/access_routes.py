"""Who may come in: the access token, shown only to who asks for it, and the browsers that are signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from faceforge_sdk.forms import Posted, text_of
from faceforge_sdk.routing import built_late
from faceforge_sdk.sign_ins import COOKIE, keep_signed_in

from .browsers import browser_of
from .notices import told
from .sections import show

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext

PATH = "/ui/settings/access"


def build(ctx: PluginContext) -> APIRouter:
    """``/ui/settings/access``; an answer with the token in it is kept by nobody, and there is none to a GET."""
    router = built_late(APIRouter(include_in_schema=False))

    @router.get("")
    def access(request: Request) -> Response:
        return _show(ctx, request)

    @router.post("/token")
    def show_token(request: Request) -> Response:
        return _show(ctx, request, token=ctx.sessions.token())

    @router.get("/rotate")
    def ask(request: Request) -> Response:
        return show(ctx, request, "rotate.html", "access", others=_others(ctx, request))

    @router.post("/rotate")
    def rotate(request: Request) -> Response:
        """A new token; the browser that asked stays signed in, by a session of its own."""
        token = ctx.sessions.rotate_token()
        agent = request.headers.get("User-Agent")
        session_id = ctx.sessions.sign_in(token, agent) if COOKIE in request.cookies else None
        answer = _show(ctx, request, token=token, session_id=session_id, rotated=True)
        if session_id:
            keep_signed_in(answer, request, session_id)
        return answer

    @router.post("/sign-out")
    def sign_out(request: Request, form: Posted) -> Response:
        """One of them, or all but the one that asks."""
        key = text_of(form, "key")
        if key:
            return told(PATH, "signed-out" if ctx.sessions.revoke(key) else "over")
        return told(PATH, "others-out", count=ctx.sessions.revoke_others(request.cookies.get(COOKIE, "")))

    return router


def _show(
    ctx: PluginContext, request: Request, *, token: str = "", session_id: str | None = None, rotated: bool = False
) -> Response:
    texts = ctx.pages.texts(request)
    mine = session_id or request.cookies.get(COOKIE, "")
    answer = show(
        ctx,
        request,
        "access.html",
        "access",
        token=token,
        rotated=rotated,
        sign_ins=[(one, browser_of(one.user_agent, texts)) for one in ctx.sessions.list()],
        mine=ctx.sessions.key_of(mine) if mine else "",
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _others(ctx: PluginContext, request: Request) -> int:
    mine = ctx.sessions.key_of(request.cookies.get(COOKIE, ""))
    return sum(one.key != mine for one in ctx.sessions.list())
