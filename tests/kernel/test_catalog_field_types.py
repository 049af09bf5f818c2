"""Which type a definition means, and what a type of a plugin can't do to Core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.catalog.field_types import MOST_ERRORS, FieldTypes
from faceforge_core.owned import Owned
from faceforge_sdk import FieldType
from faceforge_sdk.errors import ContributionFailed, InvalidInput
from faceforge_sdk.models import FieldDef

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OURS, THEIRS = "faceforge.field_types", "demo.types"


def field_type(name: str, check: Callable[..., Any] | None = None, **more: Any) -> FieldType:
    return FieldType(name, check or (lambda value, rules: []), lambda rules: [], **more)


class Caller:
    """Stands for the kernel's way of calling into plugins; counts the calls."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __call__(self, owned: Owned[FieldType], work: Callable[[], Any]) -> Any:
        self.calls.append(owned.plugin_id)
        try:
            return work()
        except Exception as exc:
            raise ContributionFailed(owned.plugin_id, f"The plugin {owned.plugin_id} failed: {exc}.") from exc


@pytest.fixture
def caller() -> Caller:
    return Caller()


@pytest.fixture
def types_of(caller: Caller) -> Callable[..., FieldTypes]:
    """Types by their owner, in the order in which a generation has them."""

    def make(*types: tuple[str, FieldType]) -> FieldTypes:
        owned = tuple(Owned(owner, value) for owner, value in types)
        return FieldTypes(lambda: owned, caller)

    return make


def definition(field_type: str = "demo", **facts: Any) -> FieldDef:
    known = {"field_def_id": "d", "scope": "s", "field_key": "k", "required": False, "options": {}, "regex": None}
    return FieldDef.model_validate({**known, "created_at": "", "updated_at": "", "field_type": field_type, **facts})


def test_names_and_aliases_are_found_trimmed_and_in_any_case(types_of: Any) -> None:
    types = types_of((OURS, field_type("Straße", aliases=("Weg", "PFAD"))))
    for name in ("straße", " STRASSE ", "weg", "\tpfad\n"):
        assert types.find(name).value.name == "Straße"
    for name in ("", "strase", "we g"):
        assert types.find(name) is None


def test_the_first_of_two_types_has_a_name_or_alias_that_both_claim(types_of: Any) -> None:
    types = types_of(
        (OURS, field_type("one", aliases=("uno",))),
        (THEIRS, field_type("Uno", aliases=("ONE", "eins"))),
    )
    assert types.find("one").plugin_id == types.find("uno").plugin_id == OURS
    assert types.find("eins").plugin_id == THEIRS


def test_types_are_looked_up_anew_when_plugins_change(caller: Caller) -> None:
    active: list[Sequence[Owned[FieldType]]] = [(Owned(THEIRS, field_type("demo")),)]
    types = FieldTypes(lambda: active[-1], caller)
    assert types.find("demo") is not None
    active.append(())
    assert types.find("demo") is None
    assert "'demo'" in types.errors(definition(), 1)[0]
    active.append((Owned(OURS, field_type("demo")),))
    assert types.errors(definition(), 1) == []


def test_a_page_of_values_is_judged_in_one_call(types_of: Any, caller: Caller) -> None:
    types = types_of((THEIRS, field_type("demo", lambda value, rules: [] if value else ["The value is nothing."])))
    found = types.errors_of_all(definition(multiple=True, required=True), [[1, 0], None, [], "x", [1, None], [1]])
    assert found == [
        ["Item 2: The value is nothing."],
        ["A value is required."],
        ["At least one value is required."],
        ["The value must be a list."],
        ["Item 2: The value is null."],
        [],
    ]
    assert caller.calls == [THEIRS]


def test_nobody_is_called_for_null(types_of: Any, caller: Caller) -> None:
    types = types_of((THEIRS, field_type("demo", lambda value, rules: 1 / 0)))
    assert types.errors(definition(), None) == []
    assert caller.calls == []


def answers(sentences: Any) -> Callable[..., Any]:
    return lambda value, rules: sentences


@pytest.mark.parametrize("answer", [None, "wrong", 5, [5], [None], pytest.param(object(), id="object")], ids=repr)
def test_a_type_that_answers_with_something_else_than_sentences_has_failed(types_of: Any, answer: Any) -> None:
    types = types_of((THEIRS, field_type("demo", answers(answer))))
    [error] = types.errors(definition(), 1)
    assert error.startswith(f"The plugin {THEIRS} failed: a check returned")


def test_no_more_than_twenty_sentences_of_bounded_length_are_told(types_of: Any) -> None:
    def endless(value: Any, rules: Any) -> Any:
        while True:
            yield "x" * 10_000

    types = types_of((THEIRS, field_type("demo", endless)))
    errors = types.errors(definition(), 1)
    assert len(errors) == MOST_ERRORS
    assert {len(error) for error in errors} == {500}
    assert len(types.errors(definition(multiple=True), [1] * 100)) == MOST_ERRORS


def test_a_type_that_fails_refuses_the_value_with_a_sentence_that_names_its_plugin(types_of: Any) -> None:
    def fail(value: Any, rules: Any) -> Any:
        raise InvalidInput("No colours today.")

    types = types_of((THEIRS, field_type("demo", fail)))
    assert types.errors_of_all(definition(), [1, 2]) == [[f"The plugin {THEIRS} failed: No colours today.."]] * 2


def test_a_plugin_that_changes_what_it_is_handed_changes_nothing_of_ours(types_of: Any) -> None:
    def spoil(value: Any, rules: Any) -> Any:
        value.append("spoilt")
        rules.options["options"].clear()
        return []

    types = types_of((THEIRS, field_type("demo", spoil)))
    value, made = ["kept"], definition(options={"options": ["kept"]})
    assert types.errors(made, value) == []
    assert (value, made.options) == (["kept"], {"options": ["kept"]})


def test_rules_are_judged_by_the_type_and_by_nobody_where_it_is_unknown(types_of: Any) -> None:
    picky = FieldType("picky", answers([]), lambda rules: [] if rules.options else ["Options are missing."])
    types = types_of((THEIRS, picky))
    assert types.rule_errors(definition("picky")) == ["Options are missing."]
    assert types.rule_errors(definition("picky", options={"a": 1})) == []
    assert types.rule_errors(definition("unknown")) == []
