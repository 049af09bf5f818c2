"""The cookie of a browser that is signed in, set in one way by whoever signs it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

COOKIE: Final = "ff_token"
COOKIE_SECONDS: Final = 30 * 24 * 3600


def keep_signed_in(answer: Response, request: Request, session_id: str) -> None:
    """Have the browser that asked send this session from now on."""
    answer.set_cookie(
        COOKIE,
        session_id,
        max_age=COOKIE_SECONDS,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )


def forget_sign_in(answer: Response) -> None:
    """Have the browser forget its session."""
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
