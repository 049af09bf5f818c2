CREATE TABLE alembic_core (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_core_pkc PRIMARY KEY (version_num)
);

CREATE TABLE schema_migrations ( name TEXT PRIMARY KEY, applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')));

CREATE TABLE entities (
    entity_id TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    aliases_json TEXT NOT NULL DEFAULT '[]',
    tags_json TEXT NOT NULL DEFAULT '[]',
    fields_json TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    deleted_at TEXT
, revision INTEGER NOT NULL DEFAULT 1, external_ids_json TEXT NOT NULL DEFAULT '{}', cover_asset_id TEXT);

CREATE TABLE assets (
    asset_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL DEFAULT 'file',
    filename TEXT,
    content_hash TEXT NOT NULL,
    byte_size INTEGER NOT NULL,
    mime_type TEXT,
    meta_json TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    deleted_at TEXT, storage_provider TEXT NOT NULL DEFAULT 'fs', storage_key TEXT NOT NULL DEFAULT '', updated_at TEXT NOT NULL
    DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), bytes_state TEXT NOT NULL DEFAULT 'ok', media_type TEXT, width INTEGER, height INTEGER, orientation INTEGER, duration_seconds REAL, page_count INTEGER, taken_at TEXT, taken_offset TEXT, latitude REAL, longitude REAL, words_json TEXT NOT NULL DEFAULT '{}',
    UNIQUE(content_hash)
);

CREATE TABLE entity_assets (
    entity_id TEXT NOT NULL,
    asset_id TEXT NOT NULL,
    role TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    deleted_at TEXT,
    PRIMARY KEY (entity_id, asset_id),
    FOREIGN KEY(entity_id) REFERENCES entities(entity_id) ON DELETE RESTRICT,
    FOREIGN KEY(asset_id) REFERENCES assets(asset_id) ON DELETE RESTRICT
);

CREATE TABLE relationships (
    relationship_id TEXT PRIMARY KEY,
    src_entity_id TEXT NOT NULL,
    dst_entity_id TEXT NOT NULL,
    relationship_type TEXT NOT NULL,
    fields_json TEXT NOT NULL DEFAULT '{}',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    deleted_at TEXT, updated_at TEXT,
    FOREIGN KEY(src_entity_id) REFERENCES entities(entity_id) ON DELETE RESTRICT,
    FOREIGN KEY(dst_entity_id) REFERENCES entities(entity_id) ON DELETE RESTRICT
);

CREATE TABLE jobs (
    job_id TEXT PRIMARY KEY,
    job_type TEXT NOT NULL,
    status TEXT NOT NULL,
    progress_percent REAL,
    progress_step TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    started_at TEXT,
    finished_at TEXT,
    canceled_at TEXT,
    error_json TEXT,
    deleted_at TEXT
, input_json TEXT NOT NULL DEFAULT '{}', result_json TEXT, cancel_requested_at TEXT, queue_seq INTEGER, attempts INTEGER NOT NULL DEFAULT 0, waiting_reason TEXT, dedupe_key TEXT, retry_of TEXT);

CREATE TABLE job_logs (
    job_log_id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL,
    ts TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    data_json TEXT,
    FOREIGN KEY(job_id) REFERENCES jobs(job_id) ON DELETE RESTRICT
);

CREATE TABLE plugin_registry (
    plugin_id TEXT PRIMARY KEY,
    enabled INTEGER NOT NULL DEFAULT 0,
    version TEXT,
    config_json TEXT NOT NULL DEFAULT '{}',
    discovered_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    deleted_at TEXT
, code_consent INTEGER NOT NULL DEFAULT 0, source TEXT, secrets_json TEXT);

CREATE TABLE "field_definitions" (
    field_def_id TEXT PRIMARY KEY,
    scope TEXT NOT NULL DEFAULT 'entity',
    field_key TEXT NOT NULL,
    field_type TEXT NOT NULL,
    required INTEGER NOT NULL DEFAULT 0,
    options_json TEXT NOT NULL DEFAULT '{}',
    regex TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    deleted_at TEXT
, label TEXT, help TEXT, position INTEGER NOT NULL DEFAULT 0, default_json TEXT, multiple INTEGER NOT NULL DEFAULT 0, enforced INTEGER NOT NULL DEFAULT 0);

CREATE TABLE "descriptors" (
    descriptor_id TEXT PRIMARY KEY,
    entity_id TEXT NOT NULL,
    scope TEXT NOT NULL DEFAULT 'descriptor',
    field_key TEXT NOT NULL,
    value_json TEXT NOT NULL DEFAULT 'null',
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    deleted_at TEXT,
    FOREIGN KEY(entity_id) REFERENCES entities(entity_id) ON DELETE RESTRICT
);

CREATE TABLE counters (name TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL);

CREATE TABLE sessions (
    session_digest TEXT NOT NULL PRIMARY KEY,
    token_fingerprint TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
, user_agent TEXT);

CREATE TABLE events (
    event_seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    subject TEXT,
    at TEXT NOT NULL,
    payload_json TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE event_cursors (handler TEXT NOT NULL PRIMARY KEY, event_seq INTEGER NOT NULL);

CREATE TABLE home_identity (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL);

CREATE TABLE entity_search (seq INTEGER NOT NULL PRIMARY KEY, entity_id TEXT NOT NULL UNIQUE, text TEXT NOT NULL);

CREATE TABLE entity_search_pending (seq INTEGER NOT NULL PRIMARY KEY, old_text TEXT);

CREATE TABLE entity_tags (tag TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (tag, seq)) WITHOUT ROWID;

CREATE VIRTUAL TABLE entity_fts USING fts5(
    text, content='entity_search', content_rowid='seq', tokenize='trigram', detail='none', columnsize=0
);

CREATE TABLE entity_external_ids (
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    PRIMARY KEY (source, external_id),
    FOREIGN KEY(entity_id) REFERENCES entities(entity_id) ON DELETE RESTRICT
) WITHOUT ROWID;

CREATE TABLE fact_keys (
    key_id INTEGER NOT NULL PRIMARY KEY,
    space TEXT NOT NULL,
    key TEXT NOT NULL,
    several INTEGER NOT NULL DEFAULT 0,
    UNIQUE (space, key)
);

CREATE TABLE entity_facts (
    key_id INTEGER NOT NULL, value BLOB NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (key_id, value, seq)
) WITHOUT ROWID;

CREATE TABLE asset_search (seq INTEGER NOT NULL PRIMARY KEY, asset_id TEXT NOT NULL UNIQUE, text TEXT NOT NULL);

CREATE TABLE asset_search_pending (seq INTEGER NOT NULL PRIMARY KEY, old_text TEXT);

CREATE VIRTUAL TABLE asset_fts USING fts5(
    text, content='asset_search', content_rowid='seq', tokenize='trigram', detail='none', columnsize=0
);

CREATE TABLE asset_sources (
    path BLOB NOT NULL PRIMARY KEY,
    byte_size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    inode INTEGER NOT NULL,
    sidecar TEXT NOT NULL DEFAULT '',
    asset_id TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    FOREIGN KEY(asset_id) REFERENCES assets(asset_id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE import_creations (
    import_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    thing_id TEXT NOT NULL,
    of_entity_id TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (import_id, kind, thing_id, of_entity_id),
    FOREIGN KEY(import_id) REFERENCES jobs(job_id) ON DELETE CASCADE
) WITHOUT ROWID;

CREATE TABLE plugin_migrations (
    plugin_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at TEXT NOT NULL,
    PRIMARY KEY (plugin_id, number)
) WITHOUT ROWID;

CREATE TABLE plugin_data (
    subject_kind TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    plugin_id TEXT NOT NULL,
    data_json TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (subject_kind, subject_id, plugin_id)
);

CREATE INDEX idx_entity_assets_asset_id ON entity_assets(asset_id);

CREATE INDEX idx_relationships_type ON relationships(relationship_type);

CREATE INDEX ix_entities_created ON entities (created_at DESC, entity_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_entities_updated ON entities (updated_at DESC, entity_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_entities_name ON entities (display_name, entity_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_entities_trash ON entities (deleted_at DESC, entity_id) WHERE deleted_at IS NOT NULL;

CREATE INDEX ix_assets_created ON assets (created_at DESC, asset_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_assets_updated ON assets (updated_at DESC, asset_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_assets_kind ON assets (kind, created_at DESC, asset_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_assets_type ON assets (mime_type, created_at DESC, asset_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_assets_family ON assets (substr(mime_type, 1, instr(mime_type, '/')), created_at DESC, asset_id)
    WHERE deleted_at IS NULL;

CREATE INDEX ix_assets_unsettled ON assets (asset_id) WHERE bytes_state != 'ok';

CREATE INDEX ix_assets_filename ON assets (filename, asset_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_assets_size ON assets (byte_size, asset_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_assets_trash ON assets (deleted_at DESC, asset_id) WHERE deleted_at IS NOT NULL;

CREATE INDEX ix_entity_assets_live ON entity_assets (entity_id, created_at DESC, asset_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_relationships_src ON relationships (src_entity_id, created_at DESC, relationship_id);

CREATE INDEX ix_relationships_dst ON relationships (dst_entity_id, created_at DESC, relationship_id);

CREATE INDEX ix_jobs_queue ON jobs (status, queue_seq);

CREATE INDEX ix_jobs_created ON jobs (created_at DESC, job_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_jobs_type ON jobs (job_type, created_at DESC, job_id) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX ux_jobs_dedupe ON jobs (dedupe_key)
    WHERE dedupe_key IS NOT NULL AND status IN ('queued', 'running');

CREATE INDEX ix_job_logs_job ON job_logs (job_id, job_log_id);

CREATE INDEX idx_descriptors_entity_id ON descriptors (entity_id);

CREATE UNIQUE INDEX ux_descriptors_key ON descriptors (entity_id, scope, field_key) WHERE deleted_at IS NULL;

CREATE UNIQUE INDEX ux_field_definitions_key ON field_definitions (scope, field_key) WHERE deleted_at IS NULL;

CREATE INDEX ix_entity_tags_seq ON entity_tags (seq);

CREATE INDEX ix_entity_external_ids_entity ON entity_external_ids (entity_id);

CREATE INDEX ix_descriptors_trash ON descriptors (deleted_at DESC, descriptor_id) WHERE deleted_at IS NOT NULL;

CREATE INDEX ix_descriptors_definition ON descriptors (scope, field_key, descriptor_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_field_definitions_trash ON field_definitions (deleted_at DESC, field_def_id)
    WHERE deleted_at IS NOT NULL;

CREATE INDEX ix_relationships_trash ON relationships (deleted_at DESC, relationship_id) WHERE deleted_at IS NOT NULL;

CREATE INDEX ix_jobs_status ON jobs (status, created_at DESC, job_id) WHERE deleted_at IS NULL;

CREATE INDEX ix_jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;

CREATE INDEX ix_entity_facts_seq ON entity_facts (seq, key_id);

CREATE INDEX ix_assets_media_type ON assets (media_type, created_at DESC, asset_id)
    WHERE deleted_at IS NULL AND media_type IS NOT NULL;

CREATE INDEX ix_assets_media_family ON assets (substr(media_type, 1, instr(media_type, '/')), created_at DESC, asset_id)
    WHERE deleted_at IS NULL AND media_type IS NOT NULL;

CREATE INDEX ix_assets_width ON assets (width, asset_id, height) WHERE deleted_at IS NULL AND width IS NOT NULL;

CREATE INDEX ix_assets_height ON assets (height, asset_id) WHERE deleted_at IS NULL AND height IS NOT NULL;

CREATE INDEX ix_assets_duration_seconds ON assets (duration_seconds, asset_id)
    WHERE deleted_at IS NULL AND duration_seconds IS NOT NULL;

CREATE INDEX ix_assets_page_count ON assets (page_count, asset_id) WHERE deleted_at IS NULL AND page_count IS NOT NULL;

CREATE INDEX ix_assets_taken_at ON assets (taken_at, asset_id) WHERE deleted_at IS NULL AND taken_at IS NOT NULL;

CREATE INDEX ix_assets_location ON assets (latitude, longitude, asset_id)
    WHERE deleted_at IS NULL AND latitude IS NOT NULL;

CREATE INDEX ix_assets_usage ON assets (storage_provider, byte_size);

CREATE INDEX ix_asset_sources_asset ON asset_sources (asset_id);

CREATE INDEX ix_plugin_data_plugin ON plugin_data (plugin_id, subject_kind, subject_id);

INSERT INTO "alembic_core" (version_num) VALUES ('0010');

INSERT INTO "counters" (name, value) VALUES ('entities', 0);

INSERT INTO "counters" (name, value) VALUES ('assets', 0);

INSERT INTO "home_identity" (key, value) VALUES ('trash_counts_from', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));

INSERT INTO "schema_migrations" (name, applied_at) VALUES ('0001_init', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));

INSERT INTO "schema_migrations" (name, applied_at) VALUES ('0002_assets_storage', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));

INSERT INTO "schema_migrations" (name, applied_at) VALUES ('0003_descriptors', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));

INSERT INTO "schema_migrations" (name, applied_at) VALUES ('0004_jobs_inputs_and_cancel', strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
