"""What imports remember: files that did not change, entities of folders, and how all of it is taken back."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from faceforge_core.catalog import imports as module
from faceforge_core.catalog import trashed
from faceforge_core.catalog.asset_lists import AssetLists
from faceforge_core.catalog.assets import AssetCatalog, NewAsset
from faceforge_core.catalog.entity_names import named
from faceforge_core.catalog.entity_rows import EntityRows
from faceforge_core.catalog.imports import BATCH, ImportCatalog
from faceforge_core.catalog.links import LinkCatalog
from faceforge_core.db.statements import prepare
from faceforge_core.jobs import pruning
from faceforge_core.testing import wait_for
from faceforge_sdk.errors import InvalidInput, JobCancelled, NotFound
from faceforge_sdk.models import AssetQuery, EntityDraft, EntityPatch, EntityQuery, LinkedAssetQuery
from faceforge_sdk.protocols import Arrival, FileOrigin

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_core.catalog.service import EntityService
    from faceforge_core.db.engine import Database
    from faceforge_core.events import EventLog

IMPORT = "a" * 64
ORIGIN = FileOrigin(b"/pictures/\xff.png", 3, 1_700_000_000_000_000_000, 7, "sidecar")


class Received:
    """The hash of bytes that somebody else keeps."""

    def __init__(self, name: str) -> None:
        self.content_hash = hashlib.sha256(name.encode()).hexdigest()
        self.byte_size = len(name)

    def discard(self) -> None: ...


class Memory:
    """The catalog of imports and what it works on."""

    def __init__(self, database: Database, events: EventLog, entities: EntityService) -> None:
        self.database = database
        self.events = events
        self.entities = entities
        self.assets = AssetCatalog(database, events)
        self.links = LinkCatalog(database, events)
        self.imports = ImportCatalog(database, self.assets, self.links, EntityRows(events))
        self.job()

    def job(self, job_id: str = IMPORT, job_type: str = "assets.bulk-import") -> str:
        self.run(
            "INSERT INTO jobs (job_id, job_type, status, finished_at) VALUES (:id, :type, 'succeeded', '2020')",
            id=job_id,
            type=job_type,
        )
        return job_id

    def run(self, sql: str, **values: object) -> None:
        self.database.write(lambda tx: tx.run(prepare(text(sql)), **values))

    def value(self, sql: str, **values: object) -> Any:
        with self.database.read() as reader:
            return reader.value(prepare(text(sql)), **values)

    def take_in(self, *names: str, import_id: str | None = IMPORT, **said: Any) -> list[str]:
        """Assets, as the intake records them."""
        arrivals = [Arrival(Received(name), name, import_id=import_id, **said) for name in names]

        def work(tx: Any) -> None:
            for arrival in arrivals:
                known = self.assets.store(
                    tx,
                    NewAsset(
                        content_hash=arrival.received.content_hash,
                        byte_size=arrival.received.byte_size,
                        kind="file",
                        filename=arrival.filename,
                        mime_type="image/png",
                        storage_provider="fs",
                        storage_key=f"files/{arrival.received.content_hash}",
                        bytes_state="ok",
                        sidecar=None,
                    ),
                )
                self.imports.remember(tx, [(arrival, not known)])

        self.database.write(work)
        return [arrival.received.content_hash for arrival in arrivals]

    def entity(self, name: str, **said: Any) -> str:
        return self.entities.create(EntityDraft(display_name=name, **said)).entity_id

    def linked(self, entity_id: str) -> dict[str, str | None]:
        return {one.asset_id: one.role for one in self.links.of_entity(entity_id, LinkedAssetQuery()).items}

    def undo(self, import_id: str = IMPORT) -> dict[str, int]:
        return dict(self.imports.undo(import_id, lambda _percent, _step: None, lambda: None))

    def told(self, *types: str) -> list[tuple[str, str]]:
        with self.database.read() as reader:
            return [(event.type, event.subject) for event in self.events.after(reader, 0, types, limit=10_000)]


@pytest.fixture
def memory(database: Database, events: EventLog, entities: EntityService) -> Memory:
    return Memory(database, events, entities)


# --- Files that did not change


@pytest.mark.parametrize(
    "change",
    [
        {"path": b"/pictures/\xfe.png"},
        {"byte_size": 4},
        {"mtime_ns": 1_700_000_000_000_000_001},
        {"inode": 8},
        {"sidecar": ""},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_file_is_known_again_only_if_all_that_its_folder_says_is_the_same(
    memory: Memory, change: dict[str, Any]
) -> None:
    [asset_id] = memory.take_in("a.png", origin=ORIGIN)

    assert memory.imports.unchanged([replace(ORIGIN, **change), ORIGIN]) == [None, asset_id]


@pytest.mark.parametrize(
    "odd",
    [
        {"inode": 2**64 - 1},
        {"inode": 2**100 + 5},
        {"mtime_ns": 2**64},
        {"mtime_ns": -5},
        {"sidecar": "\udcff"},
        {"path": b"\0"},
    ],
    ids=str,
)
def test_numbers_and_names_that_no_database_holds_are_remembered_all_the_same(
    memory: Memory, odd: dict[str, Any]
) -> None:
    origin = replace(ORIGIN, **odd)
    [asset_id] = memory.take_in("a.png", origin=origin)

    assert memory.imports.unchanged([origin]) == [asset_id]


def test_a_file_is_what_it_became_last(memory: Memory) -> None:
    memory.take_in("before", origin=ORIGIN)
    changed = replace(ORIGIN, mtime_ns=5)
    [after] = memory.take_in("after", origin=changed)

    assert memory.imports.unchanged([ORIGIN, changed]) == [None, after]


def test_a_file_whose_asset_is_not_live_has_to_be_read_again(memory: Memory) -> None:
    [asset_id] = memory.take_in("a.png", origin=ORIGIN)

    memory.assets.delete(asset_id)
    assert memory.imports.unchanged([ORIGIN]) == [None]
    memory.assets.restore(asset_id)
    assert memory.imports.unchanged([ORIGIN]) == [asset_id]


def test_purging_an_asset_forgets_where_it_came_from(memory: Memory) -> None:
    [asset_id] = memory.take_in("a.png", origin=ORIGIN)
    memory.assets.delete(asset_id)

    memory.database.write(lambda tx: trashed.remove(tx, memory.events, "assets", [asset_id]))

    assert memory.value("SELECT count(*) FROM asset_sources") == 0
    assert memory.imports.summary(IMPORT).assets.model_dump() == {"created": 1, "live": 0}
    assert memory.undo() == {"links": 0, "assets": 0, "entities": 0}


def test_more_files_than_one_statement_takes_are_answered_in_order(memory: Memory) -> None:
    origins = [replace(ORIGIN, path=b"/%d" % number) for number in range(1203)]
    known = {}
    for number in range(0, 1203, 7):
        [known[number]] = memory.take_in(f"{number}", origin=origins[number])

    assert memory.imports.unchanged(origins) == [known.get(number) for number in range(1203)]
    assert memory.imports.unchanged([]) == []


def test_known_files_are_found_by_their_path_alone(assert_indexed: Callable[..., None]) -> None:
    sql, _ = module._KNOWN.bind({"paths": [b"/a", b"/b"]})
    assert_indexed(sql)


# --- Links


def test_links_are_made_where_there_are_none_and_an_end_that_is_not_live_is_passed_over(memory: Memory) -> None:
    anna, gone = memory.entity("Anna"), memory.entity("Gone")
    first, second, trashed_asset = memory.take_in("1", "2", "3", import_id=None)
    memory.links.link(anna, first, "portrait")
    memory.entities.delete(gone)
    memory.assets.delete(trashed_asset)

    new = memory.imports.link(
        IMPORT,
        [
            (anna, first, "other"),
            (anna, second, "reference"),
            (anna, second, None),
            (anna, trashed_asset, None),
            (gone, first, None),
            ("nobody", first, None),
        ],
    )

    assert new == 1
    assert memory.linked(anna) == {first: "portrait", second: "reference"}
    assert memory.imports.summary(IMPORT).links.created == 1
    assert memory.told("asset.linked") == [("asset.linked", first), ("asset.linked", second)]


def test_a_link_that_was_removed_is_made_anew(memory: Memory) -> None:
    anna = memory.entity("Anna")
    [asset_id] = memory.take_in("1")
    memory.links.link(anna, asset_id, "old")
    memory.links.unlink(anna, asset_id)

    assert memory.imports.link(IMPORT, [(anna, asset_id, "new")]) == 1
    assert memory.linked(anna) == {asset_id: "new"}


def test_arrivals_bring_their_links(memory: Memory) -> None:
    anna = memory.entity("Anna")

    [asset_id] = memory.take_in("1", links=((anna, "portrait"), ("nobody", None)))

    assert memory.linked(anna) == {asset_id: "portrait"}
    assert memory.imports.summary(IMPORT).links.created == 1


# --- Entities of folders


@pytest.mark.parametrize("name", ["Anna", "anna", "ANNA", "Straße", "STRASSE", "x", "%", '"', "a\nb", "日本"])
def test_an_entity_is_found_by_its_name_without_regard_to_case(memory: Memory, name: str) -> None:
    memory.entity("Anna Bolena", tags=["anna", "x"])
    memory.entity("Joanna", fields={"friend": "Anna"})
    others = {one: memory.entity(one) for one in ("Anna", "Straße", "X", "%", '"', "A\nB", "日本")}

    found = memory.imports.entity(IMPORT, name, "key", [])

    assert found == next(others[one] for one in others if one.casefold() == name.casefold())
    assert memory.imports.summary(IMPORT).entities.created == 0


def test_an_entity_is_found_by_an_alias_but_not_by_a_tag_or_a_part(memory: Memory) -> None:
    anna = memory.entity("Anna", aliases=["Annie", "The Boss"])
    memory.entity("Berta", tags=["boss"], aliases=["Bossy"])

    assert memory.imports.entity(IMPORT, "the boss", "one", []) == anna
    assert memory.imports.entity(IMPORT, "Boss", "two", []) != anna
    assert memory.imports.summary(IMPORT).entities.created == 1


def test_names_are_found_before_and_after_the_trigram_index_has_caught_up(memory: Memory) -> None:
    anna = memory.entity("Anna")
    for _ in range(3):
        with memory.database.read() as reader:
            assert list(named(reader, "anna")) == [anna]
        memory.entities.update(anna, EntityPatch(tags=["changed"]))
        wait_for(lambda: memory.value("SELECT count(*) FROM entity_search_pending") == 0)


def test_of_several_entities_with_the_name_none_is_taken_and_the_key_tells_the_new_one_again(memory: Memory) -> None:
    taken = {memory.entity("Anna"), memory.entity("Berta", aliases=["anna"])}

    made = memory.imports.entity(IMPORT, "Anna", "/pictures/Anna", ["cosplay", "cosplay"])

    assert made not in taken
    entity = memory.entities.get(made)
    assert (entity.display_name, entity.tags, entity.external_ids) == (
        "Anna",
        ["cosplay"],
        {"import": "/pictures/Anna"},
    )
    memory.entities.update(made, EntityPatch(display_name="Somebody else"))
    assert memory.imports.entity("b" * 64, "Anna", "/pictures/Anna", []) == made
    assert memory.imports.summary(IMPORT).entities.model_dump() == {"created": 1, "live": 1}


def test_tags_are_added_to_those_that_an_entity_has(memory: Memory) -> None:
    anna = memory.entity("Anna", tags=["friend"])

    memory.imports.entity(IMPORT, "Anna", "key", ["friend", "cosplay"])
    revision = memory.entities.get(anna).revision
    memory.imports.entity(IMPORT, "Anna", "key", ["cosplay"])

    assert memory.entities.get(anna).tags == ["friend", "cosplay"]
    assert memory.entities.get(anna).revision == revision


def test_a_folders_entity_that_lay_in_the_trash_comes_back_as_what_the_import_created(memory: Memory) -> None:
    made = memory.imports.entity(IMPORT, "Anna", "key", [])
    memory.entities.delete(made)
    again = memory.job("b" * 64)

    assert memory.imports.entity(again, "Anna", "key", ["back"]) == made
    assert memory.entities.get(made).tags == ["back"]
    assert memory.imports.summary(again).entities.created == 1


@pytest.mark.parametrize(
    "key", ["/" + "ordner/" * 200, "/a\udcff", " /a ", "/a\0b"], ids=["long", "no text", "blank", "nul"]
)
def test_any_folder_has_a_key_of_its_own(memory: Memory, key: str) -> None:
    one = memory.imports.entity(IMPORT, "One", key, [])
    other = memory.imports.entity(IMPORT, "Other", key + "x", [])

    assert one != other
    assert memory.imports.entity(IMPORT, "Renamed", key, []) == one
    assert memory.imports.entity(IMPORT, "Renamed", key + "x", []) == other


def test_a_name_that_is_none_is_refused(memory: Memory) -> None:
    with pytest.raises(InvalidInput):
        memory.imports.entity(IMPORT, " ", "key", [])


# --- Summary and undo


def test_undo_takes_back_what_the_import_created_and_nothing_else(memory: Memory) -> None:
    anna = memory.entity("Anna", tags=["friend"])
    [old] = memory.take_in("old", import_id=None)
    memory.links.link(anna, old, "portrait")
    new, _ = memory.take_in("new", "old", links=((anna, None),))
    berta = memory.imports.entity(IMPORT, "Berta", "key", [])
    memory.imports.entity(IMPORT, "Anna", "other key", ["tagged"])
    memory.imports.link(IMPORT, [(berta, new, None), (berta, old, None)])
    before = memory.imports.summary(IMPORT)
    assert (before.assets.live, before.entities.live, before.links.live) == (1, 1, 3)

    assert memory.undo() == {"links": 3, "assets": 1, "entities": 1}

    assert [asset.asset_id for asset in AssetLists(memory.database).list(AssetQuery()).items] == [old]
    assert [one.entity_id for one in memory.entities.list(EntityQuery()).items] == [anna]
    assert memory.linked(anna) == {old: "portrait"}
    assert memory.entities.get(anna).tags == ["friend", "tagged"]
    assert sorted(memory.told("asset.unlinked", "asset.deleted", "entity.deleted")) == sorted(
        [
            *[("asset.unlinked", new)] * 2,
            ("asset.unlinked", old),
            ("asset.deleted", new),
            ("entity.deleted", berta),
        ]
    )
    after = memory.imports.summary(IMPORT)
    assert (after.assets.model_dump(), after.links.live) == ({"created": 1, "live": 0}, 0)
    assert memory.undo() == {"links": 0, "assets": 0, "entities": 0}


def test_counters_and_totals_agree_after_an_undo(memory: Memory) -> None:
    memory.take_in("kept", import_id=None)
    memory.take_in("1", "2", "3")
    memory.imports.entity(IMPORT, "Anna", "key", [])

    memory.undo()

    assert AssetLists(memory.database).list(AssetQuery()).total == 1
    assert memory.value("SELECT value FROM counters WHERE name = 'entities'") == 0


def test_an_asset_that_came_back_from_the_trash_goes_there_again(memory: Memory) -> None:
    [asset_id] = memory.take_in("a", import_id=None)
    memory.assets.delete(asset_id)
    memory.take_in("a")

    assert memory.undo()["assets"] == 1
    with pytest.raises(NotFound):
        memory.assets.get(asset_id)


def test_undo_of_many_goes_by_batches_that_leave_room_for_other_writers(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 2 * BATCH + 10
    memory.take_in(*map(str, range(count)))
    writes, told = [], []
    write = memory.database.write
    monkeypatch.setattr(memory.database, "write", lambda work: writes.append(work) or write(work))

    done = memory.imports.undo(IMPORT, lambda percent, step: told.append(percent), lambda: None)

    assert (done["assets"], len(writes)) == (count, 3)
    assert told == sorted(told)
    assert told[-1] == 100


def test_an_undo_that_is_stopped_can_be_gone_on_with(memory: Memory) -> None:
    memory.take_in(*map(str, range(BATCH + 50)))
    asked = []

    def stop() -> None:
        asked.append(None)
        if len(asked) > 1:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        memory.imports.undo(IMPORT, lambda _percent, _step: None, stop)
    assert memory.imports.summary(IMPORT).assets.live == 50
    assert memory.undo()["assets"] == 50


def test_an_import_that_created_nothing_is_one_and_another_job_is_none(memory: Memory) -> None:
    other = memory.job("b" * 64, "storage.verify")

    assert memory.imports.summary(IMPORT).assets.created == 0
    for job_id in (other, "no job"):
        with pytest.raises(NotFound):
            memory.imports.summary(job_id)
        with pytest.raises(NotFound):
            memory.undo(job_id)


def test_an_import_is_forgotten_with_its_job_and_one_whose_job_is_gone_still_stores(memory: Memory) -> None:
    memory.take_in("1", origin=ORIGIN)
    removed = pruning.prune(memory.database, 1, None, lambda: None)

    assert removed["jobs"] == 1
    assert memory.value("SELECT count(*) FROM import_creations") == 0
    with pytest.raises(NotFound):
        memory.imports.summary(IMPORT)
    [asset_id] = memory.take_in("2")
    assert memory.assets.get(asset_id).filename == "2"
    assert memory.imports.unchanged([ORIGIN]) != [None]


def test_what_an_import_created_is_read_along_its_key(assert_indexed: Callable[..., None]) -> None:
    for statement in (module._CREATIONS, *module._COUNT.values()):
        assert_indexed(statement.sql)
