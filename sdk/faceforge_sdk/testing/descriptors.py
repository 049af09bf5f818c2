"""Field definitions and descriptors in memory."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING, Any

from faceforge_sdk.contributions import FieldRules
from faceforge_sdk.errors import Conflict, InvalidInput, NotFound
from faceforge_sdk.models import (
    Descriptor,
    FieldDef,
    FieldDefChange,
    Misfit,
    Misfits,
    TrashedDescriptor,
    TrashedFieldDef,
)

from .answers import now, page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk.contributions import FieldType
    from faceforge_sdk.models import (
        DescriptorDraft,
        DescriptorPatch,
        FieldDefDraft,
        FieldDefPatch,
        Page,
        TrashQuery,
    )

    from .entities import FakeEntities


class FakeFieldDefs:
    """`faceforge_sdk.protocols.FieldDefs` in memory.

    Append the types that matter to `types`: values and definitions are then held to them. Any other type is taken as
    it is, and so are all its values.
    """

    def __init__(self) -> None:
        self.types: list[FieldType] = []
        self.descriptors: FakeDescriptors | None = None
        self._live: dict[str, FieldDef] = {}
        self._trashed: dict[str, TrashedFieldDef] = {}

    def create(self, draft: FieldDefDraft) -> FieldDef:
        at = now()
        definition = FieldDef(field_def_id=token_hex(32), created_at=at, updated_at=at, **draft.model_dump())
        self._require_free(definition)
        self._require_sound(definition)
        self._live[definition.field_def_id] = definition
        return definition

    def get(self, field_def_id: str) -> FieldDef:
        if field_def_id not in self._live:
            raise NotFound(f"There is no field definition {field_def_id}.")
        return self._live[field_def_id]

    def list(self, scope: str | None = None) -> Sequence[FieldDef]:
        found = [one for one in self._live.values() if scope in {None, one.scope}]
        return sorted(found, key=lambda one: (one.scope, one.field_key))

    def update(self, field_def_id: str, patch: FieldDefPatch, *, dry_run: bool = False) -> FieldDefChange:
        before = self.get(field_def_id)
        changes: dict[str, Any] = patch.model_dump(exclude_none=True, exclude={"clear"})
        after = before.model_copy(update={**changes, **dict.fromkeys(patch.clear)})
        if after.field_key != before.field_key:
            self._require_free(after)
            if self._values(before):
                raise Conflict(f"Values stand under the key {before.field_key!r}.")
        self._require_sound(after)
        if not dry_run:
            after = self._live[field_def_id] = after.model_copy(update={"updated_at": now()})
        return FieldDefChange(**after.model_dump(), misfits=self._misfits(after))

    def arrange(self, field_def_ids: Sequence[str]) -> None:
        placed = {field_def_id: self.get(field_def_id) for field_def_id in field_def_ids}
        for order, (field_def_id, definition) in enumerate(placed.items()):
            self._live[field_def_id] = definition.model_copy(update={"order": order})

    def counts(self) -> Mapping[str, int]:
        return {field_def_id: len(self._values(one)) for field_def_id, one in self._live.items()}

    def delete(self, field_def_id: str) -> None:
        self._trashed[field_def_id] = TrashedFieldDef(**self.get(field_def_id).model_dump(), deleted_at=now())
        del self._live[field_def_id]

    def restore(self, field_def_id: str) -> FieldDef:
        if field_def_id not in self._trashed:
            raise NotFound(f"There is no field definition {field_def_id} in the trash.")
        definition = FieldDef(**self._trashed[field_def_id].model_dump(exclude={"deleted_at"}))
        self._require_free(definition)
        del self._trashed[field_def_id]
        self._live[field_def_id] = definition
        return definition

    def trash(self, query: TrashQuery) -> Page[TrashedFieldDef]:
        return page(list(reversed(self._trashed.values())), query.limit, query.offset)

    def find(self, scope: str, field_key: str) -> FieldDef | None:
        """The live definition of a key."""
        return next((one for one in self._live.values() if (one.scope, one.field_key) == (scope, field_key)), None)

    def errors(self, definition: FieldDef, value: Any) -> Sequence[str]:
        """What is wrong with a value, as far as its type is among `types`."""
        if value is None:
            return ["A value is required."] if definition.required else []
        if definition.multiple and not isinstance(value, list):
            return ["The value must be a list."]
        field_type, rules = self._type_of(definition), _rules(definition)
        if field_type is None:
            return []
        items = value if definition.multiple else [value]
        return [error for item in items for error in field_type.check(item, rules)]

    def _type_of(self, definition: FieldDef) -> FieldType | None:
        wanted = definition.field_type.strip().casefold()
        return next((one for one in self.types if wanted in map(str.casefold, (one.name, *one.aliases))), None)

    def _require_free(self, definition: FieldDef) -> None:
        holder = self.find(definition.scope, definition.field_key)
        if holder is not None:
            raise Conflict(f"The key {definition.field_key!r} is defined already, by {holder.field_def_id}.")

    def _require_sound(self, definition: FieldDef) -> None:
        field_type = self._type_of(definition)
        errors = [] if field_type is None else list(field_type.check_rules(_rules(definition)))
        if definition.default is not None:
            errors += self.errors(definition, definition.default)
        if errors:
            raise InvalidInput(f"The definition can't be used: {errors[0]}")

    def _values(self, definition: FieldDef) -> Sequence[Descriptor]:
        return self.descriptors.under(definition.scope, definition.field_key) if self.descriptors else []

    def _misfits(self, definition: FieldDef) -> Misfits:
        values = self._values(definition)
        items = [
            Misfit(entity_id=one.entity_id, descriptor_id=one.descriptor_id, errors=list(errors))
            for one in values
            if (errors := self.errors(definition, one.value))
        ]
        return Misfits(checked=len(values), count=len(items), complete=True, items=items)


class FakeDescriptors:
    """`faceforge_sdk.protocols.Descriptors` in memory, over fakes of entities and definitions."""

    def __init__(self, entities: FakeEntities, field_defs: FakeFieldDefs) -> None:
        self._entities = entities
        self._field_defs = field_defs
        self._live: dict[str, Descriptor] = {}
        self._trashed: dict[str, TrashedDescriptor] = {}

    def create(self, entity_id: str, draft: DescriptorDraft) -> Descriptor:
        self._entities.get(entity_id)
        definition = self._defined(draft.scope, draft.field_key)
        value = draft.value if "value" in draft.model_fields_set else definition.default
        self._require_fit(definition, value)
        self._require_free(entity_id, draft.scope, draft.field_key)
        at = now()
        facts = {**draft.model_dump(), "value": value, "entity_id": entity_id}
        descriptor = Descriptor(descriptor_id=token_hex(32), created_at=at, updated_at=at, **facts)
        self._live[descriptor.descriptor_id] = descriptor
        return descriptor

    def get(self, descriptor_id: str) -> Descriptor:
        if descriptor_id not in self._live:
            raise NotFound(f"There is no descriptor {descriptor_id}.")
        self._entities.get(self._live[descriptor_id].entity_id)
        return self._live[descriptor_id]

    def of_entity(self, entity_id: str) -> Sequence[Descriptor]:
        self._entities.get(entity_id)
        found = [one for one in self._live.values() if one.entity_id == entity_id]
        return sorted(found, key=lambda one: (one.scope, one.field_key))

    def under(self, scope: str, field_key: str) -> Sequence[Descriptor]:
        """All values under a key."""
        return [one for one in self._live.values() if (one.scope, one.field_key) == (scope, field_key)]

    def update(self, descriptor_id: str, patch: DescriptorPatch) -> Descriptor:
        descriptor = self.get(descriptor_id)
        self._require_fit(self._defined(descriptor.scope, descriptor.field_key), patch.value)
        changed = descriptor.model_copy(update={"value": patch.value, "updated_at": now()})
        self._live[descriptor_id] = changed
        return changed

    def delete(self, descriptor_id: str) -> None:
        self._trashed[descriptor_id] = TrashedDescriptor(**self.get(descriptor_id).model_dump(), deleted_at=now())
        del self._live[descriptor_id]

    def restore(self, descriptor_id: str) -> Descriptor:
        if descriptor_id not in self._trashed:
            raise NotFound(f"There is no descriptor {descriptor_id} in the trash.")
        descriptor = Descriptor(**self._trashed[descriptor_id].model_dump(exclude={"deleted_at"}))
        try:
            self._entities.get(descriptor.entity_id)
        except NotFound as exc:
            raise Conflict(f"The entity {descriptor.entity_id} lies in the trash: restore it first.") from exc
        self._require_free(descriptor.entity_id, descriptor.scope, descriptor.field_key)
        del self._trashed[descriptor_id]
        self._live[descriptor_id] = descriptor
        return descriptor

    def trash(self, query: TrashQuery) -> Page[TrashedDescriptor]:
        return page(list(reversed(self._trashed.values())), query.limit, query.offset)

    def _defined(self, scope: str, field_key: str) -> FieldDef:
        definition = self._field_defs.find(scope, field_key)
        if definition is None:
            details = {"scope": scope, "field_key": field_key}
            raise InvalidInput(f"No field definition has the key {field_key!r}.", details=details)
        return definition

    def _require_fit(self, definition: FieldDef, value: Any) -> None:
        errors = self._field_defs.errors(definition, value)
        if errors:
            details = definition.model_dump(include={"scope", "field_key", "field_type"})
            raise InvalidInput(f"The value does not fit: {errors[0]}", details={**details, "errors": list(errors)})

    def _require_free(self, entity_id: str, scope: str, field_key: str) -> None:
        for one in self.under(scope, field_key):
            if one.entity_id == entity_id:
                raise Conflict(f"The entity has a value under {field_key!r} already: {one.descriptor_id}.")


def _rules(definition: FieldDef) -> FieldRules:
    return FieldRules(definition.required, definition.options, definition.regex)
