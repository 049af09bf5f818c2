"""Modules as Markdown: their names with docstrings, signatures, fields and methods, and links between them."""

from __future__ import annotations

import builtins
import dataclasses
import inspect
import re
import textwrap
from typing import TYPE_CHECKING, Any, NamedTuple

from reference_names import constant, constant_docs, fields, is_fixture, members, public_names, signature

if TYPE_CHECKING:
    import types
    from collections.abc import Callable, Iterator, Sequence

_CODE = re.compile(r"``(.+?)``|`([^`\n]+)`", re.DOTALL)
_EVERYBODYS = frozenset({"Path"})
_WIDE = 100


class Room(NamedTuple):
    """A module and the names that are shown there."""

    module: types.ModuleType
    names: Sequence[str]

    @classmethod
    def of(cls, module: types.ModuleType) -> Room:
        """A module with all that it offers."""
        return cls(module, public_names(module))


class Page:
    """Makes the parts of one page, whose names link to each other."""

    def __init__(self, rooms: Sequence[Room]) -> None:
        self._places: dict[str, str] = {}
        self._here = ""
        self._fields: frozenset[str] = frozenset()
        for room in rooms:
            for name in room.names:
                place = f"{room.module.__name__}.{name}"
                self._places[place] = place
                self._places.setdefault(name, place)

    def names_of(self, rooms: Sequence[Room]) -> str:
        """Links to all names of some modules."""
        return ",\n  ".join(f"[{name}](#{room.module.__name__}.{name})" for room in rooms for name in room.names)

    def module(self, room: Room) -> str:
        """A module's docstring and all of its names."""
        self._here = room.module.__name__
        return "\n".join([f"### `{self._here}`", "", self.prose(room.module.__doc__ or ""), "", *self._names(room)])

    def _names(self, room: Room) -> Iterator[str]:
        docs = constant_docs(room.module)
        for name in room.names:
            value = getattr(room.module, name)
            yield from (f'<a id="{self._here}.{name}"></a>', "", f"#### {name}", "")
            if not callable(value) or name in docs:
                yield from self._constant(name, value, docs.get(name, ""))
            elif inspect.isclass(value):
                yield from self._class(name, value)
            else:
                yield from self._function(name, value)
            yield ""

    def _constant(self, name: str, value: Any, text: str) -> Iterator[str]:
        written = constant(value)
        if written is not None and len(written) < _WIDE:
            yield from ("```python", f"{name} = {written}", "```", "")
        yield self.prose(text)

    def _function(self, name: str, value: Any) -> Iterator[str]:
        if is_fixture(value):
            yield "A fixture. " + self.prose(value.__doc__ or "")
            return
        yield from ("```python", f"def {name}{_folded(signature(value))}", "```", "")
        yield self.prose(value.__doc__ or "")

    def _class(self, name: str, value: type) -> Iterator[str]:
        init = vars(value).get("__init__")
        if inspect.isfunction(init) and not dataclasses.is_dataclass(value) and self._is_made_by_callers(init):
            made = _folded(signature(init, bound=True, result=False))
            yield from ("```python", f"{name}{made}", "```", "")
        bases = [self._link(one.__name__) for one in value.__bases__ if one.__name__ in self._places]
        yield from ([f"Based on {' and '.join(bases)}.", ""] if bases else [])
        shown = list(fields(value))
        self._fields = frozenset(code.partition(":")[0] for code, _ in shown)
        yield from (self.prose(value.__doc__ or ""), "")
        yield from (self._bullet(code, rules) for code, rules in shown)
        self._fields = frozenset()
        for member, kind, function in members(value):
            if function.__doc__:
                yield self._bullet(_method(member, kind, function), function.__doc__)

    def _is_made_by_callers(self, init: Callable[..., Any]) -> bool:
        """Whether what a constructor wants first is there for everybody; other objects are handed out."""
        parameters = list(inspect.signature(init).parameters.values())[1:2]
        wanted = {word for one in parameters for word in re.findall(r"\w+", str(one.annotation))}
        return all(word in self._places or word in _EVERYBODYS or hasattr(builtins, word) for word in wanted)

    def _bullet(self, code: str, text: str) -> str:
        first, *others = self.prose(text).splitlines() or [""]
        lines = [f"- `{code}` – {first}" if first else f"- `{code}`", *(f"  {line}".rstrip() for line in others)]
        return "\n".join(lines)

    # --- Docstrings

    def prose(self, text: str) -> str:
        """A docstring as Markdown: what it names in backticks is a link where this page has it."""
        blocks = re.split(r"\n\n(?=\S)", inspect.cleandoc(text))
        return "\n\n".join(self._block(block) for block in blocks)

    def _block(self, block: str) -> str:
        """A paragraph; one that ends in two colons has code behind it."""
        paragraph, colons, code = block.partition("::\n\n")
        if not colons:
            return self._linked(block)
        opening = f"{self._linked(paragraph)}:\n\n" if paragraph.strip() else ""
        return f"{opening}```{'' if '├' in code else 'python'}\n{textwrap.dedent(code).strip()}\n```"

    def _linked(self, text: str) -> str:
        return _CODE.sub(lambda found: f"`{found[1]}`" if found[1] is not None else self._link(found[2]), text)

    def _link(self, name: str) -> str:
        """To where a name or a member of one stands: in this module, else by its whole name, else where it is first."""
        if name in self._fields:
            return f"`{name}`"
        owner, _, member = name.rpartition(".")
        candidates = [name, *([owner] if member else [])]
        for candidate in (*(f"{self._here}.{one}" for one in candidates), *candidates):
            if place := self._places.get(candidate):
                return f"[`{name}`](#{place})"
        return f"`{name}`"


def _method(name: str, member: Any, function: Any) -> str:
    if isinstance(member, property):
        return f"{name}: {inspect.signature(function).return_annotation}"
    first = "classmethod " if isinstance(member, classmethod) else ""
    return f"{first}{name}{signature(function, bound=not isinstance(member, staticmethod))}"


def _folded(shown: str) -> str:
    """A long signature with a line for each parameter."""
    opening, closing = shown.find("("), shown.rfind(")")
    if len(shown) < _WIDE or closing - opening < 2:
        return shown
    depth, lines = 0, [""]
    for character in shown[opening + 1 : closing]:
        depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            lines.append("")
        else:
            lines[-1] += character
    return "(\n" + "".join(f"    {line.strip()},\n" for line in lines) + shown[closing:]
