"""The graph around an entity, laid out in rings: the entity in the middle, those a step away around it, and so on.

The same graph always looks the same, and nothing moves on its own. A ring takes as many as fit beside each other, the
next one begins behind it, and who hangs on the same node stands together.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from faceforge_sdk.models import GraphQuery

from .picking import find
from .portraits import cards

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import Graph, Relationship

    from .portraits import Card

MAX_DEPTH = 2
MOST_NODES = 200
MOST_BESIDE_LIST = 100
"""On the tab, whose list is much to send already."""
NODE = 48
"""A portrait's width; names stand below it."""

_STEP = 130.0
_ROOM = 92.0
"""What a node takes of its ring, its name included."""
_MARGIN = 70.0
_MOST_WORDS = 24
"""With more edges than this their words would cover each other; they are in the list and in the links' names."""


class Place(NamedTuple):
    """Where a node stands, and at which angle, clockwise from above."""

    x: float
    y: float
    angle: float


class Node(NamedTuple):
    """An entity at its place; `words` are what relates it to who is before it."""

    card: Card
    x: float
    y: float
    distance: int
    words: str


class Edge(NamedTuple):
    """A line, and the place of its words."""

    x1: float
    y1: float
    x2: float
    y2: float
    words: str

    @property
    def x(self) -> float:
        return round((self.x1 + self.x2) / 2, 1)

    @property
    def y(self) -> float:
        return round((self.y1 + self.y2) / 2, 1)


@dataclass(frozen=True, slots=True)
class GraphView:
    """What the drawing needs; `width` and `height` are its size in pixels."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: int
    height: int
    depth: int
    truncated: bool

    @property
    def worded(self) -> bool:
        """Whether there is room for words on the edges."""
        return len(self.edges) <= _MOST_WORDS

    @classmethod
    def around(cls, ctx: PluginContext, entity_id: str, depth: int, most: int = MOST_NODES) -> GraphView:
        """Read and lay out. Raises `NotFound`."""
        graph = ctx.relationships.graph(entity_id, GraphQuery(depth=min(depth, MAX_DEPTH), limit=most))
        found = [entity for node in graph.nodes if (entity := find(ctx, node.entity_id))]
        shown = {card.entity.entity_id: card for card in cards(ctx, found)}
        return cls.laid_out(graph, shown, depth)

    @classmethod
    def laid_out(cls, graph: Graph, shown: Mapping[str, Card], depth: int) -> GraphView:
        """The nodes that are `shown` at their places, the middle first, then ring by ring."""
        places = _places(graph, shown)
        distances = {node.entity_id: node.distance for node in graph.nodes}
        parents = _parents(graph, distances)
        left, top = (min(place[axis] for place in places.values()) - _MARGIN for axis in (0, 1))
        right, bottom = (max(place[axis] for place in places.values()) + _MARGIN for axis in (0, 1))
        moved = {one: (round(place.x - left, 1), round(place.y - top, 1)) for one, place in places.items()}
        words = _words(graph.edges)
        nodes = tuple(
            Node(shown[one], *moved[one], distances[one], words.get(_pair(one, parents.get(one, one)), ""))
            for one in moved
        )
        edges = tuple(
            Edge(*moved[one], *moved[other], text)
            for (one, other), text in words.items()
            if one != other and one in moved and other in moved
        )
        return cls(nodes, edges, math.ceil(right - left), math.ceil(bottom - top), depth, graph.truncated)


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def _words(edges: Sequence[Relationship]) -> dict[tuple[str, str], str]:
    """What relates each two, in one line; several relationships of the same two are one edge."""
    types: dict[tuple[str, str], list[str]] = {}
    for edge in reversed(edges):
        said = types.setdefault(_pair(edge.src_entity_id, edge.dst_entity_id), [])
        if edge.relationship_type not in said:
            said.append(edge.relationship_type)
    return {pair: ", ".join(said) for pair, said in types.items()}


def _places(graph: Graph, shown: Mapping[str, Card]) -> dict[str, Place]:
    """The place of each node around the entity at (0, 0), from the inside out."""
    distances = {node.entity_id: node.distance for node in graph.nodes if node.entity_id in shown}
    parents = _parents(graph, distances)
    places = {graph.entity_id: Place(0, 0, 0)}
    number = 1
    for distance in range(1, max(distances.values(), default=0) + 1):
        nodes = [one for one, at in distances.items() if at == distance and parents.get(one) in places]
        nodes.sort(key=lambda one: places[parents[one]].angle)
        for ring in _rings(nodes, number):
            wished = _beside(ring, parents, places) if distance > 1 else _evenly(len(ring))
            places.update(_around(ring, wished, number))
            number += 1
    return places


def _parents(graph: Graph, distances: Mapping[str, int]) -> dict[str, str]:
    """Each node hangs on one that is a step nearer."""
    parents: dict[str, str] = {}
    for edge in graph.edges:
        ends = (edge.src_entity_id, edge.dst_entity_id)
        for one, other in (ends, ends[::-1]):
            if one in distances and other in distances and distances[one] - distances[other] == 1:
                parents.setdefault(one, other)
    return parents


def _capacity(number: int) -> int:
    """How many nodes ring `number` has room for."""
    return int(2 * math.pi * _STEP * number / _ROOM)


def _rings(nodes: Sequence[str], first: int) -> list[list[str]]:
    """The nodes on as many rings as they need, all filled alike and in order around the middle."""
    rings: list[list[str]] = []
    while sum(_capacity(first + index) for index in range(len(rings))) < len(nodes):
        rings.append([])
    for node in nodes:
        emptiest = min(range(len(rings)), key=lambda index: (len(rings[index]) + 1) / _capacity(first + index))
        rings[emptiest].append(node)
    return rings


def _evenly(count: int) -> list[float]:
    return [2 * math.pi * index / count for index in range(count)]


def _beside(ring: Sequence[str], parents: Mapping[str, str], places: Mapping[str, Place]) -> list[float]:
    """The angles of the nodes they hang on."""
    return [places[parents[node]].angle for node in ring]


def _around(nodes: Sequence[str], wished: Sequence[float], number: int) -> dict[str, Place]:
    """The nodes on ring `number`, each as near to its wished angle as its neighbours let it."""
    slots = _capacity(number)
    siblings = Counter(wished)
    taken: list[float] = []
    for angle in wished:
        wish = angle / (2 * math.pi) * slots - (siblings[angle] - 1) / 2
        taken.append(max(wish, taken[-1] + 1) if taken else wish)
    last = taken[0] + slots - 1 if taken else 0
    for index in reversed(range(len(taken))):
        taken[index] = min(taken[index], last - (len(taken) - 1 - index))
    radius = _STEP * number
    angles = [2 * math.pi * slot / slots for slot in taken]
    return {
        node: Place(radius * math.sin(angle), -radius * math.cos(angle), angle)
        for node, angle in zip(nodes, angles, strict=True)
    }
