"""Examples of what wraps a model: put together from the models' own, so that every body and answer shows one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_Schema = dict[str, Any]
_SAYS_IT: Final = ("example", "examples")
_MAX_DEPTH: Final = 12


class _NoExample(Exception):
    """Some part says nothing from which an example could be made."""


def fill_examples(document: dict[str, Any]) -> None:
    """Give an example to each JSON body and each JSON success of `document` that has none.

    It is kept in the component, once for all operations that use it. Where a part has no example, there is none.
    """
    schemas = document.get("components", {}).get("schemas", {})
    for schema in schemas.values():
        if "examples" in schema:
            schema["examples"] = [_completed(example, schema, schemas) for example in schema["examples"]]
    for media in _media(document):
        schema = media.get("schema", {})
        if "example" in media:
            media["example"] = _completed(media["example"], schema, schemas)
        if any(key in media for key in _SAYS_IT):
            continue
        target = schemas.get(_name(schema), schema)
        try:
            target.setdefault("examples", [_example(target, schemas)])
        except _NoExample:
            continue


def _name(schema: _Schema) -> str:
    """The component that `schema` refers to, or nothing."""
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _completed(value: Any, schema: _Schema, schemas: dict[str, _Schema]) -> Any:
    """An example as its model gives it: FastAPI leaves out whatever is null, and sorts the rest."""
    schema = schemas.get(_name(schema), schema)
    match value, schema:
        case dict(), {"properties": dict(properties)}:
            required = schema.get("required", ())
            known = {
                name: _completed(value.get(name), part, schemas)
                for name, part in properties.items()
                if name in value or name in required
            }
            return {**known, **{name: item for name, item in value.items() if name not in known}}
        case list(), {"items": dict(items)}:
            return [_completed(item, items, schemas) for item in value]
        case _:
            return value


def _media(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every JSON body, every JSON success, and the error."""
    places = list(document.get("components", {}).get("responses", {}).values())
    for item in document["paths"].values():
        for operation in item.values():
            places += [operation["responses"].get("200", {}), operation.get("requestBody", {})]
    for place in places:
        found = place.get("content", {}).get("application/json")
        if found:
            yield found


def _example(schema: _Schema, schemas: dict[str, _Schema], depth: int = 0) -> Any:
    if depth > _MAX_DEPTH:  # a model that holds itself
        raise _NoExample
    deeper = depth + 1
    match schema:
        case {"examples": [first, *_]} | {"const": first} | {"enum": [first, *_]} | {"default": first}:
            return first
        case {"$ref": _}:
            return _example(schemas.get(_name(schema), {}), schemas, deeper)
        case {"anyOf": list(choices)} | {"oneOf": list(choices)}:
            return _first(choices, schemas, deeper)
        case {"type": "array", "items": dict(items)}:
            return [_example(items, schemas, deeper)]
        case {"type": "object", "properties": dict(properties)}:
            return {name: _example(value, schemas, deeper) for name, value in properties.items()}
        case {"type": "null"}:
            return None
        case _:
            raise _NoExample


def _first(choices: list[_Schema], schemas: dict[str, _Schema], depth: int) -> Any:
    for choice in choices:
        try:
            return _example(choice, schemas, depth)
        except _NoExample:
            continue
    raise _NoExample
