"""Field definitions and descriptors as services: what a race may not break, misfits, enforcement, indexes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from faceforge_core.catalog import definition_rows, misfits
from faceforge_core.catalog import descriptors as descriptors_module
from faceforge_core.catalog.descriptors import DescriptorCatalog
from faceforge_core.catalog.entities import EntityCatalog
from faceforge_core.catalog.field_defs import ATTEMPTS, FieldDefCatalog
from faceforge_core.catalog.field_types import FieldTypes
from faceforge_core.db import facts
from faceforge_core.db.statements import prepare
from faceforge_core.events import EventLog
from faceforge_core.owned import Owned
from faceforge_sdk import FieldType
from faceforge_sdk.errors import Busy, Conflict, InvalidInput, NotFound
from faceforge_sdk.models import (
    DescriptorDraft,
    DescriptorPatch,
    EntityDraft,
    FieldDefDraft,
    FieldDefPatch,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_core.db.engine import Database


class Types:
    """Two types, and what happens meanwhile: `meanwhile` is done, once, in the middle of a check."""

    def __init__(self) -> None:
        self.meanwhile: list[Callable[[], object]] = []
        self.checks = 0
        loose = FieldType("loose", self._check_loose, lambda rules: [])
        strict = FieldType("strict", self._check_strict, lambda rules: [])
        self.known = (Owned("faceforge.test", loose), Owned("faceforge.test", strict))

    def _check_loose(self, value: Any, rules: Any) -> list[str]:
        self.checks += 1
        if self.meanwhile:
            self.meanwhile.pop(0)()
        return []

    def _check_strict(self, value: Any, rules: Any) -> list[str]:
        self.checks += 1
        return [] if isinstance(value, int) else ["The value must be a number."]


@pytest.fixture
def types() -> Types:
    return Types()


@pytest.fixture
def events(database: Database) -> EventLog:
    return EventLog(database)


@pytest.fixture
def definitions(database: Database, events: EventLog, types: Types) -> FieldDefCatalog:
    return FieldDefCatalog(database, events, FieldTypes(lambda: types.known, lambda owned, work: work()))


@pytest.fixture
def descriptors(database: Database, events: EventLog, definitions: FieldDefCatalog) -> DescriptorCatalog:
    return DescriptorCatalog(database, events, definitions)


@pytest.fixture
def entities(database: Database, events: EventLog, definitions: FieldDefCatalog) -> EntityCatalog:
    return EntityCatalog(database, events, definitions)


@pytest.fixture
def entity_id(entities: EntityCatalog) -> str:
    return entities.create(EntityDraft(display_name="Ada")).entity_id


def draft(field_type: str = "loose", **facts: Any) -> FieldDefDraft:
    return FieldDefDraft.model_validate({"field_key": "key", "field_type": field_type, **facts})


def described(value: Any) -> DescriptorDraft:
    return DescriptorDraft(field_key="key", value=value)


# --- Their order, and how many values they have


def test_definitions_are_put_in_an_order_at_once_or_not_at_all(
    definitions: FieldDefCatalog, types: Types, database: Database, events: EventLog
) -> None:
    one, two, three = (definitions.create(draft(field_key=key)).field_def_id for key in ("one", "two", "three"))
    checks = types.checks
    with database.read() as reader:
        before = events.last(reader)
    definitions.arrange([three, one, two])
    assert {key: definitions.get(key).order for key in (three, one, two)} == {three: 0, one: 1, two: 2}
    with database.read() as reader:
        told = events.after(reader, before)
    assert [(event.subject, event.payload["changed"]) for event in told] == [(one, ["order"]), (two, ["order"])]
    with pytest.raises(NotFound):
        definitions.arrange([two, "nobody"])
    assert definitions.get(two).order == 2
    assert types.checks == checks  # no value is looked at


def test_values_are_counted_by_their_definitions(
    definitions: FieldDefCatalog, descriptors: DescriptorCatalog, entities: EntityCatalog, entity_id: str
) -> None:
    described_by = definitions.create(draft()).field_def_id
    own = definitions.create(draft(scope="entity", field_key="born")).field_def_id
    assert definitions.counts() == {described_by: 0, own: 0}
    descriptors.create(entity_id, described("text"))
    entities.create(EntityDraft(display_name="Grace", fields={"born": [1906, 1907], "other": 1}))
    entities.create(EntityDraft(display_name="Alan", fields={"born": 1912}))
    assert definitions.counts() == {described_by: 1, own: 2}


# --- Definitions that change while a value is checked by them


def test_a_value_is_checked_anew_when_its_definition_became_another(
    definitions: FieldDefCatalog, descriptors: DescriptorCatalog, types: Types, entity_id: str
) -> None:
    made = definitions.create(draft())
    types.meanwhile = [lambda: definitions.update(made.field_def_id, FieldDefPatch(field_type="strict"))]
    with pytest.raises(InvalidInput) as refused:
        descriptors.create(entity_id, described("text"))
    assert isinstance(refused.value.details, dict)
    assert refused.value.details["field_type"] == "strict"
    assert descriptors.of_entity(entity_id) == []


def test_a_value_that_still_fits_the_changed_definition_is_written_once(
    definitions: FieldDefCatalog, descriptors: DescriptorCatalog, types: Types, entity_id: str
) -> None:
    made = definitions.create(draft())
    descriptor = descriptors.create(entity_id, described(1))
    types.meanwhile = [lambda: definitions.update(made.field_def_id, FieldDefPatch(field_type="strict"))]
    changed = descriptors.update(descriptor.descriptor_id, DescriptorPatch(value=5))
    assert descriptors.of_entity(entity_id) == [changed]
    assert changed.value == 5


@pytest.mark.parametrize("again", [False, True])
def test_a_value_is_refused_or_checked_anew_when_its_definition_went_away(
    definitions: FieldDefCatalog, descriptors: DescriptorCatalog, types: Types, entity_id: str, again: bool
) -> None:
    made = definitions.create(draft())

    def replace() -> None:
        definitions.delete(made.field_def_id)
        if again:
            definitions.create(draft("strict"))

    types.meanwhile = [replace]
    with pytest.raises(InvalidInput) as refused:
        descriptors.create(entity_id, described("text"))
    assert ("errors" in refused.value.details) is again


def test_a_default_is_taken_from_the_definition_that_holds_in_the_end(
    definitions: FieldDefCatalog, descriptors: DescriptorCatalog, types: Types, entity_id: str
) -> None:
    made = definitions.create(draft(default="old"))
    types.meanwhile = [lambda: definitions.update(made.field_def_id, FieldDefPatch(default="new"))]
    assert descriptors.create(entity_id, DescriptorDraft(field_key="key")).value == "new"


def test_a_definition_that_never_stands_still_is_busy_and_nothing_is_written(
    definitions: FieldDefCatalog, descriptors: DescriptorCatalog, types: Types, entity_id: str
) -> None:
    made = definitions.create(draft())
    labels = [FieldDefPatch(label=str(number)) for number in range(ATTEMPTS)]
    types.meanwhile = [lambda patch=patch: definitions.update(made.field_def_id, patch) for patch in labels]
    with pytest.raises(Busy):
        descriptors.create(entity_id, described("text"))
    assert descriptors.of_entity(entity_id) == []


def test_of_two_changes_at_once_none_is_lost(definitions: FieldDefCatalog, types: Types) -> None:
    made = definitions.create(draft(default="a"))
    types.meanwhile = [lambda: definitions.update(made.field_def_id, FieldDefPatch(help="theirs"))]
    definitions.update(made.field_def_id, FieldDefPatch(default="b"))
    after = definitions.get(made.field_def_id)
    assert (after.help, after.default) == ("theirs", "b")


def test_an_entity_that_is_deleted_while_its_value_is_checked_gets_none(
    definitions: FieldDefCatalog,
    descriptors: DescriptorCatalog,
    entities: EntityCatalog,
    types: Types,
    entity_id: str,
) -> None:
    definitions.create(draft())
    types.meanwhile = [lambda: entities.delete(entity_id)]
    with pytest.raises(NotFound):
        descriptors.create(entity_id, described("text"))
    entities.restore(entity_id)
    assert descriptors.of_entity(entity_id) == []


def test_of_two_values_under_one_key_at_once_one_is_refused(
    definitions: FieldDefCatalog, descriptors: DescriptorCatalog, types: Types, entity_id: str
) -> None:
    definitions.create(draft())
    types.meanwhile = [lambda: descriptors.create(entity_id, described("theirs"))]
    with pytest.raises(Conflict):
        descriptors.create(entity_id, described("ours"))
    assert [one.value for one in descriptors.of_entity(entity_id)] == ["theirs"]


@pytest.mark.parametrize(
    "value", [float("nan"), {1, 2}, pytest.param(object(), id="object"), "\ud800", b"bytes"], ids=repr
)
def test_what_a_plugin_hands_over_and_json_cannot_hold_is_refused(
    definitions: FieldDefCatalog, descriptors: DescriptorCatalog, entity_id: str, value: Any
) -> None:
    definitions.create(draft())
    with pytest.raises(InvalidInput):
        descriptors.create(entity_id, described(value))
    assert descriptors.of_entity(entity_id) == []


# --- The index of values


def test_filters_see_each_change_of_a_descriptor(
    database: Database, definitions: FieldDefCatalog, descriptors: DescriptorCatalog, entities: EntityCatalog
) -> None:
    definitions.create(draft())
    entity_id = entities.create(EntityDraft(display_name="Ada")).entity_id
    indexed = prepare(text("SELECT value FROM entity_facts"))

    def values() -> list[Any]:
        with database.read() as reader:
            return [row[0] for row in reader.all(indexed)]

    made = descriptors.create(entity_id, described("a"))
    assert values() == ["a"]
    descriptors.update(made.descriptor_id, DescriptorPatch(value=["b", 3]))
    assert sorted(values(), key=str) == [3, "b"]
    descriptors.delete(made.descriptor_id)
    assert values() == []
    descriptors.restore(made.descriptor_id)
    assert sorted(values(), key=str) == [3, "b"]


# --- Misfits


def test_misfits_are_those_of_live_entities_and_stay_as_they_are(
    definitions: FieldDefCatalog, descriptors: DescriptorCatalog, entities: EntityCatalog
) -> None:
    made = definitions.create(draft())
    ids = [entities.create(EntityDraft(display_name=str(number))).entity_id for number in range(4)]
    fitting, wrong, hidden, removed = (
        descriptors.create(one, described(value)) for one, value in zip(ids, (1, "x", "y", "z"), strict=True)
    )
    entities.delete(hidden.entity_id)
    descriptors.delete(removed.descriptor_id)
    change = definitions.update(made.field_def_id, FieldDefPatch(field_type="strict"))
    assert (change.misfits.checked, change.misfits.count, change.misfits.complete) == (2, 1, True)
    [misfit] = change.misfits.items
    assert (misfit.entity_id, misfit.descriptor_id) == (wrong.entity_id, wrong.descriptor_id)
    assert descriptors.get(wrong.descriptor_id) == wrong
    assert descriptors.get(fitting.descriptor_id) == fitting


def test_misfits_of_the_scope_entity_are_keys_of_fields_and_descriptors_of_that_scope(
    definitions: FieldDefCatalog, descriptors: DescriptorCatalog, entities: EntityCatalog
) -> None:
    made = definitions.create(draft(scope="entity"))
    wrong = entities.create(EntityDraft(display_name="a", fields={"key": "text", "other": "text"}))
    lacking = entities.create(EntityDraft(display_name="b", fields={"other": 1}))
    entities.create(EntityDraft(display_name="c", fields={"key": 5}))
    gone = entities.create(EntityDraft(display_name="d", fields={"key": "text"}))
    entities.delete(gone.entity_id)
    old = descriptors.create(lacking.entity_id, DescriptorDraft(scope="entity", field_key="key", value="text"))
    found = definitions.update(made.field_def_id, FieldDefPatch(field_type="strict"), dry_run=True).misfits
    assert (found.checked, found.count, found.complete) == (4, 2, True)
    assert {(one.entity_id, one.descriptor_id) for one in found.items} == {
        (wrong.entity_id, None),
        (lacking.entity_id, old.descriptor_id),
    }
    required = definitions.update(made.field_def_id, FieldDefPatch(required=True), dry_run=True).misfits
    assert [(one.entity_id, one.errors) for one in required.items] == [(lacking.entity_id, ["A value is required."])]
    assert definitions.get(made.field_def_id) == made


def test_only_so_many_values_are_looked_at_and_only_the_first_misfits_named(
    definitions: FieldDefCatalog,
    descriptors: DescriptorCatalog,
    entities: EntityCatalog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = definitions.create(draft())
    for number in range(7):
        entity = entities.create(EntityDraft(display_name=str(number)))
        descriptors.create(entity.entity_id, described("text"))
    monkeypatch.setattr(misfits, "MOST_LISTED", 3)
    patch = FieldDefPatch(field_type="strict")
    found = definitions.update(made.field_def_id, patch, dry_run=True).misfits
    assert (found.checked, found.count, found.complete, len(found.items)) == (7, 7, True, 3)
    monkeypatch.setattr(misfits, "MOST_CHECKED", 5)
    found = definitions.update(made.field_def_id, patch, dry_run=True).misfits
    assert (found.checked, found.count, found.complete) == (5, 5, False)
    monkeypatch.setattr(misfits, "MOST_CHECKED", 7)
    assert definitions.update(made.field_def_id, patch, dry_run=True).misfits.complete
    monkeypatch.setattr(misfits, "LONGEST_SECONDS", -1)
    found = definitions.update(made.field_def_id, patch, dry_run=True).misfits
    assert (found.checked, found.complete) == (0, False)


def test_pages_of_values_add_up(
    database: Database, definitions: FieldDefCatalog, descriptors: DescriptorCatalog, entities: EntityCatalog
) -> None:
    made = definitions.create(draft(scope="entity"))
    add = prepare(
        text(
            "INSERT INTO entities (entity_id, display_name, fields_json)"
            " VALUES (:id, 'x', '{\"key\": ' || :value || '}')"
        )
    )
    values = [{"id": f"{number:064}", "value": "1" if number % 3 else '"text"'} for number in range(250)]
    database.write(lambda tx: tx.run_many(add, values))
    found = definitions.update(made.field_def_id, FieldDefPatch(field_type="strict"), dry_run=True).misfits
    assert (found.checked, found.count, found.complete) == (250, 84, True)
    assert len(found.items) == 84


# --- Keys of fields that are renamed


def test_a_key_of_fields_is_renamed_only_while_no_live_entity_has_a_value_under_it(
    database: Database, definitions: FieldDefCatalog
) -> None:
    made = definitions.create(draft(scope="entity"))
    database.write(lambda tx: facts.index_fields(tx, 1, {"key": 1}))
    for dry_run in (True, False):
        with pytest.raises(Conflict):
            definitions.update(made.field_def_id, FieldDefPatch(field_key="new"), dry_run=dry_run)
    database.write(lambda tx: facts.unindex(tx, 1))
    assert definitions.update(made.field_def_id, FieldDefPatch(field_key="new")).field_key == "new"


# --- Enforcement


def test_fields_are_free_while_nothing_is_enforced(definitions: FieldDefCatalog, types: Types) -> None:
    definitions.create(draft("strict", scope="entity", required=True))
    definitions.create(draft("strict", enforced=True, required=True))  # of another scope
    definitions.check_fields({"key": "text", "other": object()})
    assert types.checks == 0


def test_enforced_definitions_hold_for_the_fields_they_name(definitions: FieldDefCatalog) -> None:
    definitions.create(draft("strict", scope="entity", enforced=True, required=True))
    definitions.create(draft("strict", scope="entity", field_key="second", enforced=True, multiple=True))
    definitions.check_fields({"key": 1, "free": "text"})
    definitions.check_fields({"key": 1, "second": [1, 2]})
    with pytest.raises(InvalidInput, match="second: Item 2: The value must be a number") as refused:
        definitions.check_fields({"second": [1, "x"]})
    assert refused.value.details == [
        {"field_key": "key", "field_type": "strict", "errors": ["A value is required."]},
        {"field_key": "second", "field_type": "strict", "errors": ["Item 2: The value must be a number."]},
    ]
    for fields in ({}, {"key": None}, {"key": "text"}):
        with pytest.raises(InvalidInput):
            definitions.check_fields(fields)


def test_enforcement_follows_every_change_of_its_definition(definitions: FieldDefCatalog) -> None:
    def refuses(fields: dict[str, Any]) -> bool:
        try:
            definitions.check_fields(fields)
        except InvalidInput:
            return True
        return False

    made = definitions.create(draft("strict", scope="entity"))
    assert not refuses({"key": "text"})
    definitions.update(made.field_def_id, FieldDefPatch(enforced=True))
    assert refuses({"key": "text"})
    definitions.update(made.field_def_id, FieldDefPatch(field_key="other"))
    assert not refuses({"key": "text"})
    assert refuses({"other": "text"})
    definitions.delete(made.field_def_id)
    assert not refuses({"other": "text"})
    definitions.restore(made.field_def_id)
    assert refuses({"other": "text"})


def test_what_is_enforced_is_read_once_until_something_is_written(
    database: Database, definitions: FieldDefCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    definitions.create(draft("strict", scope="entity", enforced=True))
    reads = []
    original = database.read
    monkeypatch.setattr(database, "read", lambda: reads.append(1) or original())
    for number in range(5):
        definitions.check_fields({"key": number})
    assert len(reads) == 1


# --- Indexes


@pytest.mark.parametrize("sort_order", ["asc", "desc"])
@pytest.mark.parametrize("place", [None, "value"])
def test_the_trash_reads_an_index(assert_indexed: Callable[..., None], sort_order: str, place: Any) -> None:
    assert_indexed(definition_rows.trash_statement(sort_order, place).sql)
    assert_indexed(descriptors_module._trash_statement(sort_order, place).sql)


@pytest.mark.parametrize(
    "statement",
    [
        definition_rows.ALL,
        definition_rows.OF_SCOPE,
        definition_rows.BY_KEY,
        definition_rows.ENFORCED,
        definition_rows.COUNT_TRASH,
        misfits.COUNT_DESCRIPTORS,
        misfits.COUNT_FIELDS,
        descriptors_module._GET,
        descriptors_module._ALL_OF_ENTITY,
        descriptors_module._HOLDER,
        descriptors_module._COUNT_TRASH,
        misfits._DESCRIPTORS,
        misfits._ENTITIES,
        misfits._ANY_DESCRIPTOR,
        misfits._ANY_FIELD,
    ],
    ids=lambda statement: statement.sql[:60],
)
def test_every_query_reads_an_index(assert_indexed: Callable[..., None], statement: Any) -> None:
    assert_indexed(statement.sql)
