"""Reading a list to its end."""

from __future__ import annotations

from faceforge_sdk.models import AssetQuery, Page
from faceforge_sdk.paging import pages


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
