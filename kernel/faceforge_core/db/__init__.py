"""The database: one writer, many readers, tables and migrations."""
