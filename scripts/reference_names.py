"""What the public names of a module are, and how their signatures, types and defaults are written."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import types
import typing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic.fields import FieldInfo

_BOUNDS = {
    "ge": "at least {}",
    "gt": "more than {}",
    "le": "at most {}",
    "lt": "less than {}",
    "min_length": "at least {} long",
    "max_length": "at most {} long",
}


def public_names(module: types.ModuleType) -> list[str]:
    """What a module offers: its ``__all__``, else what it defines itself without an underscore in front.

    What the SDK's own package offers from its modules is at home there.
    """
    constants = constant_docs(module)
    if module.__name__ == "faceforge_sdk":
        return [name for name in module.__all__ if name in constants]
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if name in constants
        or (
            not name.startswith("_")
            and getattr(value, "__module__", None) == module.__name__
            and not isinstance(value, typing.TypeVar)
        )
    ]


def constant_docs(module: types.ModuleType) -> dict[str, str]:
    """The strings that follow a module's assignments, which Python itself does not keep; of its parts, too."""
    file = Path(str(module.__file__))
    parts = file.parent.glob("*.py") if file.name == "__init__.py" and module.__name__.count(".") else [file]
    return {
        name: text
        for part in sorted(parts)
        for name, text in _documented_assignments(part.read_text(encoding="utf-8"))
        if hasattr(module, name) and not name.startswith("_")
    }


def _documented_assignments(source: str) -> Iterator[tuple[str, str]]:
    body = ast.parse(source).body
    for_checkers = (part for part in body if isinstance(part, ast.If) and ast.unparse(part.test) == "TYPE_CHECKING")
    pairs = (pair for statements in (body, *(part.body for part in for_checkers)) for pair in pairwise(statements))
    for statement, follower in pairs:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
        text = follower.value if isinstance(follower, ast.Expr) else None
        if isinstance(target, ast.Name) and isinstance(text, ast.Constant) and isinstance(text.value, str):
            yield target.id, inspect.cleandoc(text.value)


def is_fixture(value: Any) -> bool:
    """Whether pytest made a fixture of it."""
    return type(value).__module__.startswith("_pytest.")


def function_of(member: Any) -> Callable[..., Any] | None:
    """The function in a class's member; None for what is none."""
    if isinstance(member, property):
        return member.fget
    if isinstance(member, (classmethod, staticmethod)):
        return typing.cast("Callable[..., Any]", member.__func__)
    return member if inspect.isfunction(member) else None


def members(value: type) -> Iterator[tuple[str, Any, Callable[..., Any]]]:
    """The public methods and properties that a class defines itself: name, member, function."""
    for name, member in vars(value).items():
        function = function_of(member)
        if function is not None and not name.startswith("_") and function.__module__ == value.__module__:
            yield name, member, function


def signature(function: Callable[..., Any], *, bound: bool = False, result: bool = True) -> str:
    """A signature as its source says it; without the first parameter where that is what it is `bound` to."""
    found = inspect.signature(function)
    parameters = list(found.parameters.values())[1 if bound else 0 :]
    shown = str(found.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
    shown = re.sub(r": '([^']*)'", r": \1", shown)  # Python shows annotations that it did not evaluate in quotes
    shown = re.sub(r"'([^'\"]*)'", r'"\1"', shown)
    shown = re.sub(r"<function (\w+) at 0x\w+>", r"\1", shown)
    returned = found.return_annotation
    return f"{shown} -> {returned}" if result and returned is not inspect.Signature.empty else shown


def fields(value: type) -> Iterator[tuple[str, str]]:
    """The fields that a class of data declares itself, as source, each with its rules in words."""
    own = inspect.get_annotations(value)
    if issubclass(value, BaseModel):
        for name, field in value.model_fields.items():
            if name in own:
                default = "" if field.is_required() else f" = {_written(field.default)}"
                yield f"{name}: {type_of(field.annotation)}{default}", _rules(field)
    elif dataclasses.is_dataclass(value):
        for one in dataclasses.fields(value):
            if not one.name.startswith("_"):
                yield f"{one.name}: {one.type}{_default(one)}", ""
    elif issubclass(value, (dict, tuple)):
        for name, annotation in own.items():
            forward = annotation.__forward_arg__ if isinstance(annotation, typing.ForwardRef) else annotation
            yield f"{name}: {forward}", ""


def type_of(annotation: Any) -> str:
    """A type without what only validates it, written the same on every Python."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return type_of(arguments[0])
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(_written, arguments))}]"
    if origin in {typing.Union, types.UnionType}:
        return " | ".join(map(type_of, arguments))
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(type_of, arguments))}]"
    return "None" if annotation is type(None) else str(getattr(annotation, "__name__", annotation))


def constant(value: Any) -> str | None:
    """A constant's value as source; None for one that says nothing."""
    if typing.get_origin(value) is not None:
        return type_of(value)
    return _written(value) if isinstance(value, (bool, int, float, str, tuple, list)) else None


def _written(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    plain = value is None or isinstance(value, (bool, int, float, list, tuple, dict))
    return repr(value) if plain else "…"


def _default(one: dataclasses.Field[Any]) -> str:
    if one.default is not dataclasses.MISSING:
        return f" = {_written(one.default)}"
    return " = …" if one.default_factory is not dataclasses.MISSING else ""


def _rules(field: FieldInfo) -> str:
    """What a field means, and which values it takes."""
    bounds = [
        form.format(bound)
        for rule in field.metadata
        for name, form in _BOUNDS.items()
        if (bound := getattr(rule, name, None)) not in {None, PydanticUndefined}
    ]
    said = ", ".join(dict.fromkeys(bounds))
    return " ".join(part for part in (field.description or "", said.capitalize() and f"{said.capitalize()}.") if part)
