"""What a page's form sends, for routes: ``def save(form: Posted) -> Response``."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Annotated, Any

from .errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.datastructures import FormData
    from starlette.requests import Request

    Posted = FormData
    """A form as a route's parameter: ``form: Posted``. It maps names to texts and files; `text_of` reads a text."""

__all__ = ["Posted", "posted_form", "text_of"]


async def posted_form(request: Request) -> FormData:
    """The form as sent; FastAPI's own parameters can't tell an empty field from a missing one.

    Raises `InvalidInput` for what can't be read.
    """
    try:
        form = await request.form()
        for value in form.values():
            if isinstance(value, str):
                value.encode()
    except ValueError as exc:  # the client names the encoding, and some decode nothing, or to what is no text
        raise InvalidInput("The form can't be read.") from exc
    return form


def text_of(form: FormData, name: str, default: str = "") -> str:
    """A form's text field; `default` when it is missing or a file."""
    value = form.get(name)
    return value if isinstance(value, str) else default


def __getattr__(name: str) -> Any:
    """`Posted` is made when it is asked for, and its makers are named at run time: the SDK needs no web framework."""
    if name != "Posted":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    fastapi = importlib.import_module("fastapi")
    posted = importlib.import_module("starlette.datastructures").FormData

    async def form_of(request: Any) -> AsyncIterator[Any]:
        form = await posted_form(request)
        try:
            yield form
        finally:
            await form.close()  # files that came along are temporary files

    form_of.__annotations__["request"] = fastapi.Request
    return Annotated[posted, fastapi.Depends(form_of)]
