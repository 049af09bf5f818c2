"""What the API's description shows: a few people, their pictures, and what was done with them."""

from __future__ import annotations

from typing import Any, Final

_Example = dict[str, Any]

ADA_ID: Final = "76740216171591903cdbd18fbc770df447c5b1671005ca0020922a465bba0172"
GRACE_ID: Final = "b2278a963678b9088632223d057087d6efed00852e7cb7c76caa56f439bb3f40"
PORTRAIT_ID: Final = "43db7221e82e6070d49ab624bd95dd912e49ee750eedb9318e9352c1af3adc43"
BORN_ID: Final = "c4f8ba17791bd00a6d800b65181b90d4bf79f944dc581900dabdabd690bb3a83"
ADAS_BIRTHDAY_ID: Final = "7f99a3e15192645c882d92c7e97dbdad1d8d827d694d70d686fd22dcf0071ae4"
MENTORING_ID: Final = "28d9e7bbbf81137ec80d8e02241329c02d7f629960e3afd7379d4e3855d7d662"
JOB_ID: Final = "5e8c9902207afaeb7120430c585a445f21e92932081d64bc99f80e4925bcb002"
MADE: Final = "2026-03-14T09:26:53.589Z"
CHANGED: Final = "2026-03-14T10:02:11.042Z"
TRASHED: Final = "2026-03-15T08:00:00.000Z"
_IN_TRASH: Final[_Example] = {"deleted_at": TRASHED}
_DATED: Final[_Example] = {"created_at": MADE, "updated_at": CHANGED}

# --- Entities -------------------------------------------------------------------------------------------------------

ENTITY_DRAFT: Final[_Example] = {
    "display_name": "Ada Lovelace",
    "aliases": ["Countess of Lovelace"],
    "tags": ["mathematician", "writer"],
    "fields": {"country": "England", "height_cm": 165},
    "external_ids": {"wikidata": "Q7259"},
}
ENTITY: Final[_Example] = {"entity_id": ADA_ID, **ENTITY_DRAFT, **_DATED, "revision": 2, "cover_asset_id": PORTRAIT_ID}
TRASHED_ENTITY: Final[_Example] = {**ENTITY, **_IN_TRASH}
ENTITY_PATCH: Final[_Example] = {"tags": ["mathematician", "writer", "programmer"]}
TAG_COUNT: Final[_Example] = {"tag": "mathematician", "count": 12}
ENTITY_FILTER: Final[_Example] = {"tag": ["mathematician"], "field.height_cm.gte": "160"}

UPSERT_ITEM: Final[_Example] = {
    "external_ids": {"wikidata": "Q11641"},
    "display_name": "Grace Hopper",
    "tags": ["programmer", "admiral"],
}
UPSERT: Final[_Example] = {"items": [UPSERT_ITEM]}
UPSERT_RESULT: Final[_Example] = {"index": 0, "status": "created", "entity_id": GRACE_ID, "error": None}
UPSERT_OUTCOME: Final[_Example] = {
    "items": [UPSERT_RESULT],
    "created": 1,
    "updated": 0,
    "unchanged": 0,
    "restored": 0,
    "failed": 0,
}
SELECTION: Final[_Example] = {"ids": [ADA_ID, GRACE_ID], "expected": 2}
TAG_REQUEST: Final[_Example] = {"filter": ENTITY_FILTER, "add": ["pioneer"], "remove": ["writer"]}
BULK_OUTCOME: Final[_Example] = {"matched": 2, "changed": 2, "job_id": None}

# --- Assets ---------------------------------------------------------------------------------------------------------

FACTS: Final[_Example] = {
    "media_type": "image/jpeg",
    "width": 2400,
    "height": 3200,
    "orientation": 1,
    "duration_seconds": None,
    "page_count": None,
    "taken_at": "2019-07-04T18:22:10.000",
    "taken_offset": "+02:00",
    "latitude": 51.5074,
    "longitude": -0.1278,
}
ASSET: Final[_Example] = {
    "asset_id": PORTRAIT_ID,
    "kind": "file",
    "filename": "ada-lovelace-1840.jpg",
    "content_hash": PORTRAIT_ID,
    "byte_size": 284_113,
    "mime_type": "image/jpeg",
    "storage_provider": "fs",
    "storage_key": f"files/{PORTRAIT_ID[:2]}/{PORTRAIT_ID}",
    "meta": {
        "metadata": [
            {
                "Source": "UserSidecar",
                "Type": "JsonMetadata",
                "Name": "ada-lovelace-1840.jpg_meta.json",
                "NameHashes": None,
                "Data": {"painter": "Alfred Edward Chalon"},
            }
        ]
    },
    "facts": FACTS,
    **_DATED,
}
LINKED_ASSET: Final[_Example] = {**ASSET, "role": "portrait", "linked_at": CHANGED}
TRASHED_ASSET: Final[_Example] = {**ASSET, **_IN_TRASH}
ASSET_PATCH: Final[_Example] = {"filename": "ada-lovelace-by-chalon.jpg", "mime_type": "image/jpeg"}
COVER: Final[_Example] = {"asset_id": PORTRAIT_ID}
LINKED_ENTITY: Final[_Example] = {**ENTITY, "role": "portrait", "linked_at": CHANGED}
LINK: Final[_Example] = {"role": "portrait"}
LINKED: Final[_Example] = {"linked": True}

IMPORT_COUNT: Final[_Example] = {"created": 12, "live": 11}
FAMILY_COUNT: Final[_Example] = {"family": "image", "assets": 1842}
MONTH_COUNT: Final[_Example] = {"month": "2026-03", "created": 120}
ASSET_STATISTICS: Final[_Example] = {"total": 1842, "families": [FAMILY_COUNT], "months": [MONTH_COUNT]}
ENTITY_STATISTICS: Final[_Example] = {"total": 120, "months": [MONTH_COUNT]}
IMPORT_SUMMARY: Final[_Example] = {
    "job_id": JOB_ID,
    "assets": {"created": 1842, "live": 1842},
    "entities": {"created": 12, "live": 11},
    "links": {"created": 1842, "live": 1801},
}

# --- Fields and descriptors -----------------------------------------------------------------------------------------

_BORN: Final[_Example] = {
    "scope": "descriptor",
    "field_key": "born",
    "field_type": "string",
    "required": True,
    "options": {},
    "regex": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "label": "Born",
    "help": "The day of birth, year first.",
    "order": 10,
    "default": None,
    "multiple": False,
    "enforced": False,
}
FIELD_DEF_DRAFT: Final[_Example] = {
    key: _BORN[key] for key in ("scope", "field_key", "field_type", "required", "regex", "label", "help", "order")
}
FIELD_DEF: Final[_Example] = {"field_def_id": BORN_ID, **_BORN, **_DATED, "regex_error": None}
TRASHED_FIELD_DEF: Final[_Example] = {**FIELD_DEF, **_IN_TRASH}
FIELD_DEF_PATCH: Final[_Example] = {"label": "Date of birth", "clear": ["help"]}
KNOWN_TYPE: Final[_Example] = {"name": "int", "aliases": ["integer"], "widget": "number"}
MISFIT: Final[_Example] = {
    "entity_id": ADA_ID,
    "descriptor_id": ADAS_BIRTHDAY_ID,
    "errors": ["does not match the pattern [0-9]{4}-[0-9]{2}-[0-9]{2}"],
}
MISFITS: Final[_Example] = {"checked": 48, "count": 1, "complete": True, "items": [MISFIT]}
FIELD_DEF_CHANGE: Final[_Example] = {**FIELD_DEF, "label": "Date of birth", "help": None, "misfits": MISFITS}
DESCRIPTOR_DRAFT: Final[_Example] = {"scope": "descriptor", "field_key": "born", "value": "1815-12-10"}
DESCRIPTOR: Final[_Example] = {
    "descriptor_id": ADAS_BIRTHDAY_ID,
    "entity_id": ADA_ID,
    **DESCRIPTOR_DRAFT,
    **_DATED,
}
TRASHED_DESCRIPTOR: Final[_Example] = {**DESCRIPTOR, **_IN_TRASH}
DESCRIPTOR_PATCH: Final[_Example] = {"value": "1815-12-10"}

# --- Relationships --------------------------------------------------------------------------------------------------

RELATIONSHIP_DRAFT: Final[_Example] = {
    "src_entity_id": ADA_ID,
    "dst_entity_id": GRACE_ID,
    "relationship_type": "mentor",
    "fields": {"since": 1843},
}
RELATIONSHIP: Final[_Example] = {"relationship_id": MENTORING_ID, **RELATIONSHIP_DRAFT, **_DATED}
TRASHED_RELATIONSHIP: Final[_Example] = {**RELATIONSHIP, **_IN_TRASH}
RELATIONSHIP_PATCH: Final[_Example] = {"relationship_type": "friend"}
GRAPH_NODE: Final[_Example] = {"entity_id": GRACE_ID, "display_name": "Grace Hopper", "distance": 1}
GRAPH: Final[_Example] = {
    "entity_id": ADA_ID,
    "nodes": [{"entity_id": ADA_ID, "display_name": "Ada Lovelace", "distance": 0}, GRAPH_NODE],
    "edges": [RELATIONSHIP],
    "truncated": False,
}

# --- Jobs and events ------------------------------------------------------------------------------------------------

JOB_DRAFT: Final[_Example] = {"job_type": "assets.bulk-import", "input": {"path": "/home/ada/Pictures"}}
JOB: Final[_Example] = {
    "job_id": JOB_ID,
    **JOB_DRAFT,
    "status": "running",
    "progress_percent": 40.0,
    "progress_step": "ada-lovelace-1840.jpg",
    "result": None,
    "cancel_requested_at": None,
    "created_at": MADE,
    "started_at": MADE,
    "finished_at": None,
    "canceled_at": None,
    "error": None,
    "waiting_reason": None,
    "attempts": 1,
    "retry_of": None,
}
JOB_ERROR: Final[_Example] = {"code": "job_failed", "message": "The folder /home/ada/Pictures does not exist."}
JOB_CANCELLATION: Final[_Example] = {"cancel_requested": True, "job": {**JOB, "cancel_requested_at": CHANGED}}
JOB_LOG_LINE: Final[_Example] = {
    "job_log_id": 1024,
    "ts": CHANGED,
    "level": "warning",
    "message": "The sidecar ada-lovelace-1840.jpg_meta.json can't be used.",
    "data": {"file": "ada-lovelace-1840.jpg"},
}
JOB_LOG: Final[_Example] = {"items": [JOB_LOG_LINE], "next_after_id": 1024}
EVENT: Final[_Example] = {
    "event_seq": 42,
    "type": "entity.created",
    "subject": ADA_ID,
    "at": MADE,
    "payload": {"display_name": "Ada Lovelace"},
}

# --- Plugins, trash, system -----------------------------------------------------------------------------------------

PLUGIN_CONFIG_REQUEST: Final[_Example] = {"config": {"default_provider": "fs"}}
PLUGIN_CONFIG: Final[_Example] = {
    "plugin_id": "faceforge.storage_routing",
    **PLUGIN_CONFIG_REQUEST,
    "config_secrets_set": [],
}
PLUGIN_DATA_REQUEST: Final[_Example] = {"data": {"palette": ["#1e90ff", "#228b22"]}}
PLUGIN_DATA_ENTRY: Final[_Example] = {"plugin_id": "demo.palettes", **PLUGIN_DATA_REQUEST}
SUBJECT_DATA: Final[_Example] = {"demo.palettes": PLUGIN_DATA_REQUEST["data"]}
COMMAND_REQUEST: Final[_Example] = {"input": {"only_missing": True}}
COMMAND_OUTPUT: Final[_Example] = {"output": "The files are read by the job 5d41402abc4b."}
PLUGIN_COMMAND: Final[_Example] = {
    "plugin_id": "faceforge.ingest",
    "name": "read",
    "help": "Read the files of the library anew.",
    "input_schema": {"type": "object", "properties": {"only_missing": {"type": "boolean", "default": False}}},
}
FORGOTTEN_PLUGIN: Final[_Example] = {"plugin_id": "demo.palettes", "tables": 2, "subjects": 140, "files": 1}
PLUGIN: Final[_Example] = {
    **PLUGIN_CONFIG,
    "name": "Storage routing",
    "version": "0.2.0",
    "enabled": True,
    "discovered": True,
    "config_schema": {"type": "object", "properties": {"default_provider": {"enum": ["fs", "s3"]}}},
    "source": "builtin",
    "state": "active",
    "error": None,
    "essential": False,
    "capabilities": ["storage_rules"],
    "permissions": [],
    "contributions": {"StorageRule": 1},
    "restart_required": False,
    "description": "Decides where each upload is kept.",
}
PLUGIN_INSTALLATION: Final[_Example] = {
    "plugin": {
        **PLUGIN,
        "plugin_id": "examples.palette",
        "name": "Palette",
        "source": "folder",
        "state": "disabled",
        "enabled": False,
        "description": "The colours of each picture.",
    },
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "files": 4,
    "byte_size": 18432,
    "replaced": None,
}
PLUGIN_ERROR: Final[_Example] = {"summary": "The module plugin.py is missing.", "traceback": None}
IGNORED_MANIFEST: Final[_Example] = {"path": "plugins/broken/plugin.json", "reason": "It is no JSON."}
PLUGIN_LIST: Final[_Example] = {"items": [PLUGIN], "ignored": [IGNORED_MANIFEST]}
TRASH_SUMMARY: Final[_Example] = {
    "entities": 3,
    "assets": 7,
    "descriptors": 0,
    "field_defs": 1,
    "relationships": 2,
    "keep_days": 30,
}
PURGE: Final[_Example] = {"kinds": ["assets"], "older_than_days": 90}
_HOME: Final = "/home/ada/FaceForge"
SYSTEM_PATHS: Final[_Example] = {
    "db_dir": f"{_HOME}/db",
    "s3_dir": f"{_HOME}/s3",
    "assets_dir": f"{_HOME}/assets",
    "logs_dir": f"{_HOME}/logs",
    "config_dir": f"{_HOME}/config",
    "plugins_dir": f"{_HOME}/plugins",
    "tmp_dir": f"{_HOME}/tmp",  # noqa: S108  # part of an example
}
SYSTEM_INFO: Final[_Example] = {
    "version": "0.2.0",
    "faceforge_home": _HOME,
    "paths": SYSTEM_PATHS,
    "api_version": 1,
    "safe_mode": False,
    "warnings": [],
}
HEALTH: Final[_Example] = {
    "name": "exiftool",
    "plugin_id": "faceforge.exiftool",
    "status": "ok",
    "summary": "ExifTool 13.50 reads metadata from files.",
    "advice": None,
    "facts": {"version": "13.50", "path": f"{_HOME}/tools/exiftool"},
}
SNAPSHOT: Final[_Example] = {
    "name": "20261125T204512Z",
    "created_at": "2026-11-25T20:45:12.000Z",
    "core_version": "0.2.0",
    "assets": 12041,
    "total_bytes": 48318382080,
    "problems": 0,
}
BACKUP_REPORT: Final[_Example] = {
    "name": "20261125T204512Z",
    "assets": 12041,
    "total_bytes": 48318382080,
    "added_files": 17,
    "added_bytes": 92274688,
    "problems": 0,
    "removed": 1,
}
READINESS: Final[_Example] = {
    "ready": True,
    "checks": {"home": True, "database_reads": True, "database_writes": True, "storage": True, "jobs": True},
}
ERROR: Final[_Example] = {"code": "not_found", "message": "There is no such entity.", "details": None}

JOB_TYPE: Final[_Example] = {
    "job_type": "storage.verify",
    "plugin_id": "faceforge.storage_api",
    "input_schema": {"type": "object", "properties": {"deep": {"type": "boolean"}}},
}

# --- Storage --------------------------------------------------------------------------------------------------------

VERIFY: Final[_Example] = {"deep": True}
FINDING: Final[_Example] = {
    "code": "missing",
    "message": "The file's bytes are missing.",
    "asset_id": PORTRAIT_ID,
    "filename": "portrait.jpg",
    "key": None,
    "provider": "fs",
    "repaired": False,
}
VERIFY_REPORT: Final[_Example] = {
    "checked_assets": 1204,
    "hashed_assets": 1204,
    "hashed_bytes": 5368709120,
    "seen_objects": 1204,
    "counts": {"missing": 1},
    "findings": [FINDING],
}
MIGRATE: Final[_Example] = {
    "to": "s3",
    "source": "fs",
    "kind": "video",
    "min_bytes": 10485760,
    "max_bytes": None,
    "keep_source": False,
}
MIGRATE_SHARE: Final[_Example] = {"source": "fs", "to": "s3", "assets": 42, "total_bytes": 1288490188}
MIGRATE_PLAN: Final[_Example] = {"shares": [MIGRATE_SHARE], "assets": 42, "total_bytes": 1288490188}
PROVIDER_USAGE: Final[_Example] = {
    "name": "fs",
    "active": True,
    "available": True,
    "assets": 1204,
    "total_bytes": 5368709120,
}
STORAGE_USAGE: Final[_Example] = {"providers": [PROVIDER_USAGE], "displaced": 0}

# --- Imports --------------------------------------------------------------------------------------------------------

LISTED_FOLDER: Final[_Example] = {
    "name": "Pictures",
    "path": "/home/ada/Pictures",
    "importable": True,
    "reason": None,
}
FOLDER_LISTING: Final[_Example] = {
    "path": "/home/ada",
    "parent": "/home",
    "importable": False,
    "reason": "/home/ada contains /home/ada/FaceForge, which belongs to FaceForge itself; name a folder that does not",
    "folders": [LISTED_FOLDER],
    "more": False,
    "files": 12,
    "bytes": 48_211,
}
