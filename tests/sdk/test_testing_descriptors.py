"""Field definitions and descriptors in memory keep the promises that a plugin can see."""

from __future__ import annotations

from typing import Any

import pytest

from faceforge_sdk import FieldType
from faceforge_sdk.errors import Conflict, InvalidInput, NotFound
from faceforge_sdk.models import (
    DescriptorDraft,
    DescriptorPatch,
    EntityDraft,
    FieldDefDraft,
    FieldDefPatch,
    TrashQuery,
)
from faceforge_sdk.testing import fake_context

EVEN = FieldType(
    "even",
    lambda value, rules: [] if isinstance(value, int) and value % 2 == 0 else ["The value must be even."],
    lambda rules: ["Options are missing."] if rules.options.get("bad") else [],
    aliases=("Gerade",),
)


@pytest.fixture
def ctx() -> Any:
    ctx = fake_context()
    ctx.field_defs.types.append(EVEN)  # type: ignore[attr-defined]  # the stand-in's own
    return ctx


@pytest.fixture
def ada(ctx: Any) -> str:
    return str(ctx.entities.create(EntityDraft(display_name="Ada")).entity_id)


def draft(field_type: str = "even", **facts: Any) -> FieldDefDraft:
    return FieldDefDraft.model_validate({"field_key": "key", "field_type": field_type, **facts})


def value(*given: Any) -> DescriptorDraft:
    return DescriptorDraft(field_key="key", **({"value": given[0]} if given else {}))


def test_definitions_are_made_found_changed_trashed_and_restored(ctx: Any) -> None:
    made = ctx.field_defs.create(draft(" GERADE ", default=2))
    assert ctx.field_defs.list() == ctx.field_defs.list("descriptor") == [ctx.field_defs.get(made.field_def_id)]
    assert ctx.field_defs.list("entity") == []
    for wrong in (draft(options={"bad": 1}, scope="a"), draft(default=3, scope="a")):
        with pytest.raises(InvalidInput):
            ctx.field_defs.create(wrong)
    with pytest.raises(Conflict):
        ctx.field_defs.create(draft())
    changed = ctx.field_defs.update(made.field_def_id, FieldDefPatch(label="Key", clear=["default"]))
    assert (changed.label, changed.default) == ("Key", None)
    ctx.field_defs.delete(made.field_def_id)
    with pytest.raises(NotFound):
        ctx.field_defs.get(made.field_def_id)
    assert ctx.field_defs.trash(TrashQuery()).total == 1
    holder = ctx.field_defs.create(draft())
    with pytest.raises(Conflict):
        ctx.field_defs.restore(made.field_def_id)
    ctx.field_defs.delete(holder.field_def_id)
    assert ctx.field_defs.restore(made.field_def_id).label == "Key"


def test_descriptors_are_held_to_their_definition(ctx: Any, ada: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ctx.descriptors.create(ada, value(2))
    assert refused.value.details == {"scope": "descriptor", "field_key": "key"}
    ctx.field_defs.create(draft(default=4, required=True))
    with pytest.raises(InvalidInput) as refused:
        ctx.descriptors.create(ada, value(3))
    assert refused.value.details == {
        "scope": "descriptor",
        "field_key": "key",
        "field_type": "even",
        "errors": ["The value must be even."],
    }
    with pytest.raises(NotFound):
        ctx.descriptors.create("nobody", value(2))
    made = ctx.descriptors.create(ada, value())
    assert made.value == 4
    with pytest.raises(Conflict):
        ctx.descriptors.create(ada, value(2))
    with pytest.raises(InvalidInput):
        ctx.descriptors.update(made.descriptor_id, DescriptorPatch(value=None))
    assert ctx.descriptors.update(made.descriptor_id, DescriptorPatch(value=6)).value == 6
    assert [one.value for one in ctx.descriptors.of_entity(ada)] == [6]


def test_descriptors_are_trashed_and_hide_with_their_entity(ctx: Any, ada: str) -> None:
    ctx.field_defs.create(draft())
    made = ctx.descriptors.create(ada, value(2))
    ctx.descriptors.delete(made.descriptor_id)
    assert ctx.descriptors.trash(TrashQuery()).total == 1
    ctx.entities.delete(ada)
    with pytest.raises(Conflict):
        ctx.descriptors.restore(made.descriptor_id)
    ctx.entities.restore(ada)
    assert ctx.descriptors.restore(made.descriptor_id) == made
    ctx.entities.delete(ada)
    with pytest.raises(NotFound):
        ctx.descriptors.get(made.descriptor_id)


def test_misfits_are_told_and_a_key_with_values_is_not_renamed(ctx: Any, ada: str) -> None:
    made = ctx.field_defs.create(draft("anything", multiple=True))
    descriptor = ctx.descriptors.create(ada, value([1, 2]))
    change = ctx.field_defs.update(made.field_def_id, FieldDefPatch(field_type="even"), dry_run=True)
    assert [(one.descriptor_id, one.errors) for one in change.misfits.items] == [
        (descriptor.descriptor_id, ["The value must be even."])
    ]
    assert ctx.field_defs.get(made.field_def_id).field_type == "anything"
    with pytest.raises(Conflict):
        ctx.field_defs.update(made.field_def_id, FieldDefPatch(field_key="other"))
