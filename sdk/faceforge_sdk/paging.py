"""Lists read to their end, for work that goes over everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .models.wire import Paging

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .models import Page

T = TypeVar("T")
Q = TypeVar("Q", bound=Paging)


def pages(listing: Callable[[Q], Page[T]], query: Q) -> Iterator[Page[T]]:
    """Page after page of a service's `list`, each asked for when it is needed; only the first counts the `total`.

    Rows that come and go meanwhile move none of the others to another page.
    """
    page = listing(query)
    yield page
    while page.next_cursor is not None:
        page = listing(query.model_copy(update={"cursor": page.next_cursor, "offset": 0, "total": "none"}))
        yield page
