"""JSON of v0.1.9 that is not strict JSON made readable, and what is known of each asset's bytes.

v0.1.9 stored whatever Python's parser took: NaN, Infinity, lone surrogates, NUL. No answer could hold them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import op
from sqlalchemy import Integer, Text, column, select, table, update

from faceforge_core.db.readable_json import readable

if TYPE_CHECKING:
    from sqlalchemy import Connection

revision = "0003"
down_revision = "0002"

_BATCH = 500
_JSON_COLUMNS = {
    "entities": ("aliases_json", "tags_json", "fields_json"),
    "assets": ("meta_json",),
    "relationships": ("fields_json",),
    "jobs": ("error_json", "input_json", "result_json"),
    "job_logs": ("data_json",),
    "field_definitions": ("options_json",),
    "descriptors": ("value_json",),
    "plugin_registry": ("config_json",),
}
_SHAPES: dict[str, type[list[object] | dict[str, object]]] = {
    "aliases_json": list,
    "tags_json": list,
    "fields_json": dict,
    "meta_json": dict,
    "input_json": dict,
    "options_json": dict,
    "config_json": dict,
}

# An asset that stands for a file of the user's own has no key of ours, only the path it was taken from.
_BYTES_STATE = """
UPDATE assets SET bytes_state = CASE
    WHEN storage_key = '' AND CASE WHEN json_valid(meta_json) THEN json_extract(meta_json, '$.source.path') END
        IS NOT NULL THEN 'external'
    ELSE 'unchecked' END
WHERE storage_provider = 'fs'
"""


def upgrade() -> None:
    """Rows whose JSON is strict already are not touched."""
    connection = op.get_bind()
    for table_name, column_names in _JSON_COLUMNS.items():
        for column_name in column_names:
            _repair(connection, table_name, column_name)
    connection.exec_driver_sql(_BYTES_STATE)


def _repair(connection: Connection, table_name: str, column_name: str) -> None:
    shape = _SHAPES.get(column_name)
    rowid, stored = column("rowid", Integer), column(column_name, Text)
    rows_of = table(table_name, rowid, stored)
    following = select(rowid, stored).select_from(rows_of).order_by(rowid).limit(_BATCH)
    rows = connection.execute(following).all()
    while rows:
        for number, text in rows:
            if text is None or (mended := readable(text, shape)) == text:
                continue
            connection.execute(update(rows_of).where(rowid == number).values({column_name: mended}))
        rows = connection.execute(following.where(rowid > rows[-1][0])).all()
