"""A plugin's configuration: where it is kept, what of it is secret, whether it fits."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Protocol

from faceforge_core.plugins import schemas
from faceforge_sdk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from faceforge_core.plugins.discovery import Found
    from faceforge_core.plugins.records import Records

MAX_CONFIG_BYTES = 1024 * 1024

Place = tuple[str | int, ...]
_EVERYWHERE = ("allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas", "$ref")


class Settings(Protocol):
    """The parts of `core.json` that are built-ins' configurations (`config.ConfigStore`)."""

    def section(self, config_path: str) -> dict[str, Any]: ...

    def update_section(self, config_path: str, value: dict[str, Any]) -> object: ...


class Configurations:
    """Reads and writes configurations: of built-ins that name a `config_path` in `core.json`, of all others in rows."""

    def __init__(self, records: Records, settings: Settings) -> None:
        self._records = records
        self._settings = settings

    def of(self, found: Found) -> dict[str, Any]:
        """The configuration, secrets included."""
        if found.config_path is not None:
            return self._settings.section(found.config_path)
        return copy.deepcopy(dict(self._records.of(found).config))

    def keep(self, found: Found, config: dict[str, Any]) -> None:
        """Store a configuration that is known to fit."""
        if found.config_path is not None:
            self._settings.update_section(found.config_path, config)
        else:
            self._records.configure(found, config, secret_places(found.manifest.config_schema, config))

    def completed(self, found: Found, config: Mapping[str, Any]) -> dict[str, Any]:
        """What a client sent, with the secrets that it left out or sent as null as they are stored; "" clears one.

        Raises `InvalidInput` if it does not fit the schema, or is larger than a mebibyte.
        """
        new = self._plain(found, config)
        schema = found.manifest.config_schema
        if schema is not None:
            new = keep_secrets(schema, self.of(found), new)
            check(found, new)
        return new

    def _plain(self, found: Found, config: Mapping[str, Any]) -> dict[str, Any]:
        try:
            text = json.dumps(config, ensure_ascii=False, allow_nan=False)
            size = len(text.encode())
            plain = json.loads(text)
        except (TypeError, ValueError, RecursionError) as exc:
            raise _unfit(found, "is not JSON") from exc
        if size > MAX_CONFIG_BYTES:
            raise _unfit(found, f"is larger than {MAX_CONFIG_BYTES} bytes")
        if not isinstance(plain, dict):
            raise _unfit(found, "is not an object")
        return plain


def check(found: Found, config: Mapping[str, Any]) -> None:
    """Raise `InvalidInput` unless the configuration fits; its details never repeat a value."""
    schema = found.manifest.config_schema
    if schema is None:
        return
    try:
        wrong = schemas.problems(schema, config)
    except InvalidInput as exc:
        raise InvalidInput(str(exc), details={"plugin_id": found.plugin_id, "errors": exc.details}) from exc
    if wrong:
        raise InvalidInput(
            f"The configuration does not fit the plugin's schema: {wrong[0]['message']}.",
            details={"plugin_id": found.plugin_id, "errors": wrong},
        )


def _unfit(found: Found, message: str) -> InvalidInput:
    problem = {"path": [], "message": f"The configuration {message}", "schema_path": [], "validator": "type"}
    return InvalidInput(f"The configuration {message}.", details={"plugin_id": found.plugin_id, "errors": [problem]})


# --- Secrets: what the schema marks ``writeOnly`` -------------------------------------------------------------------


def masked(schema: Mapping[str, Any] | None, config: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The configuration with its secrets as null, and the dotted names of those that are set."""
    return masked_at(secret_places(schema, config), config)


def masked_at(places: Iterable[Place], config: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """As `masked`, for places that are known."""
    shown = copy.deepcopy(dict(config))
    names = []
    for path in places:
        if (secret := _at(shown, path)) is not None:
            if secret != "":  # so a form says that there is to be none
                names.append(".".join(str(part) for part in path))
            _put(shown, path, None)
    return shown, sorted(names)


def texts_at(places: Iterable[Place], config: Mapping[str, Any]) -> Iterator[str]:
    """The texts that stand at these places, and in what stands there."""
    waiting = [_at(config, path) for path in places]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and value.strip():
            yield value.strip()
        elif isinstance(value, dict | list):
            waiting.extend(value.values() if isinstance(value, dict) else value)


def keep_secrets(schema: Mapping[str, Any], old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`new` with the secrets of `old` where it has none of its own; an empty text, or a null for nothing, goes.

    So does what belongs to an entry of a map that `new` has no more.
    """
    merged = copy.deepcopy(dict(new))
    places = secret_places(schema, merged)
    cleared = [path for path in places if _at(merged, path) == ""]
    for path in places:
        if path in cleared or (_at(merged, path) is None and _at(old, path) is None):
            _drop(merged, path)
    for path in secret_places(schema, old):
        gone = path in cleared or any(_lacks(new, path[:depth]) for depth in _entries(schema, path))
        if not gone and _at(old, path) is not None and _at(merged, path) is None:
            _put(merged, path, copy.deepcopy(_at(old, path)))
    return merged


def secret_places(schema: Mapping[str, Any] | None, config: object) -> list[Place]:
    """Where in `config` there is something that its schema marks as a secret."""
    if schema is None:
        return []
    return sorted({path for path in _walk(schema, [schema], config, ()) if path}, key=str)


def _walk(root: Mapping[str, Any], schemas_here: Iterable[Any], value: object, path: Place) -> Iterator[Place]:
    """Paths of the values of `value` under a ``writeOnly``; follows references inside the schema only."""
    parts = _parts(root, schemas_here)
    if any(part.get("writeOnly") is True for part in parts):
        yield path
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from _walk(root, _for_step(parts, step), item, (*path, step))


def _entries(root: Mapping[str, Any], path: Place) -> Iterator[int]:
    """The lengths of those beginnings of `path` that end in a key which the schema does not name: a map's entry."""
    below: Iterable[Any] = [root]
    for length, step in enumerate(path, 1):
        parts = _parts(root, below)
        if isinstance(step, str) and not any(step in _object(part.get("properties")) for part in parts):
            yield length
        below = _for_step(parts, step)


def _parts(root: Mapping[str, Any], schemas_here: Iterable[Any]) -> list[Mapping[str, Any]]:
    """All the schemas that speak of one place: these, and what they refer to or are composed of."""
    seen: set[int] = set()
    parts: list[Mapping[str, Any]] = []
    waiting = list(schemas_here)
    while waiting:
        schema = waiting.pop()
        if isinstance(schema, dict) and id(schema) not in seen:
            seen.add(id(schema))
            parts.append(schema)
            waiting.extend(_same_place(root, schema))
    return parts


def _same_place(root: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Any]:
    for keyword in _EVERYWHERE:
        part = schema.get(keyword)
        if keyword == "$ref":
            yield _referred(root, part)
        elif keyword == "dependentSchemas" and isinstance(part, dict):
            yield from part.values()
        elif isinstance(part, list):
            yield from part
        else:
            yield part


def _for_step(parts: Iterable[Mapping[str, Any]], step: str | int) -> list[Any]:
    """What the schemas of an object or an array say of one thing in it."""
    if isinstance(step, str):
        return [schema for part in parts for schema in _for_property(part, step)]
    return [schema for part in parts for schema in _for_item(part, step)]


def _for_item(schema: Mapping[str, Any], index: int) -> Iterator[Any]:
    prefix = schema.get("prefixItems")
    fixed = prefix if isinstance(prefix, list) else []
    yield fixed[index] if index < len(fixed) else schema.get("items")


def _for_property(schema: Mapping[str, Any], name: str) -> Iterator[Any]:
    patterns = _object(schema.get("patternProperties"))
    named = _object(schema.get("properties")).get(name)
    matching = [part for pattern, part in patterns.items() if schemas.compiled(pattern).search(name)]
    yield named
    yield from matching
    if named is None and not matching:
        yield schema.get("additionalProperties")


def _referred(root: Mapping[str, Any], reference: object) -> Any:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    node: Any = root
    for step in reference[1:].split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _lacks(config: Mapping[str, Any], path: Place) -> bool:
    """Whether `config` has the map that the path leads to, but not this entry."""
    parent = _at(config, path[:-1])
    return isinstance(parent, dict) and path[-1] not in parent


def _at(node: Any, path: Place) -> Any:
    for part in path:
        if isinstance(node, dict):
            node = node.get(part)
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            return None
    return node


def _put(root: Any, path: Place, value: object) -> None:
    """Set a value; objects that are missing on the way are made, a list is never made longer."""
    *way, last = path
    node = root
    for part in way:
        if isinstance(node, dict):
            node = node.setdefault(part, {})
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
    reachable = isinstance(node, dict) or (isinstance(node, list) and isinstance(last, int) and last < len(node))
    if reachable:
        node[last] = value


def _drop(node: Any, path: Place) -> None:
    parent = _at(node, path[:-1]) if path[:-1] else node
    if isinstance(parent, dict):
        parent.pop(path[-1], None)
