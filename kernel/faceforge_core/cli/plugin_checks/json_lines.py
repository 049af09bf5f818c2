"""On which line of a JSON text a value stands."""

from __future__ import annotations

import json
import re
from typing import Final

Place = tuple[str | int, ...]

_SYMBOL: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|\n|[^\s{}\[\],:"]+')


def lines_of(text: str) -> dict[Place, int]:
    """The line of every key and every item of a valid JSON text, by where they are in it; the whole is ``()``."""
    lines: dict[Place, int] = {(): 1}
    inside: list[list[str | int | None]] = []  # per container: its bracket, and the key or index that is read now
    line = 1
    for match in _SYMBOL.finditer(text):
        symbol = match[0]
        if symbol == "\n":
            line += 1
        elif symbol == ":":
            continue
        elif symbol == ",":
            inside[-1][1] = _next(inside[-1])
        elif symbol in "}]":
            inside.pop()
        else:
            if inside and inside[-1][1] is None:
                inside[-1][1] = json.loads(symbol)
                lines.setdefault(_place(inside), line)
                continue
            lines.setdefault(_place(inside), line)
            if symbol in "{[":
                inside.append([symbol, None if symbol == "{" else 0])
    return lines


def _next(container: list[str | int | None]) -> int | None:
    return container[1] + 1 if isinstance(container[1], int) else None


def _place(inside: list[list[str | int | None]]) -> Place:
    return tuple(key for _, key in inside if key is not None)


def nearest(lines: dict[Place, int], place: Place) -> int:
    """The line of a place, or of the nearest thing around it that is there."""
    while place not in lines:
        place = place[:-1]
    return lines[place]
