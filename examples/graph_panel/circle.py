"""The drawing, as numbers: names around a circle, and curves across it. The same library always looks the same."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .related import Related, Relation

SIZE = 900
RADIUS = 270.0
COLOURS = 6
"""So many kinds of relationships have a colour of their own; the rest share the last one."""

_GAP = 10.0


class Node(NamedTuple):
    """An entity; its name is turned by `angle` and grows to the `anchor`'s other side."""

    entity_id: str
    name: str
    x: float
    y: float
    angle: float
    anchor: str


class Chord(NamedTuple):
    """A relationship: the `d` of an SVG path, and a number for its kind."""

    relation: Relation
    path: str
    colour: int


class Kind(NamedTuple):
    """A type of relationships, and how many there are."""

    name: str
    colour: int
    times: int


@dataclass(frozen=True, slots=True)
class Circle:
    """What the template draws. `left_out` is how many related entities found no place."""

    nodes: Sequence[Node]
    chords: Sequence[Chord]
    kinds: Sequence[Kind]
    names: Mapping[str, str]
    left_out: int
    all_seen: bool
    size: int = SIZE

    @classmethod
    def of(cls, found: Related, most: int) -> Circle:
        """The `most` related ones at their places."""
        degrees = Counter(end for one in found.relations for end in {one.source, one.destination})
        shown = [entity_id for entity_id, _ in degrees.most_common(most)]
        relations = [one for one in found.relations if {one.source, one.destination} <= set(shown)]
        nodes = _placed(_neighbourly(shown, relations), found.names)
        kinds = Counter(one.kind for one in relations).most_common()
        colours = {kind: min(number, COLOURS - 1) for number, (kind, _) in enumerate(kinds)}
        places = {node.entity_id: node for node in nodes}
        return cls(
            nodes=nodes,
            chords=[Chord(one, _curve(places, one), colours[one.kind]) for one in relations],
            kinds=[Kind(kind, colours[kind], count) for kind, count in kinds],
            names=found.names,
            left_out=len(degrees) - len(shown),
            all_seen=found.all_seen,
        )


def _neighbourly(shown: Sequence[str], relations: Iterable[Relation]) -> list[str]:
    """An order in which related ones stand near each other, so that few lines cross the middle."""
    beside: dict[str, list[str]] = {entity_id: [] for entity_id in shown}
    for one in relations:
        beside[one.source].append(one.destination)
        beside[one.destination].append(one.source)
    order: dict[str, None] = {}
    for first in shown:
        waiting = [first]
        while waiting:
            entity_id = waiting.pop()
            if entity_id not in order:
                order[entity_id] = None
                waiting += reversed(beside[entity_id])
    return list(order)


def _placed(order: Sequence[str], names: Mapping[str, str]) -> list[Node]:
    nodes = []
    for number, entity_id in enumerate(order):
        turn = 2 * math.pi * number / len(order) - math.pi / 2
        x, y = (SIZE / 2 + (RADIUS + _GAP) * part for part in (math.cos(turn), math.sin(turn)))
        degrees = math.degrees(turn)
        left = degrees > 90  # names on the left would stand on their heads
        angle = degrees - 180 if left else degrees
        anchor = "end" if left else "start"
        nodes.append(Node(entity_id, names[entity_id], round(x, 1), round(y, 1), round(angle, 1), anchor))
    return nodes


def _curve(places: Mapping[str, Node], relation: Relation) -> str:
    """From one to the other, bent towards the middle; to itself it is a small loop inwards."""
    one, other = places[relation.source], places[relation.destination]
    middle = SIZE / 2
    if one is other:
        inner = [middle + 0.8 * (place - middle) for place in (one.x, one.y)]
        return f"M{one.x} {one.y}Q{inner[0] + 20:.1f} {inner[1]:.1f} {inner[0]:.1f} {inner[1]:.1f}T{one.x} {one.y}"
    bend_x, bend_y = ((start + end) / 2 * 0.4 + middle * 0.6 for start, end in ((one.x, other.x), (one.y, other.y)))
    return f"M{one.x} {one.y}Q{bend_x:.1f} {bend_y:.1f} {other.x} {other.y}"
