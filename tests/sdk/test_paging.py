"""Reading a list to its end, and from where an address says."""

from __future__ import annotations

import pytest

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.models import AssetQuery, Page
from faceforge_sdk.paging import page_at, pages


def test_a_list_is_read_page_by_page_as_it_is_needed_and_counted_once() -> None:
    asked: list[AssetQuery] = []

    def listing(query: AssetQuery) -> Page[int]:
        asked.append(query)
        at = int(query.cursor or 0)
        return Page[int](items=[at], total=3, limit=query.limit, offset=0, next_cursor=str(at + 1) if at < 2 else None)

    walk = pages(listing, AssetQuery(limit=1, offset=5, sort_order="asc"))
    assert next(walk).items == [0]
    assert len(asked) == 1
    assert [page.items for page in walk] == [[1], [2]]
    assert [(query.cursor, query.offset, query.total) for query in asked] == [
        (None, 5, "exact"),
        ("1", 0, "none"),
        ("2", 0, "none"),
    ]
    assert {(query.limit, query.sort_order) for query in asked} == {(1, "asc")}


def test_a_page_begins_where_its_address_says_and_a_stale_address_has_none() -> None:
    def listing(query: AssetQuery) -> Page[int]:
        if query.cursor not in {None, "7"}:
            raise InvalidInput("cursor: that is none.")
        return Page[int](items=[int(query.cursor or 0)], total=3, limit=query.limit, offset=0)

    first, seventh = page_at(listing, AssetQuery(), ""), page_at(listing, AssetQuery(), "7")
    assert first is not None
    assert seventh is not None
    assert (first.items, seventh.items) == ([0], [7])
    assert page_at(listing, AssetQuery(), "gone") is None


def test_what_is_wrong_without_a_cursor_is_not_the_cursors_fault() -> None:
    def listing(query: AssetQuery) -> Page[int]:
        raise InvalidInput(f"sort_by: {query.sort_by}")

    with pytest.raises(InvalidInput):
        page_at(listing, AssetQuery(), "")
