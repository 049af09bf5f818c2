"""Entities: what is stored is what is read, found, sorted, paged, trashed and restored."""

from __future__ import annotations

import base64
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.catalog import entity_lists, entity_rows
from faceforge_core.catalog.paging import Cursor
from faceforge_sdk.errors import InvalidInput, NotFound, PreconditionFailed
from faceforge_sdk.models import EntityDraft, EntityPatch, EntityQuery, TrashQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_core.catalog.service import EntityService
    from faceforge_core.db.engine import Database


def names(entities: EntityService, **query: object) -> list[str]:
    return [entity.display_name for entity in entities.list(EntityQuery.model_validate(query)).items]


def test_a_created_entity_reads_back_exactly(entities: EntityService) -> None:
    draft = EntityDraft(
        display_name="Zoë 🦊",
        aliases=["a", "a"],
        tags=["x", "y"],
        fields={"big": 2**70, "minus": -0.0, "deep": [[None, True]], "rtl": "\u202e"},
    )
    created = entities.create(draft)
    read = entities.get(created.entity_id)
    assert read == created
    assert read.fields == draft.fields
    assert str(read.fields["minus"]) == "-0.0"
    assert len(read.entity_id) == 64


def test_a_patch_changes_only_what_it_names(entities: EntityService) -> None:
    before = entities.create(EntityDraft(display_name="Ada", aliases=["A"], tags=["t"], fields={"k": 1}))
    after = entities.update(before.entity_id, EntityPatch(display_name="Ada Lovelace", aliases=None))
    assert (after.display_name, after.aliases, after.tags, after.fields) == ("Ada Lovelace", ["A"], ["t"], {"k": 1})
    assert after.revision == before.revision + 1
    assert entities.get(before.entity_id) == after


def test_c06_the_second_of_two_patches_of_one_version_is_refused(entities: EntityService) -> None:
    entity = entities.create(EntityDraft(display_name="Ada"))
    entities.update(entity.entity_id, EntityPatch(display_name="B"), expected_revision=entity.revision)
    with pytest.raises(PreconditionFailed):
        entities.update(entity.entity_id, EntityPatch(display_name="C"), expected_revision=entity.revision)
    assert entities.get(entity.entity_id).display_name == "B"


@pytest.mark.parametrize(
    "needle", ["ada", "ADA", "lovelace", "countess", "Maths", "born", "1815", "é", "ß", "c_d", "%"]
)
def test_q_finds_names_aliases_tags_fields_and_their_keys_without_regard_to_case(
    entities: EntityService, needle: str
) -> None:
    entities.create(
        EntityDraft(
            display_name="Ada LOVELACE",
            aliases=["Countess É", "Straße"],
            tags=["maths", "a%b"],
            fields={"born": 1815, "x": ["c_d"]},
        )
    )
    entities.create(EntityDraft(display_name="Somebody else"))
    assert names(entities, q=needle) == ["Ada LOVELACE"]


@pytest.mark.parametrize("needle", ["'%", "_", "\\", "a_a", '"'])
def test_v08_wildcards_and_quotes_in_q_are_literal(entities: EntityService, needle: str) -> None:
    entities.create(EntityDraft(display_name="axa bab"))
    assert names(entities, q=needle) == []
    entities.create(EntityDraft(display_name=f"x{needle}y"))
    assert names(entities, q=needle) == [f"x{needle}y"]


def test_v09_a_tag_matches_exactly(entities: EntityService) -> None:
    for tag in ("a_b", "axb", "AXB", 'q"q', "%"):
        entities.create(EntityDraft(display_name=tag, tags=[tag]))
    for tag in ("a_b", "axb", "AXB", 'q"q', "%"):
        assert names(entities, tag=tag) == [tag]
    assert names(entities, tag="a") == []


def test_search_sees_a_change_at_once(entities: EntityService) -> None:
    entity = entities.create(EntityDraft(display_name="Before", tags=["old"]))
    entities.update(entity.entity_id, EntityPatch(display_name="After", tags=["new"]))
    assert names(entities, q="before") == []
    assert names(entities, q="after", tag="new") == ["After"]
    assert entities.list(EntityQuery(tag="old")).total == 0


@pytest.mark.parametrize("filters", [{}, {"q": "person"}, {"tag": "t"}, {"q": "person", "tag": "t"}, {"q": "p"}])
@pytest.mark.parametrize("sort_by", ["created_at", "updated_at", "display_name"])
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
def test_pages_by_cursor_and_by_offset_equal_one_sorted_list(
    entities: EntityService, monkeypatch: pytest.MonkeyPatch, filters: dict[str, str], sort_by: str, sort_order: str
) -> None:
    ticks = itertools.chain.from_iterable(itertools.repeat(f"2026-11-23T10:00:00.{n:03}Z", 3) for n in range(100))
    monkeypatch.setattr(entity_rows, "now", lambda: next(ticks))  # three entities share each millisecond
    made = [entities.create(EntityDraft(display_name=f"Person {n % 4}", tags=["t"])) for n in range(11)]
    expected = [entity.entity_id for entity in sorted(made, key=lambda entity: entity.entity_id)]
    by_id = {entity.entity_id: getattr(entity, sort_by) for entity in made}
    expected.sort(key=lambda entity_id: by_id[entity_id], reverse=sort_order == "desc")

    def pages(**start: object) -> list[str]:
        found: list[str] = []
        cursor = None
        while True:
            query = EntityQuery.model_validate(
                {"limit": 3, "sort_by": sort_by, "sort_order": sort_order, "cursor": cursor, **filters, **start}
            )
            page = entities.list(query)
            assert page.total == len(made)
            found += [entity.entity_id for entity in page.items]
            cursor = page.next_cursor
            if cursor is None:
                return found

    assert pages() == expected
    by_offset = [
        entity.entity_id
        for offset in range(0, 12, 3)
        for entity in entities.list(
            EntityQuery.model_validate(
                {"limit": 3, "offset": offset, "sort_by": sort_by, "sort_order": sort_order, **filters}
            )
        ).items
    ]
    assert by_offset == expected


@pytest.mark.parametrize("filters", [{}, {"q": "person"}, {"tag": "t"}])
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
def test_a_clock_that_jumps_back_and_far_ahead_leaves_nobody_out_of_a_list(
    entities: EntityService, monkeypatch: pytest.MonkeyPatch, filters: dict[str, str], sort_order: str
) -> None:
    moments = [
        f"{moment}:00:00.000Z" for moment in ("2026-11-26T12", "2026-11-26T11", "2027-11-26T12", "2026-11-26T11")
    ]
    ids = []
    for moment in moments * 3:
        monkeypatch.setattr(entity_rows, "now", lambda moment=moment: moment)
        ids.append(entities.create(EntityDraft(display_name="Person", tags=["t"])).entity_id)
    found: list[str] = []
    cursor = None
    while len(found) < len(ids):
        query = {"limit": 5, "sort_order": sort_order, "cursor": cursor, **filters}
        page = entities.list(EntityQuery.model_validate(query))
        found += [entity.entity_id for entity in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    made = dict(zip(ids, moments * 3, strict=True))
    assert sorted(found) == sorted(ids)
    assert [made[one] for one in found] == sorted(made.values(), reverse=sort_order == "desc")


@pytest.mark.parametrize("cursor", ["x", "é", "W10", "W251bGwsMSwyXQ", "eyJhIjoxfQ", "A" * 2000])
def test_a_cursor_that_is_none_is_refused(entities: EntityService, cursor: str) -> None:
    with pytest.raises(InvalidInput):
        entities.list(EntityQuery(cursor=cursor))


@pytest.mark.parametrize(
    ("sort_by", "key"),
    [(by, key) for by, wrong in (("created_at", "abc"), ("updated_at", 7)) for key in (wrong, None, 2**70)],
)
def test_a_forged_cursor_into_a_search_is_refused(entities: EntityService, sort_by: str, key: Any) -> None:
    forged = Cursor(f"found:{sort_by}:desc", key, "x").encode()
    with pytest.raises(InvalidInput):
        entities.list(EntityQuery.model_validate({"q": "ada", "sort_by": sort_by, "cursor": forged}))


def test_a_cursor_nested_too_deep_to_read_is_refused(entities: EntityService) -> None:
    nested = base64.urlsafe_b64encode(b"[" * 1490).decode().rstrip("=")
    with pytest.raises(InvalidInput):
        entities.list(EntityQuery(cursor=nested))


def test_a_cursor_of_another_order_is_refused(entities: EntityService) -> None:
    for n in range(3):
        entities.create(EntityDraft(display_name=str(n)))
    cursor = entities.list(EntityQuery(limit=1)).next_cursor
    with pytest.raises(InvalidInput):
        entities.list(EntityQuery(limit=1, sort_by="display_name", cursor=cursor))


def test_the_total_can_be_left_out(entities: EntityService) -> None:
    entities.create(EntityDraft(display_name="Ada"))
    assert entities.list(EntityQuery(total="none")).total is None
    assert entities.list(EntityQuery(total="none", q="ada")).total is None


def test_deleting_hides_and_restoring_brings_back(entities: EntityService) -> None:
    entity = entities.create(EntityDraft(display_name="Ada", tags=["t"]))
    entities.delete(entity.entity_id)
    with pytest.raises(NotFound):
        entities.get(entity.entity_id)
    with pytest.raises(NotFound):
        entities.delete(entity.entity_id)
    assert entities.list(EntityQuery()).total == 0
    assert names(entities, q="ada") == names(entities, tag="t") == []
    trashed = entities.trash(TrashQuery())
    assert [one.entity_id for one in trashed.items] == [entity.entity_id]
    assert trashed.total == 1
    restored = entities.restore(entity.entity_id)
    assert restored.display_name == "Ada"
    assert names(entities, q="ada", tag="t") == ["Ada"]
    assert entities.list(EntityQuery()).total == 1
    with pytest.raises(NotFound):
        entities.restore(entity.entity_id)


def test_tags_are_counted_among_the_living(entities: EntityService) -> None:
    entities.create(EntityDraft(display_name="a", tags=["x", "y", "x"]))
    gone = entities.create(EntityDraft(display_name="b", tags=["x", "z"]))
    assert [(tag.tag, tag.count) for tag in entities.tags()] == [("x", 2), ("y", 1), ("z", 1)]
    entities.delete(gone.entity_id)
    assert [(tag.tag, tag.count) for tag in entities.tags()] == [("x", 1), ("y", 1)]


@pytest.mark.parametrize("sort_by", ["created_at", "updated_at", "display_name", "deleted_at"])
@pytest.mark.parametrize("sort_order", ["asc", "desc"])
@pytest.mark.parametrize("place", [None, "value"])
def test_every_list_reads_an_index(
    assert_indexed: Callable[[str], None], sort_by: str, sort_order: str, place: None
) -> None:
    assert_indexed(entity_lists._statement(sort_by, sort_order, place).sql)


def test_reading_opens_no_connection_once_warm(entities: EntityService, database: Database) -> None:
    entity = entities.create(EntityDraft(display_name="Ada"))
    entities.get(entity.entity_id)
    opened = database.connections_opened
    for _ in range(20):
        entities.get(entity.entity_id)
        entities.list(EntityQuery(q="ada"))
    assert database.connections_opened == opened
