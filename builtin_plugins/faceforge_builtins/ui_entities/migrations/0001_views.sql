-- Saved views of the list, in the order in which they were saved. The name of a removed one is free.
CREATE TABLE {prefix}views (
    place INTEGER PRIMARY KEY,
    view_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    removed INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX {prefix}views_name ON {prefix}views (name) WHERE NOT removed;
