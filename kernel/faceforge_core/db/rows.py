"""Rows of the spine: names and columns of v0.1.9 (other tools read this file), and what we add to them.

The schema itself is made by the migrations; a test holds these classes to it. Statements use the `Table` objects of
`tables`. Timestamps are UTC text ``YYYY-MM-DDTHH:MM:SS.mmmZ``, ids are 64 hex characters, ``…_json`` is strict JSON.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import REAL, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

_NOW = "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"


def _text(default: str | None = None, **options: Any) -> Any:
    if default is not None:
        options["sa_column_kwargs"] = {"server_default": text(default)}
    return Field(sa_type=Text, **options)


def _integer(default: int | None = None, **options: Any) -> Any:
    if default is not None:
        options["sa_column_kwargs"] = {"server_default": text(str(default))}
    return Field(sa_type=Integer, **options)


class Spine(SQLModel, registry=registry()):
    """Base of the kernel's tables, on a registry of their own: no plugin's table can clash with one of them."""

    model_config = {"defer_build": True}  # a TypedDict; rows come from statements, and validate nothing


class EntityRow(Spine, table=True):
    """A person, character or thing; `revision` counts its changes, for ``If-Match``."""

    __tablename__ = "entities"
    entity_id: str = _text(primary_key=True)
    display_name: str = _text()
    aliases_json: str = _text("'[]'")
    tags_json: str = _text("'[]'")
    fields_json: str = _text("'{}'")
    created_at: str = _text(_NOW)
    updated_at: str = _text(_NOW)
    deleted_at: str | None = _text()
    revision: int = _integer(1)
    external_ids_json: str = _text("'{}'")
    cover_asset_id: str | None = _text()


class AssetRow(Spine, table=True):
    """A file by its bytes; `bytes_state` is ok, or why its file is not plainly ours (see `storage`).

    From `media_type` on: what was read out of it (the SDK's `AssetFacts`), and the words it is found by, per reader.
    """

    __tablename__ = "assets"
    __table_args__: ClassVar[Any] = (UniqueConstraint("content_hash"),)
    asset_id: str = _text(primary_key=True)
    kind: str = _text("'file'")
    filename: str | None = _text()
    content_hash: str = _text()
    byte_size: int = _integer()
    mime_type: str | None = _text()
    meta_json: str = _text("'{}'")
    created_at: str = _text(_NOW)
    deleted_at: str | None = _text()
    storage_provider: str = _text("'fs'")
    storage_key: str = _text("''")
    updated_at: str = _text(_NOW)
    bytes_state: str = _text("'ok'")
    media_type: str | None = _text()
    width: int | None = _integer()
    height: int | None = _integer()
    orientation: int | None = _integer()
    duration_seconds: float | None = Field(sa_type=REAL)
    page_count: int | None = _integer()
    taken_at: str | None = _text()
    taken_offset: str | None = _text()
    latitude: float | None = Field(sa_type=REAL)
    longitude: float | None = Field(sa_type=REAL)
    words_json: str = _text("'{}'")


class EntityAssetRow(Spine, table=True):
    """The link between an entity and an asset; a removed one keeps its row and is revived by linking again."""

    __tablename__ = "entity_assets"
    entity_id: str = _text(primary_key=True, foreign_key="entities.entity_id", ondelete="RESTRICT")
    asset_id: str = _text(primary_key=True, foreign_key="assets.asset_id", ondelete="RESTRICT")
    role: str | None = _text()
    created_at: str = _text(_NOW)
    deleted_at: str | None = _text()


class RelationshipRow(Spine, table=True):
    """A typed, directed relation between two entities; `updated_at` is null where it never changed."""

    __tablename__ = "relationships"
    relationship_id: str = _text(primary_key=True)
    src_entity_id: str = _text(foreign_key="entities.entity_id", ondelete="RESTRICT")
    dst_entity_id: str = _text(foreign_key="entities.entity_id", ondelete="RESTRICT")
    relationship_type: str = _text()
    fields_json: str = _text("'{}'")
    created_at: str = _text(_NOW)
    deleted_at: str | None = _text()
    updated_at: str | None = _text()


class JobRow(Spine, table=True):
    """A job; the table is the queue, claimed in the order of `queue_seq`.

    `dedupe_key` is unique among the jobs that are queued or running; `waiting_reason` says why a queued one is held.
    """

    __tablename__ = "jobs"
    job_id: str = _text(primary_key=True)
    job_type: str = _text()
    status: str = _text()
    progress_percent: float | None = Field(sa_type=REAL)
    progress_step: str | None = _text()
    created_at: str = _text(_NOW)
    started_at: str | None = _text()
    finished_at: str | None = _text()
    canceled_at: str | None = _text()
    error_json: str | None = _text()
    deleted_at: str | None = _text()
    input_json: str = _text("'{}'")
    result_json: str | None = _text()
    cancel_requested_at: str | None = _text()
    queue_seq: int | None = _integer()
    attempts: int = _integer(0)
    waiting_reason: str | None = _text()
    dedupe_key: str | None = _text()
    retry_of: str | None = _text()


class JobLogRow(Spine, table=True):
    """One line of a job's log."""

    __tablename__ = "job_logs"
    __table_args__: ClassVar[Any] = {"sqlite_autoincrement": True}
    job_log_id: int = _integer(primary_key=True)
    job_id: str = _text(foreign_key="jobs.job_id", ondelete="RESTRICT")
    ts: str = _text(_NOW)
    level: str = _text()
    message: str = _text()
    data_json: str | None = _text()


class FieldDefinitionRow(Spine, table=True):
    """What values a key of a scope takes; the key is unique among live rows."""

    __tablename__ = "field_definitions"
    field_def_id: str = _text(primary_key=True)
    scope: str = _text("'entity'")
    field_key: str = _text()
    field_type: str = _text()
    required: int = _integer(0)
    options_json: str = _text("'{}'")
    regex: str | None = _text()
    created_at: str = _text(_NOW)
    updated_at: str = _text(_NOW)
    deleted_at: str | None = _text()
    label: str | None = _text()
    help: str | None = _text()
    position: int = _integer(0)
    default_json: str | None = _text()
    multiple: int = _integer(0)
    enforced: int = _integer(0)


class DescriptorRow(Spine, table=True):
    """One value of an entity under a defined key; the key is unique among live rows of the entity."""

    __tablename__ = "descriptors"
    descriptor_id: str = _text(primary_key=True)
    entity_id: str = _text(foreign_key="entities.entity_id", ondelete="RESTRICT")
    scope: str = _text("'descriptor'")
    field_key: str = _text()
    value_json: str = _text("'null'")
    created_at: str = _text(_NOW)
    updated_at: str = _text(_NOW)
    deleted_at: str | None = _text()


class PluginRow(Spine, table=True):
    """The wish for a plugin; `code_consent` is 1 once someone enabled it knowing that its code will run."""

    __tablename__ = "plugin_registry"
    plugin_id: str = _text(primary_key=True)
    enabled: int = _integer(0)
    version: str | None = _text()
    config_json: str = _text("'{}'")
    discovered_at: str = _text(_NOW)
    updated_at: str = _text(_NOW)
    deleted_at: str | None = _text()
    code_consent: int = _integer(0)
    source: str | None = _text()
    secrets_json: str | None = _text()


class PluginMigrationRow(Spine, table=True):
    """A step of a plugin's own tables that ran, and the checksum of its text."""

    __tablename__ = "plugin_migrations"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}
    plugin_id: str = _text(primary_key=True)
    number: int = _integer(primary_key=True)
    name: str = _text()
    sha256: str = _text()
    applied_at: str = _text()


class PluginDataRow(Spine, table=True):
    """What a plugin keeps about an ``entity`` or ``asset``: a JSON object; purged with its subject."""

    __tablename__ = "plugin_data"
    subject_kind: str = _text(primary_key=True)
    subject_id: str = _text(primary_key=True)
    plugin_id: str = _text(primary_key=True)
    data_json: str = _text()
    updated_at: str = _text()


class EntitySearchRow(Spine, table=True):
    """The folded text of each live entity, under a key that sorts as its age does (see `db.search`)."""

    __tablename__ = "entity_search"
    __table_args__: ClassVar[Any] = (UniqueConstraint("entity_id"),)
    seq: int = _integer(primary_key=True)
    entity_id: str = _text()
    text: str = _text()


class EntitySearchPendingRow(Spine, table=True):
    """What the trigram index has to catch up with: the text it still holds under a key, None where it holds none."""

    __tablename__ = "entity_search_pending"
    seq: int = _integer(primary_key=True)
    old_text: str | None = _text()


class EntityTagRow(Spine, table=True):
    """Which live entities carry a tag."""

    __tablename__ = "entity_tags"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}
    tag: str = _text(primary_key=True)
    seq: int = _integer(primary_key=True)


class FactKeyRow(Spine, table=True):
    """A key of a field or descriptor (`space`), by its number in `entity_facts`.

    `several` is 1 once an entity had more than one value under it.
    """

    __tablename__ = "fact_keys"
    __table_args__: ClassVar[Any] = (UniqueConstraint("space", "key"),)
    key_id: int = _integer(primary_key=True)
    space: str = _text()
    key: str = _text()
    several: int = _integer(0)


class EntityFactRow(Spine, table=True):
    """Which live entities have a value under a key (see `db.fact_values`)."""

    __tablename__ = "entity_facts"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}
    key_id: int = _integer(primary_key=True)
    value: bytes = Field(sa_type=LargeBinary, primary_key=True)
    seq: int = _integer(primary_key=True)


class EntityExternalIdRow(Spine, table=True):
    """What another system calls an entity, live or in the trash."""

    __tablename__ = "entity_external_ids"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}
    source: str = _text(primary_key=True)
    external_id: str = _text(primary_key=True)
    entity_id: str = _text(foreign_key="entities.entity_id", ondelete="RESTRICT")


class AssetSearchRow(Spine, table=True):
    """The folded text of each live asset, as `EntitySearchRow` is that of entities."""

    __tablename__ = "asset_search"
    __table_args__: ClassVar[Any] = (UniqueConstraint("asset_id"),)
    seq: int = _integer(primary_key=True)
    asset_id: str = _text()
    text: str = _text()


class AssetSearchPendingRow(Spine, table=True):
    """What the trigram index of assets has to catch up with."""

    __tablename__ = "asset_search_pending"
    seq: int = _integer(primary_key=True)
    old_text: str | None = _text()


class AssetSourceRow(Spine, table=True):
    """A file that was imported: what its folder said of it, and the asset that it became (the SDK's `FileOrigin`)."""

    __tablename__ = "asset_sources"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}
    path: bytes = Field(sa_type=LargeBinary, primary_key=True)
    byte_size: int = _integer()
    mtime_ns: int = _integer()
    inode: int = _integer()
    sidecar: str = _text("''")
    asset_id: str = _text(foreign_key="assets.asset_id", ondelete="CASCADE")
    seen_at: str = _text()


class ImportCreationRow(Spine, table=True):
    """What an import created: an ``asset``, an ``entity``, or the ``link`` of an asset to `of_entity_id`."""

    __tablename__ = "import_creations"
    __table_args__: ClassVar[Any] = {"sqlite_with_rowid": False}
    import_id: str = _text(primary_key=True, foreign_key="jobs.job_id", ondelete="CASCADE")
    kind: str = _text(primary_key=True)
    thing_id: str = _text(primary_key=True)
    of_entity_id: str = _text("''", primary_key=True)


class CounterRow(Spine, table=True):
    """How many live rows there are, kept in the transaction that changes it (see `db.counters`)."""

    __tablename__ = "counters"
    name: str = _text(primary_key=True)
    value: int = _integer()


class SessionRow(Spine, table=True):
    """A browser's login: digest of its id, and of the token it was opened with, so that a new token ends it."""

    __tablename__ = "sessions"
    session_digest: str = _text(primary_key=True)
    token_fingerprint: str = _text()
    created_at: str = _text()
    expires_at: str = _text()
    user_agent: str | None = _text()


class EventRow(Spine, table=True):
    """Something that happened, written in the transaction of the change; numbers are never used twice."""

    __tablename__ = "events"
    __table_args__: ClassVar[Any] = {"sqlite_autoincrement": True}
    event_seq: int = _integer(primary_key=True)
    type: str = _text()
    subject: str | None = _text()
    at: str = _text()
    payload_json: str = _text("'{}'")


class EventCursorRow(Spine, table=True):
    """The last event that a handler has dealt with."""

    __tablename__ = "event_cursors"
    handler: str = _text(primary_key=True)
    event_seq: int = _integer()


class HomeIdentityRow(Spine, table=True):
    """What ties the file to its home: its uuid, the version of Core that last changed the schema, and since when the
    trash counts its days.
    """

    __tablename__ = "home_identity"
    key: str = _text(primary_key=True)
    value: str = _text()
