"""The shapes that travel over the wire, once, for server, plugins and clients.

Timestamps are UTC text, ``YYYY-MM-DDTHH:MM:SS.mmmZ``; ids are 64 lower-case hex characters, an asset's id being the
SHA-256 of its bytes. Unknown fields in requests are ignored and null in a patch means "unchanged", as v0.1.9 did.
"""

from __future__ import annotations

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

T = TypeVar("T")

MAX_INT = 2**63 - 1
"""The largest integer that the database can compare; offsets and cursors beyond it are refused."""

TOKEN_TEXT = StringConstraints(strip_whitespace=True)
JsonObject = dict[str, Any]


class ErrorBody(BaseModel):
    """What went wrong: a stable `code` for programs, a `message` for people, and `details` that name where."""

    code: str
    message: str
    details: Any = None


class Envelope(BaseModel, Generic[T]):
    """Around every JSON answer under ``/v1``."""

    ok: Literal[True] = True
    data: T
    error: None = None


class ErrorEnvelope(BaseModel):
    """Around every JSON error under ``/v1``."""

    ok: Literal[False] = False
    data: None = None
    error: ErrorBody


def ok(data: T) -> Envelope[T]:
    """Wrap an answer. It is not validated again: `data` is what a service returned."""
    return Envelope.model_construct(ok=True, data=data, error=None)


class Page(BaseModel, Generic[T]):
    """A part of a list.

    `total` counts all that match (None when the request said ``total=none``); `next_cursor`, where there is more,
    continues after the last item and stays valid while rows come and go.
    """

    items: list[T]
    total: int | None
    limit: int
    offset: int
    next_cursor: str | None = None


class Deleted(BaseModel):
    """The thing lies in the trash now."""

    deleted: Literal[True] = True


class _Paging(BaseModel):
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    offset: Annotated[int, Field(ge=0, le=MAX_INT)] = 0
    cursor: Annotated[
        str | None,
        Field(max_length=2000, description="`next_cursor` of the page before; replaces `offset`."),
    ] = None
    total: Annotated[Literal["exact", "none"], Field(description="`none` skips counting; `total` is then null.")] = (
        "exact"
    )
    sort_order: Literal["asc", "desc"] = "desc"


# --- Entities -------------------------------------------------------------------------------------------------------


class Entity(BaseModel):
    """A person, character or thing. `revision` grows by one with every change and is the entity's ETag."""

    model_config = ConfigDict(frozen=True)

    entity_id: str
    display_name: str
    aliases: list[str]
    tags: list[str]
    fields: JsonObject
    created_at: str
    updated_at: str
    revision: int


class TrashedEntity(Entity):
    """An entity in the trash."""

    deleted_at: str


class EntityDraft(BaseModel):
    """What creates an entity."""

    display_name: Annotated[str, Field(min_length=1)]
    aliases: list[str] = []
    tags: list[str] = []
    fields: JsonObject = {}


class EntityPatch(BaseModel):
    """Changes to an entity: what is missing or null stays as it is; lists and `fields` are replaced whole."""

    display_name: Annotated[str | None, Field(min_length=1)] = None
    aliases: list[str] | None = None
    tags: list[str] | None = None
    fields: JsonObject | None = None


class EntityQuery(_Paging):
    """Which entities to list, in which order; ties go by `entity_id` ascending."""

    sort_by: Literal["created_at", "updated_at", "display_name"] = "created_at"
    q: Annotated[
        str | None,
        TOKEN_TEXT,
        Field(max_length=1000, description="Part of a name, alias, tag, field or field key; case does not matter."),
    ] = None
    tag: Annotated[str | None, TOKEN_TEXT, Field(max_length=1000, description="Exactly this tag.")] = None


class TrashQuery(_Paging):
    """A page of the trash, latest deletion first."""


class TagCount(BaseModel):
    """A tag and the number of live entities that carry it."""

    tag: str
    count: int


# --- Assets ---------------------------------------------------------------------------------------------------------


class Asset(BaseModel):
    """A file. `asset_id` and `content_hash` are the SHA-256 of its bytes; `meta.metadata` lists what is known of it."""

    model_config = ConfigDict(frozen=True)

    asset_id: str
    kind: str
    filename: str | None
    content_hash: str
    byte_size: int
    mime_type: str | None
    storage_provider: str
    storage_key: str
    meta: JsonObject
    created_at: str
    updated_at: str


class LinkedAsset(Asset):
    """An asset as one entity has it."""

    role: str | None
    linked_at: str


class TrashedAsset(Asset):
    """An asset in the trash; its bytes are still there."""

    deleted_at: str


class AssetPatch(BaseModel):
    """Changes to an asset's description; the bytes never change."""

    filename: Annotated[str | None, Field(min_length=1, max_length=255)] = None
    kind: Annotated[str | None, TOKEN_TEXT, Field(min_length=1, max_length=100)] = None
    mime_type: Annotated[str | None, TOKEN_TEXT, Field(min_length=3, max_length=255)] = None


class AssetQuery(_Paging):
    """Which assets to list, in which order; ties go by `asset_id` ascending."""

    sort_by: Literal["created_at", "updated_at", "filename", "byte_size"] = "created_at"
    kind: Annotated[str | None, TOKEN_TEXT, Field(max_length=100)] = None
    mime_type: Annotated[
        str | None, TOKEN_TEXT, Field(max_length=255, description="`image/png`, or a whole family: `image/*`.")
    ] = None


class LinkedAssetQuery(_Paging):
    """Which of an entity's assets to list; the latest link first."""

    kind: Annotated[str | None, TOKEN_TEXT, Field(max_length=100)] = None
    mime_type: Annotated[
        str | None, TOKEN_TEXT, Field(max_length=255, description="`image/png`, or a whole family: `image/*`.")
    ] = None


class LinkRequest(BaseModel):
    """What an asset is to an entity, in a word: portrait, voice, contract."""

    role: Annotated[str | None, Field(max_length=200)] = None


class Linked(BaseModel):
    """Whether the link was made (POST) or removed (DELETE) by this request."""

    linked: bool


# --- Plugins --------------------------------------------------------------------------------------------------------


class PluginError(BaseModel):
    """Why a plugin is not active: one sentence, and the traceback for its author."""

    summary: str
    traceback: str | None = None


class Plugin(BaseModel):
    """A plugin as the user sees it. `enabled` is the wish that is kept, `state` is what became of it."""

    plugin_id: str
    name: str
    version: str | None
    enabled: bool
    discovered: bool
    config: JsonObject
    config_schema: JsonObject | None
    source: Literal["builtin", "folder", "package"]
    state: Literal["disabled", "active", "stopping", "error"]
    error: PluginError | None
    essential: bool
    capabilities: list[str]
    permissions: list[str]
    contributions: dict[str, int]
    restart_required: bool
    config_secrets_set: list[str] = []


class IgnoredManifest(BaseModel):
    """A `plugin.json` that can't be used, and why."""

    path: str
    reason: str


class PluginList(BaseModel):
    """All plugins that are or once were known."""

    items: list[Plugin]
    ignored: list[IgnoredManifest]


class PluginConfig(BaseModel):
    """A plugin's configuration; values marked ``writeOnly`` are null and named in `config_secrets_set`."""

    plugin_id: str
    config: JsonObject
    config_secrets_set: list[str] = []


class PluginConfigRequest(BaseModel):
    """A new configuration, whole; secrets that are left out or null keep their value."""

    config: JsonObject


# --- Jobs -----------------------------------------------------------------------------------------------------------

JobStatus = Literal["queued", "running", "succeeded", "failed", "canceled"]


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    message: str


class Job(BaseModel):
    """Durable work. `progress_percent` (0 to 100) never falls; a final status never changes."""

    job_id: str
    job_type: str
    status: JobStatus
    progress_percent: float | None
    progress_step: str | None
    input: JsonObject
    result: JsonObject | None
    cancel_requested_at: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    canceled_at: str | None
    error: JobError | None
    waiting_reason: str | None = None


# --- System ---------------------------------------------------------------------------------------------------------


class SystemPaths(BaseModel):
    """Where things lie; absolute."""

    db_dir: str
    s3_dir: str
    assets_dir: str
    logs_dir: str
    config_dir: str
    plugins_dir: str
    tmp_dir: str


class SystemInfo(BaseModel):
    """The running Core. `warnings` are sentences on what the owner should look at."""

    version: str
    faceforge_home: str
    paths: SystemPaths
    api_version: int
    safe_mode: bool
    warnings: list[str]


class Pong(BaseModel):
    """The answer to a ping."""

    pong: Literal[True] = True
