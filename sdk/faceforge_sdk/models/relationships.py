"""Relationships as they travel."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from . import examples
from .wire import TOKEN_TEXT, JsonObject, Paging, WireModel

RelationType = Annotated[str, TOKEN_TEXT, Field(min_length=1, max_length=200)]

USUAL_RELATION_TYPES = (
    "friend",
    "family",
    "parent",
    "child",
    "sibling",
    "spouse",
    "partner",
    "coworker",
    "manager",
    "subordinate",
    "mentor",
    "student",
)
"""What is suggested before anybody has used a type."""


class Relationship(WireModel):
    """A typed, directed relation between two entities: the source *is* `relationship_type` *of* the destination."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [examples.RELATIONSHIP]})

    relationship_id: str
    src_entity_id: str
    dst_entity_id: str
    relationship_type: str
    fields: JsonObject
    created_at: str
    updated_at: str


class TrashedRelationship(Relationship):
    """A relationship in the trash."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.TRASHED_RELATIONSHIP]})

    deleted_at: str


class RelationshipDraft(WireModel):
    """What creates a relationship. An entity may be related to itself, and the same twice."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RELATIONSHIP_DRAFT]})

    src_entity_id: str
    dst_entity_id: str
    relationship_type: RelationType
    fields: JsonObject = {}


class RelationshipPatch(WireModel):
    """Changes to a relationship; what is missing or null stays as it is. The ends never change."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.RELATIONSHIP_PATCH]})

    relationship_type: RelationType | None = None
    fields: JsonObject | None = None


class RelationshipQuery(Paging):
    """Which relationships of an entity to list; the newest first. v0.1.9 gave all: hence the high limit."""

    entity_id: str
    type: Annotated[str | None, TOKEN_TEXT, Field(max_length=200, description="Exactly this type.")] = None
    direction: Annotated[
        Literal["any", "out", "in"], Field(description="`out`: the entity is the source; `in`: the destination.")
    ] = "any"
    limit: Annotated[int, Field(ge=1, le=10_000)] = 10_000


class RelationTypeQuery(WireModel):
    """Which relation types to suggest."""

    query: Annotated[str, TOKEN_TEXT, Field(max_length=200)] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 20


class GraphQuery(WireModel):
    """How far to look around an entity."""

    depth: Annotated[int, Field(ge=1, le=3)] = 1
    limit: Annotated[int, Field(ge=1, le=1000, description="At most so many nodes; the nearest come first.")] = 200
    type: Annotated[str | None, TOKEN_TEXT, Field(max_length=200, description="Only relationships of this type.")] = (
        None
    )


class GraphNode(WireModel):
    """An entity of a graph; `distance` counts the edges from the entity that was asked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.GRAPH_NODE]})

    entity_id: str
    display_name: str
    distance: int


class Graph(WireModel):
    """The entities around one, the nearest first, and the relationships between them, the newest first.

    `truncated`: there are more of either, or may be.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.GRAPH]})

    entity_id: str
    nodes: list[GraphNode]
    edges: list[Relationship]
    truncated: bool
