"""Field definitions: what values may stand under which keys.

A change takes what stands in the database when it is made: the checks, which may call into plugins, run before the
writing transaction, and are made anew where the definition was changed meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_core.clock import now
from faceforge_sdk import patterns
from faceforge_sdk.errors import Busy, Conflict, InvalidInput, NotFound
from faceforge_sdk.models import FieldDef, FieldDefChange

from . import definition_rows as rows
from .ids import new_id
from .memo import CostlyMemo, Memo
from .misfits import count_values, find_misfits, has_values
from .paging import Cut

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from faceforge_core.catalog.field_types import FieldTypes
    from faceforge_core.db.engine import Database, Reader, Transaction
    from faceforge_core.events import EventLog
    from faceforge_sdk.events import EventType
    from faceforge_sdk.models import FieldDefDraft, FieldDefPatch, Page, TrashedFieldDef, TrashQuery

ATTEMPTS = 5
"""How often a change is checked anew because a definition changed meanwhile."""

_RULES = frozenset({"field_type", "options", "regex"})
_FIT = _RULES | {"required", "multiple", "default"}


class FieldDefCatalog:
    """The live and the trashed definitions."""

    def __init__(self, database: Database, events: EventLog, types: FieldTypes) -> None:
        self._database = database
        self._events = events
        self._types = types
        self._enforced: Memo[Sequence[FieldDef]] = Memo(lambda: database.generation)
        self._counts: CostlyMemo[Mapping[str, int]] = CostlyMemo(lambda: database.generation)

    def create(self, draft: FieldDefDraft) -> FieldDef:
        """Define a key. Raises `InvalidInput` for what its type refuses, `Conflict` if the key is defined."""
        moment = now()
        facts = {**draft.model_dump(), "regex": draft.regex or None}
        definition = FieldDef(field_def_id=new_id(), created_at=moment, updated_at=moment, **facts)
        self._require_sound(definition, facts.keys())
        columns = rows.columns_of(definition)

        def work(tx: Transaction) -> None:
            _require_free(tx, definition)
            tx.run(rows.INSERT, **columns, deleted_at=None)
            self._tell(tx, "field_def.created", definition)

        self._database.write(work)
        return definition

    def get(self, field_def_id: str) -> FieldDef:
        """The live definition. Raises `NotFound`."""
        with self._database.read() as reader:
            return _live(reader, field_def_id)

    def list(self, scope: str | None = None) -> Sequence[FieldDef]:
        """All live ones, or those of a scope, by scope and key."""
        with self._database.read() as reader:
            found = reader.all(rows.ALL) if scope is None else reader.all(rows.OF_SCOPE, scope=scope)
        return [rows.definition_of(row) for row in found]

    def update(self, field_def_id: str, patch: FieldDefPatch, *, dry_run: bool = False) -> FieldDefChange:
        """Change what `patch` names, and say which stored values do not fit; they are left as they are.

        A key under which values stand is not renamed (`Conflict`): they would lose their definition. What is wrong
        with a definition of v0.1.9 is no obstacle while the patch does not touch it.
        """
        changes = _changes(patch)
        for _ in range(ATTEMPTS):
            before = self.get(field_def_id)
            after = before.model_copy(update=changes)
            changed = sorted(name for name, value in changes.items() if value != getattr(before, name))
            self._require_sound(after, changed)
            if dry_run:
                with self._database.read() as reader:
                    _require_key(reader, before, after)
            else:
                after = after.model_copy(update={"updated_at": now()})
                if not self._replace(before, after, changed):
                    continue
            after = after.model_copy(update={"regex_error": patterns.problem(after.regex or "")})
            misfits = find_misfits(self._database, self._types, after)
            return FieldDefChange(**after.model_dump(), misfits=misfits)
        raise keeps_changing()

    def arrange(self, field_def_ids: Sequence[str]) -> None:
        """Give these their `order` by their place in the sequence; values are not looked at. Raises `NotFound`."""
        moment = now()

        def work(tx: Transaction) -> None:
            for order, field_def_id in enumerate(dict.fromkeys(field_def_ids)):
                definition = _live(tx, field_def_id)
                if definition.order != order:
                    tx.run(rows.PLACE, id=field_def_id, new_position=order, new_updated_at=moment)
                    self._tell(tx, "field_def.updated", definition, changed=["order"])

        self._database.write(work)

    def counts(self) -> Mapping[str, int]:
        """How many values are stored under each live definition, by its id."""
        return self._counts.get("", self._count)

    def delete(self, field_def_id: str) -> None:
        """Move to the trash; its key is free at once. Raises `NotFound`."""

        def work(tx: Transaction) -> None:
            definition = _live(tx, field_def_id)
            tx.run(rows.TRASH, id=field_def_id, moment=now())
            self._tell(tx, "field_def.deleted", definition)

        self._database.write(work)

    def restore(self, field_def_id: str) -> FieldDef:
        """Bring back from the trash. Raises `NotFound` if it is not there, `Conflict` if its key is defined anew."""

        def work(tx: Transaction) -> FieldDef:
            row = tx.one(rows.GET_TRASHED, id=field_def_id)
            if row is None:
                raise _not_found(field_def_id, "in the trash")
            _require_free(tx, rows.definition_of(row))
            tx.run(rows.RESTORE, id=field_def_id)
            definition = _live(tx, field_def_id)
            self._tell(tx, "field_def.restored", definition)
            return definition

        return self._database.write(work)

    def trash(self, query: TrashQuery) -> Page[TrashedFieldDef]:
        """What lies in the trash."""
        cut = Cut.of(query, rows.trash_order(query.sort_order))
        with self._database.read() as reader:
            found = reader.all(rows.trash_statement(query.sort_order, cut.place), **cut.params)
            total = reader.value(rows.COUNT_TRASH) if query.total == "exact" else None
        return cut.page(found, rows.trashed_of, total)

    # --- For those who keep values

    def find(self, reader: Reader, scope: str, field_key: str) -> FieldDef | None:
        """The live definition of a key."""
        row = reader.one(rows.BY_KEY, scope=scope, field_key=field_key)
        return None if row is None else rows.definition_of(row)

    def errors(self, definition: FieldDef, value: Any) -> Sequence[str]:
        """What is wrong with a value. May call into a plugin and read: never from within a writing transaction."""
        return self._types.errors(definition, value)

    def check_fields(self, fields: Mapping[str, Any]) -> None:
        """Hold an entity's `fields` to the enforced definitions of the scope ``entity``; keys without one are free.

        Raises `InvalidInput` whose details list ``{field_key, field_type, errors}``. Call it before the writing
        transaction, since it may call into plugins. A definition that is enforced in just that moment does not count
        yet: what stands then is a misfit like any value from before.
        """
        wrong = [
            {"field_key": definition.field_key, "field_type": definition.field_type, "errors": errors}
            for definition in self._enforced.get("entity", self._read_enforced)
            if (errors := self._types.errors(definition, fields.get(definition.field_key)))
        ]
        if wrong:
            told = "; ".join(f"{one['field_key']}: {one['errors'][0]}" for one in wrong[:3])
            raise InvalidInput(f"The fields do not fit their definitions: {told}", details=wrong)

    def _read_enforced(self) -> Sequence[FieldDef]:
        with self._database.read() as reader:
            return [rows.definition_of(row) for row in reader.all(rows.ENFORCED)]

    def _count(self) -> Mapping[str, int]:
        with self._database.read() as reader:
            found = [rows.definition_of(row) for row in reader.all(rows.ALL)]
            return {one.field_def_id: count_values(reader, one.scope, one.field_key) for one in found}

    # --- What a change goes through

    def _require_sound(self, definition: FieldDef, touched: Collection[str]) -> None:
        """Raise `InvalidInput` for what is wrong with the `touched` parts of a definition."""
        wrong: list[tuple[str, str]] = []
        if "field_type" in touched and self._types.find(definition.field_type) is None:
            name = definition.field_type.strip()[:80]
            wrong.append(("field_type", f"No active plugin knows the type {name!r}."))
        if "regex" in touched and definition.regex and (reason := patterns.problem(definition.regex)):
            wrong.append(("regex", reason))
        if _RULES.intersection(touched):
            wrong += [("options", error) for error in self._types.rule_errors(definition)]
        if not wrong and definition.default is not None and _FIT.intersection(touched):
            wrong += [("default", error) for error in self._types.errors(definition, definition.default)]
        if wrong:
            details = [{"type": "value_error", "loc": ["body", name], "msg": reason} for name, reason in wrong]
            raise InvalidInput(f"The definition can't be used: {wrong[0][1]}", details=details)

    def _replace(self, before: FieldDef, after: FieldDef, changed: Sequence[str]) -> bool:
        """Write `after`; False, and nothing done, where `before` is no longer what stands there."""
        columns = {f"new_{name}": value for name, value in rows.columns_of(after).items()}
        for fixed in ("field_def_id", "scope", "created_at"):
            del columns[f"new_{fixed}"]

        def work(tx: Transaction) -> bool:
            if _live(tx, before.field_def_id) != before:
                return False
            _require_key(tx, before, after)
            tx.run(rows.UPDATE, id=before.field_def_id, **columns)
            self._tell(tx, "field_def.updated", after, changed=changed)
            return True

        return self._database.write(work)

    def _tell(self, tx: Transaction, event_type: EventType, definition: FieldDef, **more: Any) -> None:
        payload = {"scope": definition.scope, "field_key": definition.field_key, **more}
        self._events.append(tx, event_type, definition.field_def_id, payload)


def keeps_changing() -> Busy:
    """What to raise where a definition changed as often as we checked by it."""
    return Busy("The field definition is being changed by others; try again.")


def _changes(patch: FieldDefPatch) -> dict[str, Any]:
    """The new values by field. Raises `InvalidInput` for a field that is to be set and cleared."""
    given = {name: value for name in patch.model_fields_set - {"clear"} if (value := getattr(patch, name)) is not None}
    if both := sorted(given.keys() & set(patch.clear)):
        raise InvalidInput(f"Either set or clear {', '.join(both)}.")
    if given.get("regex") == "":  # so v0.1.9 was told to forget a pattern
        given["regex"] = None
    return {**given, **dict.fromkeys(patch.clear)}


def _live(reader: Reader, field_def_id: str) -> FieldDef:
    row = reader.one(rows.GET, id=field_def_id)
    if row is None:
        raise _not_found(field_def_id)
    return rows.definition_of(row)


def _require_key(reader: Reader, before: FieldDef, after: FieldDef) -> None:
    if after.field_key == before.field_key:
        return
    _require_free(reader, after)
    if has_values(reader, before.scope, before.field_key):
        raise Conflict(
            f"Values stand under the key {before.field_key!r}: they would lose their definition.",
            details={"scope": before.scope, "field_key": before.field_key},
        )


def _require_free(reader: Reader, definition: FieldDef) -> None:
    """Raise `Conflict` if another live definition has the scope and key."""
    row = reader.one(rows.BY_KEY, scope=definition.scope, field_key=definition.field_key)
    if row is not None:
        raise Conflict(
            f"The key {definition.field_key!r} of the scope {definition.scope!r} is defined already,"
            f" by {row['field_def_id']}.",
            details={"field_def_id": row["field_def_id"]},
        )


def _not_found(field_def_id: str, where: str = "") -> NotFound:
    return NotFound(f"There is no field definition {field_def_id[:80]!r}{where and ' ' + where}.")
