"""A plugin's `config_schema`: checked, and applied to a configuration, without a network and in bounded time.

Manifests are a stranger's even before the plugin is enabled. References are looked up in the schema alone; patterns
run in RE2, whose time grows with the text and nothing else (Python's ``re`` can be made to hang, and holds the whole
process meanwhile, so that no deadline helps); and references may be followed a fixed number of times.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.manifest import ManifestError
from faceforge_sdk.patterns import compiled as compiled_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from faceforge_sdk.patterns import Pattern

MAX_REFERENCES = 20_000
_MAX_PROBLEMS = 50
_DRAFT = "https://json-schema.org/draft/2020-12/schema"

# What is wrong, without the value: that may be a password.
_MESSAGES = {
    "type": "is not of type {limit}",
    "enum": "is not one of the allowed values",
    "const": "is not the one allowed value",
    "required": "misses a required property",
    "minimum": "is less than {limit}",
    "maximum": "is greater than {limit}",
    "exclusiveMinimum": "is not greater than {limit}",
    "exclusiveMaximum": "is not less than {limit}",
    "multipleOf": "is not a multiple of {limit}",
    "minLength": "is shorter than {limit}",
    "maxLength": "is longer than {limit}",
    "minItems": "has fewer items than {limit}",
    "maxItems": "has more items than {limit}",
    "uniqueItems": "has items that are equal",
    "pattern": "does not match the pattern {limit}",
    "additionalProperties": "has a property that is not allowed",
    "unevaluatedProperties": "has a property that is not allowed",
    "anyOf": "fits none of the allowed forms",
    "oneOf": "does not fit exactly one of the allowed forms",
}

Problem = dict[str, Any]


def check_schema(schema: Mapping[str, Any] | None) -> None:
    """Raise `ManifestError` if this is no JSON Schema 2020-12 that can be applied safely."""
    if schema is None:
        return
    _check_parts(schema)
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    try:
        Draft202012Validator.check_schema(_without_dialect(schema))
    except SchemaError as exc:
        where = "/".join(str(part) for part in exc.absolute_path)
        raise ManifestError(f"config_schema is no valid JSON Schema 2020-12: {where or 'it'} is wrong.") from exc


def problems(schema: Mapping[str, Any], config: object) -> list[Problem]:
    """What does not fit, as ``{path, message, schema_path, validator}``; at most 50, and none repeats a value.

    Raises `InvalidInput` for a schema that can't be applied: a reference that leads out of it, or in circles.
    """
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    checker = _validator_class()(_without_dialect(schema), registry=Registry())
    try:
        found = [_described(error) for error, _ in zip(checker.iter_errors(config), range(_MAX_PROBLEMS), strict=False)]
    except Unresolvable as exc:
        raise InvalidInput(
            "The configuration can't be checked: the plugin's schema refers to something outside itself.",
            details=[_problem([], "the schema refers to something outside itself", [], "$ref")],
        ) from exc
    except RecursionError as exc:
        raise InvalidInput(
            "The configuration can't be checked: the plugin's schema leads in circles.",
            details=[_problem([], "the schema leads in circles", [], "$ref")],
        ) from exc
    return sorted(found, key=lambda problem: [str(part) for part in problem["path"]])


def _described(error: Any) -> Problem:
    limit = error.validator_value
    shown = ", ".join(limit) if isinstance(limit, list) and all(isinstance(item, str) for item in limit) else limit
    message = _MESSAGES.get(str(error.validator), "is not allowed here")
    if error.validator == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        message = f"misses the required {', '.join(missing)}"
    path = list(error.absolute_path)
    where = "/".join(str(part) for part in path) or "The configuration"
    return _problem(
        path,
        f"{where} {message.format(limit=_short(shown))}",
        list(error.absolute_schema_path),
        str(error.validator),
    )


def _problem(path: list[Any], message: str, schema_path: list[Any], validator: str) -> Problem:
    return {"path": path, "message": message, "schema_path": schema_path, "validator": validator}


def _short(limit: object) -> str:
    text = limit if isinstance(limit, str) else json.dumps(limit, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else f"{text[:120]}…"


def _without_dialect(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without the `$schema` at its root: all are read as 2020-12, as v0.1.9 did."""
    return {key: value for key, value in schema.items() if key != "$schema"}


# --- What a schema may consist of -----------------------------------------------------------------------------------


def _check_parts(schema: Mapping[str, Any]) -> None:
    waiting: list[Any] = [_without_dialect(schema)]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, dict):
            _check_keywords(part)
            waiting.extend(part.values())


def _check_keywords(part: dict[str, Any]) -> None:
    # A nested dialect would make jsonschema switch to its own keywords, and so to Python's ``re``.
    if isinstance(part.get("$schema"), str):
        raise ManifestError("config_schema: $schema may stand at the top only.")
    patterns = part.get("patternProperties")
    if isinstance(patterns, dict):
        if "unevaluatedProperties" in part:
            raise ManifestError("config_schema: patternProperties beside unevaluatedProperties is not supported.")
        for pattern in patterns:
            compiled(pattern)
    if isinstance(part.get("pattern"), str):
        compiled(part["pattern"])


def compiled(pattern: str) -> Pattern:
    """The pattern as RE2 takes it. Raises `ManifestError`."""
    try:
        return compiled_pattern(pattern)
    except InvalidInput as exc:
        raise ManifestError(f"config_schema: {exc}") from exc


# --- jsonschema, with our keywords ----------------------------------------------------------------------------------


def _validator_class() -> Any:
    from jsonschema import Draft202012Validator, validators

    followed = 0

    def counted(keyword: str) -> Any:
        original = Draft202012Validator.VALIDATORS[keyword]

        def follow(validator: Any, target: Any, instance: Any, schema: Any) -> Any:
            nonlocal followed
            followed += 1
            if followed > MAX_REFERENCES:
                raise RecursionError
            return original(validator, target, instance, schema)

        return follow

    ours = {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "uniqueItems": _unique_items,
        "$ref": counted("$ref"),
        "$dynamicRef": counted("$dynamicRef"),
    }
    return validators.extend(Draft202012Validator, ours)  # type: ignore[no-untyped-call]  # the stub leaves it untyped


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if isinstance(instance, str) and not compiled(pattern).search(instance):
        yield ValidationError("pattern")


def _unique_items(_validator: Any, unique: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    """jsonschema compares objects each with each, and takes hours for as many as fit into a configuration."""
    from jsonschema.exceptions import ValidationError

    if unique is True and isinstance(instance, list) and len({_hashable(item) for item in instance}) < len(instance):
        yield ValidationError("unique")


def _hashable(value: Any) -> Any:
    """Equal exactly if JSON Schema calls the values equal: 1 is 1.0, and true is not 1."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, list):
        return ("list", *map(_hashable, value))
    if isinstance(value, dict):
        return ("dict", frozenset((name, _hashable(item)) for name, item in value.items()))
    return value


def _pattern_properties(validator: Any, patterns: Mapping[str, Any], instance: Any, _schema: Any) -> Iterator[Any]:
    if not isinstance(instance, dict):
        return
    for pattern, subschema in patterns.items():
        for name, value in instance.items():
            if compiled(pattern).search(name):
                yield from validator.descend(value, subschema, path=name, schema_path=pattern)


def _additional_properties(validator: Any, allowed: Any, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema.exceptions import ValidationError

    if not isinstance(instance, dict):
        return
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, value in instance.items():
        if name in named or any(compiled(pattern).search(name) for pattern in patterns):
            continue
        if isinstance(allowed, dict):
            yield from validator.descend(value, allowed, path=name)
        elif not allowed:
            yield ValidationError("additional", path=[name])
