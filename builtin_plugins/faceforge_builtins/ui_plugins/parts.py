"""A JSON Schema as the parts of a form: what kind each value is of, and what JSON alone can say."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal["text", "number", "switch", "choice", "fixed", "secret", "list", "map", "group", "json"]

MAX_DEPTH = 4
"""Groups and lists that lie deeper are JSON; nobody finds their way in a form of five levels."""

_MAX_REFERENCES = 16
_SHAPES = frozenset({"list", "map", "group"})
_BEYOND_FORMS = frozenset(
    {
        *("oneOf", "anyOf", "allOf", "if", "then", "else", "dependentSchemas", "patternProperties", "prefixItems"),
        *("unevaluatedProperties", "unevaluatedItems", "$ref", "$dynamicRef", "$recursiveRef"),
    }
)
"""Keywords that make a value's form depend on the value. Those that only bound it are the validator's business."""


_SIMPLE: Mapping[str, Kind] = {"string": "text", "integer": "number", "number": "number"}


class Absent(Enum):
    """No value at all, which is neither null nor empty."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Option:
    """One of the values of a choice."""

    value: Any
    label: str

    @property
    def sent(self) -> str:
        """The value as a form carries it."""
        return json.dumps(self.value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Part:
    """What a schema says of one value. `schema` is flat: references are followed, alternatives to null are `nullable`.

    `children` belong to a group, `item` to a list or map, `options` to a choice or to what is fixed.
    """

    kind: Kind
    key: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    required: bool = False
    nullable: bool = False
    default: Any = ABSENT
    children: tuple[Part, ...] = ()
    item: Part | None = None
    options: tuple[Option, ...] = ()

    @property
    def title(self) -> str:
        """What stands above the control."""
        return _text(self.schema.get("title")) or _words(self.key)

    @property
    def description(self) -> str:
        """What explains it."""
        return _text(self.schema.get("description"))

    @property
    def format(self) -> str:
        """The format of a text, such as ``uri``."""
        return _text(self.schema.get("format"))

    @property
    def default_text(self) -> str:
        """What counts while nothing is said, in a few words; empty where that is nothing or too much to say."""
        if self.default in (ABSENT, None, "") or isinstance(self.default, dict | list):
            return ""
        return next((one.label for one in self.options if one.value == self.default), "") or _label(self.default)

    @property
    def examples(self) -> Sequence[str]:
        """A few values as they would be typed."""
        found = self.schema.get("examples")
        return [_label(one) for one in found[:3] if not isinstance(one, dict | list)] if isinstance(found, list) else []

    @property
    def bounds(self) -> Mapping[str, Any]:
        """The ``min``, ``max`` and ``step`` of a number, as HTML has them."""
        schema, edge = self.schema, int(self.whole)
        found = {
            "min": schema.get("minimum", _moved(schema.get("exclusiveMinimum"), edge)),
            "max": schema.get("maximum", _moved(schema.get("exclusiveMaximum"), -edge)),
            "step": schema.get("multipleOf", 1 if self.whole else "any"),
        }
        return {name: value for name, value in found.items() if value is not None}

    @property
    def whole(self) -> bool:
        """Whether a number has to be a whole one."""
        return self.schema.get("type") == "integer"

    @property
    def holds_secret(self) -> bool:
        """Whether there is a secret in it, at any depth."""
        inner = (*self.children, *((self.item,) if self.item else ()))
        return self.kind == "secret" or any(part.holds_secret for part in inner)


def parts_of(schema: Mapping[str, Any]) -> Part:
    """The whole form."""
    return _Reader(schema).part(schema)


class _Reader:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def part(self, raw: Any, key: str = "", depth: int = 0, *, required: bool = False, default: Any = ABSENT) -> Part:
        schema, nullable = self._flat(raw)
        types = schema.get("type")
        if isinstance(types, list):
            nullable = nullable or "null" in types
            others = [one for one in types if one != "null"]
            schema["type"] = others[0] if len(others) == 1 else types
        start = Part("json", key, schema, required, nullable, schema.get("default", default))
        found = self._of_kind(start, depth)
        return _plain(found) if found.kind in _SHAPES and depth >= MAX_DEPTH else found

    def _of_kind(self, start: Part, depth: int) -> Part:
        schema = start.schema
        options = _options(schema)
        if schema.get("writeOnly") is True:
            return replace(start, kind="secret")
        if options:
            # What is the same for everybody is no question.
            fixed = "const" in schema and start.required
            return replace(start, kind="fixed" if fixed else "choice", options=options)
        if _BEYOND_FORMS & schema.keys() or depth > MAX_DEPTH:
            return start
        kind = _type(schema)
        if kind == "array":
            return self._list(start, depth)
        if kind == "object":
            return self._object(start, depth)
        return _boolean(start) if kind == "boolean" else replace(start, kind=_SIMPLE.get(kind, "json"))

    def _list(self, start: Part, depth: int) -> Part:
        items = start.schema.get("items")
        if not isinstance(items, dict):
            return start
        return replace(start, kind="list", item=_row(self.part(items, depth=depth + 1)))

    def _object(self, start: Part, depth: int) -> Part:
        properties, more = start.schema.get("properties"), start.schema.get("additionalProperties")
        if not properties and isinstance(more, dict):
            item = _row(self.part(more, depth=depth + 1))
            # Which of two renamed entries a secret belongs to can't be told.
            return start if item.holds_secret else replace(start, kind="map", item=item)
        if not isinstance(properties, dict) or not properties or isinstance(more, dict):
            return start
        if not all(name.isprintable() for name in properties):
            return start
        return replace(start, kind="group", children=self._children(start, properties, depth))

    def _children(self, start: Part, properties: Mapping[str, Any], depth: int) -> tuple[Part, ...]:
        required = start.schema.get("required")
        names = required if isinstance(required, list) else []
        defaults = start.default if isinstance(start.default, dict) else {}
        return tuple(
            self.part(part, name, depth + 1, required=name in names, default=defaults.get(name, ABSENT))
            for name, part in properties.items()
        )

    def _flat(self, raw: Any) -> tuple[dict[str, Any], bool]:
        """The schema with what it refers to (what stands beside a reference wins), and whether null is fine, too."""
        schema = dict(raw) if isinstance(raw, dict) else {}
        nullable = False
        for _ in range(_MAX_REFERENCES):
            keyword, target = self._stands_for(schema)
            if target is None:
                return schema, nullable
            nullable = nullable or keyword in {"anyOf", "oneOf"}
            schema = {**target, **{name: value for name, value in schema.items() if name != keyword}}
        return {**schema, "$ref": "in circles"}, nullable

    def _stands_for(self, schema: Mapping[str, Any]) -> tuple[str, Mapping[str, Any] | None]:
        """The keyword by which a schema is only another one's, and that one."""
        if "$ref" in schema:
            return "$ref", _referred(self._root, schema["$ref"])
        of = schema.get("allOf")
        if isinstance(of, list) and len(of) == 1 and isinstance(of[0], dict):
            return "allOf", of[0]
        for keyword in ("anyOf", "oneOf"):
            either = schema.get(keyword)
            if isinstance(either, list) and len(either) == 2:
                others = [one for one in either if one != {"type": "null"}]
                if len(others) == 1 and isinstance(others[0], dict):
                    return keyword, others[0]
        return "", None


def _referred(root: Mapping[str, Any], reference: object) -> Mapping[str, Any] | None:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    node: Any = root
    for step in reference[1:].split("/")[1:]:
        node = node.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else None


def _type(schema: Mapping[str, Any]) -> str:
    found = schema.get("type")
    if isinstance(found, str):
        return found
    if found is None:
        return "object" if "properties" in schema else "array" if "items" in schema else ""
    return ""


def _options(schema: Mapping[str, Any]) -> tuple[Option, ...]:
    """The values of ``const``, ``enum``, or of alternatives that are each one value with a title."""
    if "const" in schema:
        return (Option(schema["const"], _label(schema["const"])),)
    if isinstance(schema.get("enum"), list):
        return tuple(Option(value, _label(value)) for value in schema["enum"])
    either: Sequence[Any] = schema.get("oneOf") or schema.get("anyOf") or ()
    if isinstance(either, list) and all(isinstance(one, dict) and "const" in one for one in either):
        return tuple(Option(one["const"], _text(one.get("title")) or _label(one["const"])) for one in either)
    return ()


def _boolean(start: Part) -> Part:
    """Yes or no; where null is a third answer, one of three."""
    if not start.nullable:
        return replace(start, kind="switch")
    return replace(start, kind="choice", options=(Option(True, ""), Option(False, "")))


def _row(item: Part) -> Part:
    """An entry of a list: it is there, so a switch in it is on or off."""
    return replace(item, required=item.kind in {"switch", "fixed"})


def _plain(part: Part) -> Part:
    return replace(part, kind="json", children=(), item=None)


def _label(value: Any) -> str:
    return value if isinstance(value, str) and value.strip() else json.dumps(value, ensure_ascii=False)


def _moved(limit: Any, by: int) -> Any:
    return limit + by if isinstance(limit, int | float) else None


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _words(key: str) -> str:
    """A name of a property, for people: ``max_size`` is "Max size"."""
    spaced = " ".join(key.replace("_", " ").replace("-", " ").split())
    return spaced[:1].upper() + spaced[1:] if spaced else key
