"""Values that name an entity by its id; it has to live when the value is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk import FieldType
from faceforge_sdk.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk import FieldRules
    from faceforge_sdk.protocols import Entities


def entity(entities: Entities) -> FieldType:
    """The type, looking for what values name in `entities`."""

    def check(value: Any, _rules: FieldRules) -> Sequence[str]:
        if not isinstance(value, str):
            return ["The value must be the id of an entity."]
        try:
            entities.get(value)
        except NotFound:
            return [f"There is no entity {value[:80]!r}."]
        return []

    return FieldType("entity", check, _check_rules, widget="entity", order=900)


def _check_rules(rules: FieldRules) -> Sequence[str]:
    return ["A reference to an entity has no regex."] if rules.regex else []
