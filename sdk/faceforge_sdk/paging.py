"""Lists read to their end, for work that goes over everything; and begun where an address says."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .errors import InvalidInput
from .models.wire import Paging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .models import Page

T = TypeVar("T")
Q = TypeVar("Q", bound=Paging)

_MAX_CURSOR = 2000


def pages(listing: Callable[[Q], Page[T]], query: Q) -> Iterator[Page[T]]:
    """Page after page of a service's `list`, each asked for when it is needed; only the first counts the `total`.

    Rows that come and go meanwhile move none of the others to another page.
    """
    page = listing(query)
    yield page
    while page.next_cursor is not None:
        page = listing(query.model_copy(update={"cursor": page.next_cursor, "offset": 0, "total": "none"}))
        yield page


def page_at(listing: Callable[[Q], Page[T]], query: Q, cursor: str) -> Page[T] | None:
    """The page of a service's `list` that a page's address names by its `cursor`; the first for an empty one.

    None where that is no cursor, or none any more: send the reader to the first page.
    """
    try:
        return listing(query.model_copy(update={"cursor": cursor[:_MAX_CURSOR] or None}))
    except InvalidInput:
        if not cursor:
            raise
        return None
