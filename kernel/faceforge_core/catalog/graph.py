"""The graph around an entity: breadth first and level by level, within bounds that a hub of any size keeps."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlalchemy import bindparam, select

from faceforge_core.db.statements import Prepared, prepare
from faceforge_core.db.tables import entities
from faceforge_core.db.tables import relationships as table
from faceforge_sdk.models import Graph, GraphNode

from .relationship_rows import COLUMNS, NOT_TRASHED, lives, relationship_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from faceforge_core.db.engine import Reader
    from faceforge_sdk.models import GraphQuery, Relationship

Direction = Literal["out", "in"]

MOST_EDGES = 5_000
_LOOKED_AT_PER_NODE_SHOWN = 4
_LOOKED_AT_AT_LEAST = 30

_NAMES = prepare(
    select(entities.c.entity_id, entities.c.display_name).where(
        entities.c.entity_id.in_(bindparam("ids", expanding=True))
    )
)
_BY_IDS = prepare(select(*COLUMNS).where(table.c.relationship_id.in_(bindparam("ids", expanding=True))))


def graph_around(reader: Reader, entity_id: str, query: GraphQuery) -> Graph:
    """What lies within ``query.depth`` steps of a live entity, up to ``query.limit`` nodes.

    Nodes come by distance, and those of one distance in the order of the newest relationship that leads to them; the
    edges are the relationships between them, of the asked type, the newest first. Of each entity only so many of its
    newest relationships are looked at, and at most `MOST_EDGES` edges are shown, first of all those that lead to a
    node. `truncated` says that a bound kept something out, or may have.
    """
    search = _Search(reader, entity_id, query)
    search.run()
    edges = _edges(reader, search.chosen())
    nodes = _nodes(reader, search.distances)
    return Graph(entity_id=entity_id, nodes=nodes, edges=edges, truncated=search.truncated)


class _Edge(NamedTuple):
    """A relationship as a step from `near` to `far`, whichever way it points."""

    relationship_id: str
    created_at: str
    near: str
    far: str


class _Search:
    """The walk: which nodes it reached, and what it saw on the way."""

    def __init__(self, reader: Reader, entity_id: str, query: GraphQuery) -> None:
        self.distances = {entity_id: 0}
        self.truncated = False
        self._reader = reader
        self._query = query
        self._edges: dict[str, _Edge] = {}
        self._leading: set[str] = set()
        self._cut: set[Direction] = set()

    def run(self) -> None:
        """Walk. From the last level nobody goes on, it is only asked what relates its nodes."""
        frontier = list(self.distances)
        for distance in range(self._query.depth + 1):
            found = self._look(frontier)
            if distance == self._query.depth:
                break
            self.truncated |= bool(self._cut)
            frontier = self._enter(found, distance + 1)
            if not frontier:
                break
        # An edge is seen from both its ends: one is missed only where either end has too many, the one going out and
        # the other coming in.
        self.truncated |= len(self._cut) == 2

    def chosen(self) -> list[_Edge]:
        """The edges to show, the newest first."""
        shown = _newest_first(edge for edge in self._edges.values() if edge.far in self.distances)
        if len(shown) <= MOST_EDGES:
            return shown
        self.truncated = True
        shown.sort(key=lambda edge: edge.relationship_id not in self._leading)
        return _newest_first(shown[:MOST_EDGES])

    def _look(self, frontier: Sequence[str]) -> list[_Edge]:
        """The newest relationships of these nodes, the newest first; notes where a node has more."""
        each = max(_LOOKED_AT_AT_LEAST, _LOOKED_AT_PER_NODE_SHOWN * self._query.limit // len(frontier))
        wanted = {"type": self._query.type} if self._query.type else {}
        found: list[_Edge] = []
        directions: tuple[Direction, ...] = ("out", "in")
        for direction in directions:
            rows = self._reader.all(_look_statement(direction, bool(wanted)), ids=frontier, each=each + 1, **wanted)
            if max(Counter(row["near"] for row in rows).values(), default=0) > each:
                self._cut.add(direction)
            found += [_Edge(*row) for row in rows]
        self._edges.update((edge.relationship_id, edge) for edge in found)
        return _newest_first(found)

    def _enter(self, found: Iterable[_Edge], distance: int) -> list[str]:
        """Take in the nodes that these edges lead to, as far as there is room; returns the new ones."""
        leading: dict[str, str] = {}
        for edge in found:
            if edge.far not in self.distances:
                leading.setdefault(edge.far, edge.relationship_id)
        newcomers = list(leading)[: self._query.limit - len(self.distances)]
        self.truncated |= len(newcomers) < len(leading)
        self.distances.update(dict.fromkeys(newcomers, distance))
        self._leading.update(leading[node] for node in newcomers)
        return newcomers


@cache
def _look_statement(direction: Direction, typed: bool) -> Prepared:
    """Of each of the entities ``ids`` the ``each`` newest relationships in one direction, along that index."""
    near, far = table.c.src_entity_id, table.c.dst_entity_id
    if direction == "in":
        near, far = far, near
    node, edge = entities.alias("node"), table.alias("edge")
    newest = select(table.c.relationship_id).where(near == node.c.entity_id, NOT_TRASHED, lives(far))
    if typed:
        newest = newest.where(table.c.relationship_type == bindparam("type"))
    newest = newest.order_by(table.c.created_at.desc(), table.c.relationship_id).limit(bindparam("each"))
    return prepare(
        select(edge.c.relationship_id, edge.c.created_at, node.c.entity_id.label("near"), edge.c[far.name])
        .select_from(node.join(edge, edge.c.relationship_id.in_(newest.correlate(node))))
        .where(node.c.entity_id.in_(bindparam("ids", expanding=True)))
    )


def _newest_first(edges: Iterable[_Edge]) -> list[_Edge]:
    by_id = sorted(edges, key=lambda edge: edge.relationship_id)
    return sorted(by_id, key=lambda edge: edge.created_at, reverse=True)


def _nodes(reader: Reader, distances: dict[str, int]) -> list[GraphNode]:
    names = {row["entity_id"]: row["display_name"] for row in reader.all(_NAMES, ids=list(distances))}
    return [
        GraphNode(entity_id=entity_id, display_name=names[entity_id], distance=distance)
        for entity_id, distance in distances.items()
    ]


def _edges(reader: Reader, chosen: Sequence[_Edge]) -> list[Relationship]:
    ids = [edge.relationship_id for edge in chosen]
    rows = {row["relationship_id"]: row for row in reader.all(_BY_IDS, ids=ids)}
    return [relationship_of(rows[relationship_id]) for relationship_id in ids]
