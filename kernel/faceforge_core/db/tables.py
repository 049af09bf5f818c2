"""The tables of the spine as statements use them, and their indexes."""

from __future__ import annotations

from sqlalchemy import Index, Text, and_, literal_column, text

from faceforge_core.db.rows import Spine

__all__ = [
    "MEDIA_FAMILY",
    "SAID_FAMILY",
    "UNSETTLED",
    "Spine",
    "asset_search",
    "asset_search_pending",
    "asset_sources",
    "assets",
    "counters",
    "descriptors",
    "entities",
    "entity_assets",
    "entity_external_ids",
    "entity_facts",
    "entity_search",
    "entity_search_pending",
    "entity_tags",
    "event_cursors",
    "events",
    "fact_keys",
    "field_definitions",
    "home_identity",
    "import_creations",
    "job_logs",
    "jobs",
    "plugin_data",
    "plugin_migrations",
    "plugin_registry",
    "relationships",
    "sessions",
]

SAID_FAMILY = literal_column("substr(mime_type, 1, instr(mime_type, '/'))", Text)
"""The part of an asset's `mime_type` up to its slash, ``image/``; an index holds it, spelled exactly so."""

MEDIA_FAMILY = literal_column("substr(media_type, 1, instr(media_type, '/'))", Text)
"""The same of what its bytes are."""

_tables = Spine.metadata.tables
entities = _tables["entities"]
assets = _tables["assets"]
entity_assets = _tables["entity_assets"]
relationships = _tables["relationships"]
jobs = _tables["jobs"]
job_logs = _tables["job_logs"]
field_definitions = _tables["field_definitions"]
descriptors = _tables["descriptors"]
plugin_registry = _tables["plugin_registry"]
plugin_migrations = _tables["plugin_migrations"]
plugin_data = _tables["plugin_data"]
entity_search = _tables["entity_search"]
entity_search_pending = _tables["entity_search_pending"]
asset_search = _tables["asset_search"]
asset_search_pending = _tables["asset_search_pending"]
asset_sources = _tables["asset_sources"]
import_creations = _tables["import_creations"]
entity_tags = _tables["entity_tags"]
fact_keys = _tables["fact_keys"]
entity_facts = _tables["entity_facts"]
entity_external_ids = _tables["entity_external_ids"]
counters = _tables["counters"]
sessions = _tables["sessions"]
events = _tables["events"]
event_cursors = _tables["event_cursors"]
home_identity = _tables["home_identity"]

UNSETTLED = assets.c.bytes_state != text("'ok'")
"""Assets whose bytes are not plainly ours; say it beside a narrower condition, and SQLite finds their index."""

for _table, _ids in ((entities, "entity_id"), (assets, "asset_id")):
    _live, _trash = _table.c.deleted_at.is_(None), _table.c.deleted_at.is_not(None)
    _name, _id = _table.name, _table.c[_ids]
    Index(f"ix_{_name}_created", _table.c.created_at.desc(), _id, sqlite_where=_live)
    Index(f"ix_{_name}_updated", _table.c.updated_at.desc(), _id, sqlite_where=_live)
    Index(f"ix_{_name}_trash", _table.c.deleted_at.desc(), _id, sqlite_where=_trash)

Index("ix_entities_name", entities.c.display_name, entities.c.entity_id, sqlite_where=entities.c.deleted_at.is_(None))
for _suffix, _columns in (
    ("kind", (assets.c.kind, assets.c.created_at.desc())),
    ("type", (assets.c.mime_type, assets.c.created_at.desc())),
    ("family", (SAID_FAMILY, assets.c.created_at.desc())),
    ("filename", (assets.c.filename,)),
    ("size", (assets.c.byte_size,)),
):
    Index(f"ix_assets_{_suffix}", *_columns, assets.c.asset_id, sqlite_where=assets.c.deleted_at.is_(None))
for _suffix, _first, _keys in (
    ("media_type", assets.c.media_type, (assets.c.media_type, assets.c.created_at.desc(), assets.c.asset_id)),
    ("media_family", assets.c.media_type, (MEDIA_FAMILY, assets.c.created_at.desc(), assets.c.asset_id)),
    ("width", assets.c.width, (assets.c.width, assets.c.asset_id, assets.c.height)),
    ("height", assets.c.height, (assets.c.height, assets.c.asset_id)),
    ("duration_seconds", assets.c.duration_seconds, (assets.c.duration_seconds, assets.c.asset_id)),
    ("page_count", assets.c.page_count, (assets.c.page_count, assets.c.asset_id)),
    ("taken_at", assets.c.taken_at, (assets.c.taken_at, assets.c.asset_id)),
    ("location", assets.c.latitude, (assets.c.latitude, assets.c.longitude, assets.c.asset_id)),
):
    _there = and_(assets.c.deleted_at.is_(None), _first.is_not(None))
    Index(f"ix_assets_{_suffix}", *_keys, sqlite_where=_there)
Index("ix_assets_usage", assets.c.storage_provider, assets.c.byte_size)
Index("ix_asset_sources_asset", asset_sources.c.asset_id)
Index("ix_assets_unsettled", assets.c.asset_id, sqlite_where=UNSETTLED)
Index(
    "ix_entity_assets_live",
    entity_assets.c.entity_id,
    entity_assets.c.created_at.desc(),
    entity_assets.c.asset_id,
    sqlite_where=entity_assets.c.deleted_at.is_(None),
)
# Not partial: SQLite checks foreign keys only through full indexes.
Index("idx_entity_assets_asset_id", entity_assets.c.asset_id)
Index("idx_descriptors_entity_id", descriptors.c.entity_id)
for _side in ("src", "dst"):
    Index(
        f"ix_relationships_{_side}",
        relationships.c[f"{_side}_entity_id"],
        relationships.c.created_at.desc(),
        relationships.c.relationship_id,
    )
Index("idx_relationships_type", relationships.c.relationship_type)
Index("ix_jobs_queue", jobs.c.status, jobs.c.queue_seq)
Index("ix_jobs_created", jobs.c.created_at.desc(), jobs.c.job_id, sqlite_where=jobs.c.deleted_at.is_(None))
Index(
    "ix_jobs_type", jobs.c.job_type, jobs.c.created_at.desc(), jobs.c.job_id, sqlite_where=jobs.c.deleted_at.is_(None)
)
Index(
    "ux_jobs_dedupe",
    jobs.c.dedupe_key,
    unique=True,
    sqlite_where=text("dedupe_key IS NOT NULL AND status IN ('queued', 'running')"),
)
Index(
    "ix_jobs_status", jobs.c.status, jobs.c.created_at.desc(), jobs.c.job_id, sqlite_where=jobs.c.deleted_at.is_(None)
)
Index("ix_jobs_finished", jobs.c.finished_at, sqlite_where=jobs.c.finished_at.is_not(None))
Index("ix_job_logs_job", job_logs.c.job_id, job_logs.c.job_log_id)
Index(
    "ux_field_definitions_key",
    field_definitions.c.scope,
    field_definitions.c.field_key,
    unique=True,
    sqlite_where=field_definitions.c.deleted_at.is_(None),
)
Index(
    "ux_descriptors_key",
    descriptors.c.entity_id,
    descriptors.c.scope,
    descriptors.c.field_key,
    unique=True,
    sqlite_where=descriptors.c.deleted_at.is_(None),
)
Index("ix_plugin_data_plugin", plugin_data.c.plugin_id, plugin_data.c.subject_kind, plugin_data.c.subject_id)
Index("ix_entity_tags_seq", entity_tags.c.seq)
Index("ix_entity_facts_seq", entity_facts.c.seq, entity_facts.c.key_id)
Index("ix_entity_external_ids_entity", entity_external_ids.c.entity_id)
Index(
    "ix_descriptors_definition",
    descriptors.c.scope,
    descriptors.c.field_key,
    descriptors.c.descriptor_id,
    sqlite_where=descriptors.c.deleted_at.is_(None),
)
for _table, _ids in (
    (descriptors, "descriptor_id"),
    (field_definitions, "field_def_id"),
    (relationships, "relationship_id"),
):
    Index(
        f"ix_{_table.name}_trash",
        _table.c.deleted_at.desc(),
        _table.c[_ids],
        sqlite_where=_table.c.deleted_at.is_not(None),
    )
