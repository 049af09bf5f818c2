"""A plugin's own tables: what its steps and its statements may do, in Core and in the stand-in for tests alike."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, insert, select

from faceforge_core.db.driver import sqlite3
from faceforge_core.db.engine import Database
from faceforge_core.db.plugin_steps import PluginSteps
from faceforge_core.db.plugin_tables import PluginTables
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import entities as entity_table
from faceforge_sdk.errors import Busy, Conflict, InvalidInput, StatementRefused
from faceforge_sdk.models import EntityDraft
from faceforge_sdk.own_tables import prefix_of
from faceforge_sdk.testing import FakeAssets, FakeEntities, FakePluginDatabase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ANNA = "a" * 64
PALETTES = """
CREATE TABLE {prefix}palettes (
    palette_id INTEGER PRIMARY KEY,
    entity_id TEXT REFERENCES entities (entity_id) ON DELETE CASCADE,
    name TEXT NOT NULL UNIQUE,
    hue INTEGER CHECK (hue BETWEEN 0 AND 359)
);
CREATE INDEX {prefix}palettes_entity ON {prefix}palettes (entity_id);
"""


class House:
    """A plugin's tables, in one of the two."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    db: Any
    foreign: Any

    def step(self, name: str, sql: str) -> None:
        (self.folder / name).write_text(sql, encoding="utf-8")

    def migrate(self) -> None:
        raise NotImplementedError

    def purge_anna(self) -> None:
        raise NotImplementedError

    def made(self, sql: str = PALETTES) -> Any:
        """The tables after one step."""
        self.step("0001_palettes.sql", sql)
        self.migrate()
        return self.db


class CoreHouse(House):
    def __init__(self, root: Path, put_database: Callable[[Path], None]) -> None:
        super().__init__(root / "migrations")
        self.path = root / "core.sqlite3"
        put_database(self.path)
        self.database = Database(self.path)
        self.tables = PluginTables(self.database)
        self.db = self.tables.of("demo.palettes")
        self.rows = {"aliases_json": "[]", "tags_json": "[]", "fields_json": "{}", "revision": 1}
        times = dict.fromkeys(("created_at", "updated_at"), "2024-01-01T00:00:00.000Z")
        statement = prepare(insert(entity_table).values(entity_id=ANNA, display_name="Anna", **times))
        self.database.write(lambda tx: tx.run(statement))

    def migrate(self, plugin_id: str = "demo.palettes") -> None:
        PluginSteps(self.database).migrate(plugin_id, self.folder)

    def purge_anna(self) -> None:
        statement = prepare(entity_table.delete())
        self.database.write(lambda tx: tx.run(statement))

    def names(self) -> set[str]:
        connection = sqlite3.connect(self.path)
        found = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master")}
        connection.close()
        return found

    def close(self) -> None:
        self.tables.close()
        self.database.close()


class FakeHouse(House):
    def __init__(self, root: Path) -> None:
        super().__init__(root / "migrations")
        self.entities = FakeEntities()
        anna = self.entities.create(EntityDraft(display_name="Anna"))
        self.entities._live = {ANNA: anna.model_copy(update={"entity_id": ANNA})}
        self.db = FakePluginDatabase("demo.palettes", self.entities, FakeAssets())

    def migrate(self) -> None:
        self.db.migrate(self.folder)

    def purge_anna(self) -> None:
        self.entities.purge(ANNA)

    def close(self) -> None:
        self.db._connection.close()


@pytest.fixture
def core(tmp_path: Path, put_database: Callable[[Path], None]) -> Iterator[CoreHouse]:
    made = CoreHouse(tmp_path, put_database)
    yield made
    made.close()


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeHouse]:
    made = FakeHouse(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["core", "fake"])
def home(request: pytest.FixtureRequest) -> House:
    found: House = request.getfixturevalue(request.param)
    return found


# --- Names


@pytest.mark.parametrize(
    ("plugin_id", "prefix"),
    [
        ("demo", "p_demo__"),
        ("my.plugin", "p_my_plugin__"),
        ("my-plugin", "ph_my_plugin__"),
        ("my_plugin", "pu_my_plugin__"),
        ("a.b_c", "pdu_a_b_c__"),
        ("a_b.c", "pud_a_b_c__"),
    ],
)
def test_a_prefix_is_read_off_the_id(plugin_id: str, prefix: str) -> None:
    assert prefix_of(plugin_id) == prefix


def test_no_prefix_begins_with_another_ones() -> None:
    ids = [
        "a",
        "a.b",
        "a_b",
        "a-b",
        "a.b.c",
        "a_b.c",
        "a.b_c",
        "a-b_c",
        "ab",
        "h",
        "u.a",
        "h.a",
        "d.a",
        "a.d.b",
        "a.u.b",
    ]
    prefixes = [prefix_of(plugin_id) for plugin_id in ids]
    assert [(one, two) for one in prefixes for two in prefixes if one is not two and two.startswith(one)] == []


def test_plugins_of_like_ids_have_tables_of_the_same_name_and_never_meet(core: CoreHouse) -> None:
    core.step("0001_rows.sql", "CREATE TABLE {prefix}rows (name TEXT);")
    for plugin_id in ("a.b", "a_b", "a-b", "a"):
        core.migrate(plugin_id)
        core.tables.of(plugin_id).write(
            lambda tx, name=plugin_id: tx.run("INSERT INTO {prefix}rows VALUES (:name)", name=name)
        )
    for plugin_id, other in (
        ("a.b", "p_a__rows"),
        ("a_b", "p_a_b__rows"),
        ("a-b", "pu_a_b__rows"),
        ("a", "p_a_b__rows"),
    ):
        with core.tables.of(plugin_id).read() as reader:
            assert reader.value("SELECT group_concat(name) FROM {prefix}rows") == plugin_id
            with pytest.raises(StatementRefused, match=f"it would read the table {other}: SELECT"):
                reader.all(f"SELECT * FROM {other}")


# --- Steps


def test_a_step_makes_tables_that_can_be_written_and_read(home: House) -> None:
    db = home.made()
    assert (
        db.write(
            lambda tx: tx.run("INSERT INTO {prefix}palettes (name, hue) VALUES (:name, :hue)", name="Sky", hue=200)
        )
        == 1
    )
    rows = [{"name": "Sea", "hue": 190}, {"name": "Sun", "hue": 50}]
    assert db.write(lambda tx: tx.run_many("INSERT INTO {prefix}palettes (name, hue) VALUES (:name, :hue)", rows)) == 2
    with db.read() as reader:
        assert [
            dict(row)
            for row in reader.all("SELECT name, hue FROM {prefix}palettes WHERE hue > :low ORDER BY hue", low=100)
        ] == [
            {"name": "Sea", "hue": 190},
            {"name": "Sky", "hue": 200},
        ]
        row = reader.one(f"SELECT name, hue FROM {db.prefix}palettes WHERE hue < :high", high=100)
        assert (row["name"], row[1], tuple(row)) == ("Sun", 50, ("Sun", 50))
        assert reader.one("SELECT * FROM {prefix}palettes WHERE hue = 1") is None
        assert reader.value("SELECT count(*) FROM {prefix}palettes") == 3


def test_steps_run_once_and_in_order_and_later_ones_join_them(home: House) -> None:
    db = home.made()
    db.write(lambda tx: tx.run("INSERT INTO {prefix}palettes (name) VALUES ('Sky')"))
    home.step(
        "0002_notes.sql", "ALTER TABLE {prefix}palettes ADD COLUMN note TEXT;\nUPDATE {prefix}palettes SET note = name;"
    )
    home.migrate()
    home.migrate()
    with db.read() as reader:
        assert [tuple(row) for row in reader.all("SELECT name, note FROM {prefix}palettes")] == [("Sky", "Sky")]


TRICKY = """
-- A semicolon; in a comment /* and another; */
CREATE TABLE {prefix}log (text TEXT DEFAULT 'a; b'); CREATE TABLE {prefix}other (n INTEGER);
/* one; more */
CREATE TRIGGER {prefix}noted AFTER INSERT ON {prefix}other BEGIN
    INSERT INTO {prefix}log VALUES ('it''s; new');
    INSERT INTO {prefix}log (rowid) VALUES (NULL);
END;
CREATE VIEW {prefix}both AS SELECT text FROM {prefix}log UNION ALL SELECT n FROM {prefix}other;
CREATE VIRTUAL TABLE {prefix}words USING fts5 (text);
INSERT INTO {prefix}other VALUES (1);
INSERT INTO {prefix}words VALUES ('zebra')
-- the end needs no semicolon
"""


def test_statements_end_where_sqlite_says(home: House) -> None:
    db = home.made(TRICKY)
    with db.read() as reader:
        assert [row[0] for row in reader.all("SELECT text FROM {prefix}both")] == ["it's; new", "a; b", 1]
        assert reader.value("SELECT text FROM {prefix}words WHERE {prefix}words MATCH 'zebra'") == "zebra"


@pytest.mark.parametrize("text", ["", "\n-- nothing yet\n", "/* nothing; yet */", "\ufeffCREATE TABLE {prefix}a (b);"])
def test_a_step_may_say_nothing_and_begin_with_a_mark(home: House, text: str) -> None:
    home.made(text)
    home.step("0002_more.sql", "CREATE TABLE {prefix}more (a)")
    home.migrate()
    with home.db.read() as reader:
        assert reader.all("SELECT * FROM {prefix}more") == []


def test_a_step_is_the_same_whatever_its_lines_end_with(home: House) -> None:
    home.made()
    (home.folder / "0001_palettes.sql").write_bytes(PALETTES.replace("\n", "\r\n").encode())
    home.migrate()


def test_a_step_that_fails_names_file_line_and_statement_and_leaves_nothing(home: House) -> None:
    home.made()
    home.step("0002_broken.sql", "CREATE TABLE {prefix}fine (a);\n\n-- why\nCREATE TABEL {prefix}wrong (a);\n")
    with pytest.raises(
        StatementRefused, match=r"0002_broken\.sql:4: SQLite can.t run this .*syntax error.*: CREATE TABEL"
    ):
        home.migrate()
    home.step("0002_broken.sql", "CREATE TABLE {prefix}fine (a);")
    home.migrate()


def test_a_step_that_violates_a_key_tells_where(home: House) -> None:
    home.made()
    insert = "INSERT INTO {prefix}palettes (name) VALUES ('a');\n"
    home.step("0002_twice.sql", insert * 2)
    with pytest.raises(StatementRefused, match=r"0002_twice\.sql:2: .*UNIQUE constraint failed"):
        home.migrate()


def test_a_statement_without_an_end_is_named(home: House) -> None:
    with pytest.raises(StatementRefused, match=r"0001_palettes\.sql:2: the statement that begins here has no end"):
        home.made("\nCREATE TABLE {prefix}a (b TEXT DEFAULT 'open);")


def test_a_step_that_ran_can_not_be_changed(home: House) -> None:
    home.made()
    home.step("0001_palettes.sql", PALETTES + "-- more")
    with pytest.raises(StatementRefused, match=r"0001_palettes\.sql was changed after it ran here: .* as a new step"):
        home.migrate()


def test_a_plugin_older_than_its_tables_is_told_so(home: House) -> None:
    home.made()
    home.step("0002_more.sql", "CREATE TABLE {prefix}more (a);")
    home.migrate()
    (home.folder / "0002_more.sql").unlink()
    with pytest.raises(StatementRefused, match=r"Step 0002 has run here and is not among .* newer version"):
        home.migrate()


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["0001_a.sql", "0003_c.sql"], r"0003_c\.sql is not step 0002"),
        (["0002_b.sql"], r"0002_b\.sql is not step 0001"),
        (["0001_a.sql", "0001_b.sql"], r"0001_b\.sql is not step 0002"),
        (["first.sql"], r"first\.sql is not called like a migration: 0001_what_it_does\.sql"),
    ],
)
def test_a_gap_and_a_strange_name_are_refused(home: House, names: list[str], told: str) -> None:
    (home.folder / "README.md").write_text("Not a step.")
    for name in names:
        home.step(name, "")
    with pytest.raises(StatementRefused, match=told):
        home.migrate()


def test_a_folder_that_is_not_there_is_named(home: House) -> None:
    home.folder.rmdir()
    with pytest.raises(StatementRefused, match=r"The migrations in .*migrations can't be read"):
        home.migrate()


# --- What a step may not do


HOSTILE = {
    "create a table of another name": ("CREATE TABLE palettes (a)", "create the table palettes"),
    "create a table of Core's kind": ("CREATE TABLE entities_2 (a)", "create the table entities_2"),
    "create a table of another plugin's": ("CREATE TABLE p_demo__a (b)", "create the table p_demo__a"),
    "an index of another name": ("CREATE INDEX by_name ON {prefix}palettes (name)", "create the index by_name"),
    "an index on a table of Core's": ("CREATE INDEX {prefix}i ON entities (display_name)", "on entities"),
    "a trigger on a table of Core's": (
        "CREATE TRIGGER {prefix}t AFTER INSERT ON entities BEGIN SELECT 1; END",
        "create the trigger {prefix}t on entities",
    ),
    "a temporary trigger on a table of Core's": (
        "CREATE TEMP TRIGGER {prefix}t AFTER INSERT ON entities BEGIN SELECT 1; END",
        "use a temporary name",
    ),
    "a temporary table": ("CREATE TEMP TABLE {prefix}t (a)", "use a temporary name"),
    "a temporary table that hides one of Core's": ("CREATE TEMP TABLE entities (a)", "use a temporary name"),
    "a temporary view": ("CREATE TEMP VIEW {prefix}v AS SELECT 1", "use a temporary name"),
    "a view of another name": ("CREATE VIEW v AS SELECT 1", "create the view v"),
    "a copy of a table of Core's": ("CREATE TABLE {prefix}copy AS SELECT * FROM entities", "read the table entities"),
    "alter a table of Core's": ("ALTER TABLE entities ADD COLUMN a", "alter the table entities"),
    "drop a table of Core's": ("DROP TABLE entities", "drop the table entities"),
    "drop an index of Core's": ("DROP INDEX ix_entities_name", "drop the index ix_entities_name"),
    "read a table of Core's": (
        "INSERT INTO {prefix}palettes (name) SELECT display_name FROM entities",
        "read the table entities",
    ),
    "count a table of Core's": (
        "INSERT INTO {prefix}palettes (name) SELECT count(*) FROM entities",
        "read the table entities",
    ),
    "hide a table of Core's by its own name": (
        "INSERT INTO {prefix}palettes (name) SELECT x.display_name FROM (SELECT * FROM entities) AS x",
        "read the table entities",
    ),
    "write to a table of Core's": ("INSERT INTO entities (entity_id) VALUES ('x')", "write to the table entities"),
    "change a table of Core's": ("UPDATE entities SET display_name = 'x'", "change the table entities"),
    "change an id of Core's": ("UPDATE entities SET entity_id = 'x'", "change the table entities"),
    "delete from a table of Core's": ("DELETE FROM entities", "delete from the table entities"),
    "replace into a table of Core's": ("REPLACE INTO assets (asset_id) VALUES ('x')", "write to the table assets"),
    "take from the counters of SQLite": ("UPDATE sqlite_sequence SET seq = 0", "change the table sqlite_sequence"),
    "write the schema itself": ("UPDATE sqlite_master SET sql = ''", "sqlite_master may not be modified"),
    "attach a file": ("ATTACH DATABASE ':memory:' AS other", "open another database"),
    "detach": ("DETACH DATABASE main", "close a database"),
    "vacuum into a file": ("VACUUM INTO '/tmp/stolen'", "open another database|cannot VACUUM"),
    "a pragma that sets": ("PRAGMA foreign_keys = OFF", "use PRAGMA foreign_keys"),
    "a pragma that opens the schema": ("PRAGMA writable_schema = ON", "use PRAGMA writable_schema"),
    "a pragma about a table of Core's": ("PRAGMA table_info(entities)", "use PRAGMA table_info"),
    "a pragma as a function": (
        "INSERT INTO {prefix}palettes (name) SELECT name FROM pragma_database_list",
        "read the table pragma_database_list|use PRAGMA database_list",
    ),
    "begin a transaction": ("BEGIN", "begin or end a transaction"),
    "end a transaction": ("COMMIT", "begin or end a transaction"),
    "undo a transaction": ("ROLLBACK", "begin or end a transaction"),
    "set a savepoint": ("SAVEPOINT piece", "set or leave a savepoint"),
    "leave a savepoint": ("RELEASE piece", "set or leave a savepoint"),
    "gather statistics": ("ANALYZE", "gather statistics"),
    "load a library": ("SELECT load_extension('x')", "call load_extension|no such function"),
    "a virtual table over Core's pages": (
        "CREATE VIRTUAL TABLE {prefix}x USING dbstat",
        "with dbstat; fts5 and rtree are",
    ),
    "a virtual table that reads Core's": (
        "CREATE VIRTUAL TABLE {prefix}x USING fts5vocab (main, entity_fts, row)",
        "with fts5vocab",
    ),
    "rename a table away": ("ALTER TABLE {prefix}palettes RENAME TO palettes", "leaves .*palettes.* changed"),
    "a view of a table of Core's": (
        "CREATE VIEW {prefix}v AS SELECT * FROM entities",
        "stands in {prefix}v .* read the table entities",
    ),
    "a view of nothing": (
        "CREATE VIEW {prefix}v AS SELECT * FROM {prefix}nothing",
        "stands in {prefix}v .*no such table",
    ),
    "a trigger that writes to Core's": (
        "CREATE TRIGGER {prefix}t AFTER UPDATE ON {prefix}palettes BEGIN DELETE FROM entities; END",
        "stands in {prefix}palettes .* delete from the table entities",
    ),
    "a trigger instead of a view's that writes to Core's": (
        "CREATE VIEW {prefix}v AS SELECT 1 AS a;"
        "CREATE TRIGGER {prefix}t INSTEAD OF INSERT ON {prefix}v BEGIN DELETE FROM entities; END",
        "stands in {prefix}v .* delete from the table entities",
    ),
    "refer to another table of Core's": (
        "CREATE TABLE {prefix}x (a TEXT REFERENCES jobs (job_id) ON DELETE CASCADE)",
        "{prefix}x refers to jobs; of Core's tables only",
    ),
    "refer to another column of Core's": (
        "CREATE TABLE {prefix}x (a TEXT REFERENCES entities (display_name) ON DELETE CASCADE)",
        "{prefix}x refers to entities; of Core's tables only",
    ),
    "keep an entity from being purged": (
        "CREATE TABLE {prefix}x (a TEXT PRIMARY KEY REFERENCES entities (entity_id))",
        "say ON DELETE CASCADE, or an entity or asset could not be purged",
    ),
    "keep an asset from being purged": (
        "CREATE TABLE {prefix}x (a TEXT PRIMARY KEY REFERENCES assets (asset_id) ON DELETE RESTRICT)",
        "say ON DELETE CASCADE",
    ),
    "keep an entity from being purged by a chain": (
        "CREATE TABLE {prefix}x (palette_id INTEGER PRIMARY KEY REFERENCES {prefix}palettes)",
        "{prefix}x .palette_id. goes with what it refers to in {prefix}palettes: say ON DELETE CASCADE",
    ),
    "keep an entity from being purged by a trigger": (
        "CREATE TRIGGER {prefix}t BEFORE DELETE ON {prefix}palettes BEGIN SELECT RAISE(ABORT, 'no'); END",
        "The trigger {prefix}t could keep Core from purging",
    ),
    "slow every purge down": (
        "CREATE TABLE {prefix}x (a TEXT REFERENCES assets ON DELETE CASCADE)",
        "{prefix}x has no index that begins with a",
    ),
}


NOT_THERE = re.compile("ix_entities_name|sqlite_sequence")
"""What only Core's own database has."""


@pytest.mark.parametrize("case", HOSTILE)
def test_a_step_that_reaches_beyond_its_own_names_is_refused_and_leaves_nothing(core: CoreHouse, case: str) -> None:
    core.made()
    sql, told = (text.replace("{prefix}", core.db.prefix) for text in HOSTILE[case])
    before = core.names()
    core.step("0002_hostile.sql", f"CREATE TABLE {{prefix}}first (a);\n{sql};\n")
    with pytest.raises(StatementRefused, match=told) as refusal:
        core.migrate()
    assert "0002_hostile.sql" in str(refusal.value)
    assert core.names() == before
    assert core.database.write(lambda tx: tx.value(prepare(select(func.count()).select_from(entity_table)))) == 1


@pytest.mark.parametrize("case", [case for case, (sql, _) in HOSTILE.items() if not NOT_THERE.search(sql)])
def test_the_stand_in_refuses_the_same_steps(tmp_path: Path, case: str) -> None:
    house = FakeHouse(tmp_path)
    house.made()
    sql, told = (text.replace("{prefix}", house.db.prefix) for text in HOSTILE[case])
    house.step("0002_hostile.sql", sql)
    with pytest.raises(StatementRefused, match=told):
        house.migrate()
    house.close()


def test_what_harms_nobody_is_allowed_in_a_step(home: House) -> None:
    db = home.made()
    home.step(
        "0002_more.sql",
        """
        CREATE TABLE {prefix}kinds (name TEXT PRIMARY KEY) WITHOUT ROWID;
        CREATE TABLE {prefix}parts (
            part_id INTEGER PRIMARY KEY AUTOINCREMENT,
            palette_id INTEGER NOT NULL REFERENCES {prefix}palettes ON DELETE CASCADE,
            asset_id TEXT REFERENCES assets ON DELETE CASCADE,
            kind TEXT REFERENCES {prefix}kinds (name) ON DELETE RESTRICT,
            spare TEXT
        );
        CREATE INDEX {prefix}parts_palette ON {prefix}parts (palette_id);
        CREATE INDEX {prefix}parts_asset ON {prefix}parts (asset_id);
        CREATE TRIGGER {prefix}kind_gone AFTER DELETE ON {prefix}kinds BEGIN
            DELETE FROM {prefix}parts WHERE kind = old.name;
        END;
        PRAGMA table_info({prefix}parts);
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT 5)
            INSERT INTO {prefix}kinds SELECT 'kind ' || n FROM numbers;
        CREATE TABLE {prefix}copy AS SELECT * FROM {prefix}kinds, json_each('[1, 2]');
        ALTER TABLE {prefix}parts DROP COLUMN spare;
        ALTER TABLE {prefix}parts RENAME COLUMN kind TO sort;
        ALTER TABLE {prefix}parts RENAME TO {prefix}pieces;
        DROP TABLE {prefix}copy;
        REINDEX {prefix}parts_asset;
        """,
    )
    home.migrate()
    with db.read() as reader:
        assert reader.value("SELECT count(*) FROM {prefix}kinds") == 5
        assert reader.value("WITH few AS (SELECT name FROM {prefix}kinds LIMIT 2) SELECT count(*) FROM few") == 2


# --- What a statement may not do later


LATER = {
    "SELECT display_name FROM entities": "read the table entities",
    "SELECT count(*) FROM entities": "read the table entities",
    "SELECT count(*) FROM main.entities": "read the table entities",
    "SELECT * FROM sqlite_master": "read the table sqlite_master",
    "SELECT * FROM pragma_table_info('entities')": "use PRAGMA table_info",
    "CREATE TABLE {prefix}more (a)": "tables are made by migrations",
    "CREATE TEMP TABLE {prefix}more (a)": "use a temporary name",
    "DROP TABLE {prefix}palettes": "tables are made by migrations",
    "ALTER TABLE {prefix}palettes ADD COLUMN a": "alter the table",
    "UPDATE entities SET display_name = ''": "change the table entities",
    "DELETE FROM events": "delete from the table events",
    "COMMIT": "begin or end a transaction",
    "ROLLBACK TO piece": "set or leave a savepoint",
    "PRAGMA query_only = OFF": "use PRAGMA query_only",
    "ATTACH ':memory:' AS x": "open another database",
    "SELEC 1": "syntax error",
    "SELECT * FROM {prefix}nothing": "no such table",
    "SELECT 1; SELECT 2": "one statement at a time",
    "SELECT :missing": "binding",
}


@pytest.mark.parametrize("sql", LATER)
def test_a_statement_that_is_refused_is_named_and_the_transaction_undone(core: CoreHouse, sql: str) -> None:
    db = core.made()

    def work(tx: Any) -> None:
        tx.run("INSERT INTO {prefix}palettes (name) VALUES ('before')")
        tx.all(sql)

    with pytest.raises(StatementRefused, match=LATER[sql]):
        db.write(work)
    with db.read() as reader:
        with pytest.raises(StatementRefused, match=LATER[sql]):
            reader.all(sql)
        assert reader.value("SELECT count(*) FROM {prefix}palettes") == 0


def test_reading_changes_nothing(home: House) -> None:
    with (
        home.made().read() as reader,
        pytest.raises(StatementRefused, match="where it may only read"),
    ):
        reader.all("INSERT INTO {prefix}palettes (name) VALUES ('a') RETURNING palette_id")


def test_what_core_prepared_itself_is_refused_to_a_plugin_all_the_same(core: CoreHouse) -> None:
    core.made()
    query = prepare(select(entity_table.c.display_name))
    sql = query.sql
    assert core.database.write(lambda tx: tx.value(query)) == "Anna"
    for _ in range(2):
        with pytest.raises(StatementRefused, match="read the table entities"):
            core.db.write(lambda tx: tx.all(sql))
        assert core.database.write(lambda tx: tx.value(query)) == "Anna"


def test_what_one_plugin_prepared_is_refused_to_another(core: CoreHouse) -> None:
    core.made()
    table = "p_demo_palettes__palettes"
    sql = f"SELECT count(*) FROM {table}"
    for _ in range(2):
        with core.db.read() as reader:
            assert reader.value(sql) == 0
        with (
            core.tables.of("demo").read() as reader,
            pytest.raises(StatementRefused, match="p_demo_palettes__palettes"),
        ):
            reader.value(sql)


def test_the_ids_of_core_may_be_read_and_nothing_else_of_it(home: House) -> None:
    with home.made().read() as reader:
        assert [row[0] for row in reader.all("SELECT entity_id FROM entities")] == [ANNA]
        assert reader.all("SELECT asset_id FROM assets") == []
        with pytest.raises(StatementRefused, match="read the table entities"):
            reader.all("SELECT rowid FROM entities")


# --- Rows


def insert_palette(tx: Any, name: str, **facts: Any) -> int:
    values = {"entity": None, "hue": None, **facts}
    added: int = tx.run(
        "INSERT INTO {prefix}palettes (name, entity_id, hue) VALUES (:name, :entity, :hue)", name=name, **values
    )
    return added


def test_rows_about_an_entity_go_with_it(home: House) -> None:
    db = home.made()
    db.write(lambda tx: (insert_palette(tx, "hers", entity=ANNA), insert_palette(tx, "nobody's")))
    home.purge_anna()
    with db.read() as reader:
        assert [row["name"] for row in reader.all("SELECT name FROM {prefix}palettes")] == ["nobody's"]


@pytest.mark.parametrize(
    ("facts", "error"),
    [
        ({"name": "Sky"}, Conflict),
        ({"name": "x", "hue": 400}, InvalidInput),
        ({"name": None}, InvalidInput),
        ({"name": "x", "entity": "nobody"}, InvalidInput),
        ({"name": "half \ud800"}, InvalidInput),
        ({"name": "x", "hue": 2**64}, InvalidInput),
    ],
)
def test_a_row_that_breaks_a_rule_is_an_error_of_the_tree(home: House, facts: Any, error: type[Exception]) -> None:
    db = home.made()
    db.write(lambda tx: insert_palette(tx, "Sky"))
    with pytest.raises(error):
        db.write(lambda tx: insert_palette(tx, **facts))


def test_what_is_raised_undoes_the_whole_transaction(home: House) -> None:
    db = home.made()

    def work(tx: Any) -> None:
        insert_palette(tx, "Sky")
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        db.write(work)
    with db.read() as reader:
        assert reader.value("SELECT count(*) FROM {prefix}palettes") == 0


def test_what_was_inserted_can_be_returned(home: House) -> None:
    db = home.made()
    row = db.write(lambda tx: tx.one("INSERT INTO {prefix}palettes (name) VALUES ('a') RETURNING palette_id, name"))
    assert (row["palette_id"], row["name"]) == (1, "a")


def test_writing_inside_of_writing_is_refused_at_once(home: House) -> None:
    db = home.made()
    with pytest.raises(RuntimeError, match="cannot wait for another write"):
        db.write(lambda tx: db.write(lambda inner: insert_palette(inner, "a")))
    assert db.write(lambda tx: insert_palette(tx, "b")) == 1


def test_a_service_that_writes_is_refused_inside_of_writing(core: CoreHouse) -> None:
    db = core.made()
    with pytest.raises(RuntimeError, match="cannot wait for another write"):
        db.write(lambda tx: core.database.write(lambda inner: None))


# --- Time


ENDLESS = "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


@pytest.fixture
def hasty(core: CoreHouse) -> Any:
    """The tables, where a transaction has a tenth of a second."""
    core.made()
    core.tables.write_seconds = core.tables.read_seconds = 0.1
    return core.db


def test_a_query_that_never_ends_is_stopped(hasty: Any, core: CoreHouse) -> None:
    with hasty.read() as reader, pytest.raises(StatementRefused, match=r"stopped after 0\.1 s"):
        reader.value(ENDLESS)
    with pytest.raises(StatementRefused, match=r"(stopped after|took longer than) 0\.1 s"):  # whichever is seen first
        hasty.write(lambda tx: tx.value(ENDLESS))
    core.tables.write_seconds = 5.0
    assert hasty.write(lambda tx: insert_palette(tx, "later")) == 1


def test_a_change_that_never_ends_costs_nobody_else_anything(hasty: Any, core: CoreHouse) -> None:
    endless = "INSERT INTO {prefix}palettes (name) " + ENDLESS.replace("count(*)", "x || 'a'")
    told: list[BaseException] = []

    def run_away() -> None:
        try:
            hasty.write(lambda tx: tx.run(endless))
        except StatementRefused as error:
            told.append(error)

    threads = [threading.Thread(target=run_away) for _ in range(3)]
    for thread in threads:
        thread.start()
    change = prepare(entity_table.update().values(display_name="Berta"))
    assert [core.database.write(lambda tx: tx.run(change)) for _ in range(20)] == [1] * 20
    for thread in threads:
        thread.join()
    assert len(told) == 3
    with core.db.read() as reader:
        assert reader.value("SELECT count(*) FROM {prefix}palettes") == 0


def test_code_that_never_ends_does_not_hold_the_writer(hasty: Any, core: CoreHouse) -> None:
    core.tables.write_seconds = 0.25
    going, go_on = threading.Event(), threading.Event()
    told: list[str] = []

    def sleep(tx: Any) -> None:
        insert_palette(tx, "first")
        going.set()
        assert go_on.wait(60)
        try:
            insert_palette(tx, "too late")
        except StatementRefused as error:
            told.append(str(error))

    def run() -> None:
        while not going.is_set():  # in its time it has to come to its first statement
            core.tables.write_seconds *= 2
            with pytest.raises(StatementRefused, match=r"took longer than [\d.]+ s"):
                hasty.write(sleep)

    thread = threading.Thread(target=run)
    thread.start()
    assert going.wait(60)
    assert core.database.write(lambda tx: 1) == 1
    go_on.set()
    thread.join()
    assert told == ["This transaction is over, and nothing can be added to it."]
    with core.db.read() as reader:
        assert reader.value("SELECT count(*) FROM {prefix}palettes") == 0


def test_a_statement_that_undoes_the_transaction_is_not_followed_by_others(core: CoreHouse) -> None:
    db = core.made()

    def work(tx: Any) -> None:
        insert_palette(tx, "Sky")
        with pytest.raises(Conflict):
            tx.run("INSERT OR ROLLBACK INTO {prefix}palettes (name) VALUES ('Sky')")
        insert_palette(tx, "outside of any transaction")

    with pytest.raises(StatementRefused, match="undone by a statement before"):
        db.write(work)
    with db.read() as reader:
        assert reader.value("SELECT count(*) FROM {prefix}palettes") == 0


def test_a_reference_that_is_checked_at_the_end_harms_nobody_else(core: CoreHouse) -> None:
    db = core.made(
        "CREATE TABLE {prefix}a (b REFERENCES {prefix}a (c) DEFERRABLE INITIALLY DEFERRED, c INTEGER UNIQUE);"
    )
    with pytest.raises(InvalidInput, match="FOREIGN KEY"):
        db.write(lambda tx: tx.run("INSERT INTO {prefix}a VALUES (7, 8)"))
    assert core.database.write(lambda tx: 1) == 1


def test_a_step_that_never_ends_is_stopped_and_undone(core: CoreHouse) -> None:
    core.step("0001_endless.sql", f"CREATE TABLE {{prefix}}a (b);\nINSERT INTO {{prefix}}a {ENDLESS};")
    with pytest.raises(StatementRefused, match=r"0001_endless\.sql:2: .*stopped after 0\.1 s"):
        PluginSteps(core.database, step_seconds=0.1).migrate("demo.palettes", core.folder)
    assert not any(name.startswith("p_demo") for name in core.names())


def test_a_step_waits_for_the_writer_and_says_when_it_can_not(core: CoreHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("faceforge_core.db.sqlite.BUSY_SECONDS", 0.1)
    other = sqlite3.connect(core.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    core.step("0001_palettes.sql", PALETTES)
    try:
        with pytest.raises(Busy):
            core.migrate()
    finally:
        other.close()
    core.migrate()


def test_reads_see_one_state(home: House) -> None:
    if isinstance(home, FakeHouse):
        pytest.skip("the stand-in has one connection: a write waits until the read is over")
    db = home.made()
    with db.read() as reader:
        assert reader.value("SELECT count(*) FROM {prefix}palettes") == 0
        db.write(lambda tx: insert_palette(tx, "new"))
        assert reader.value("SELECT count(*) FROM {prefix}palettes") == 0
    with db.read() as reader:
        assert reader.value("SELECT count(*) FROM {prefix}palettes") == 1


def test_dropping_leaves_nothing_and_nobody_else_without(core: CoreHouse) -> None:
    before = core.names()
    core.made(TRICKY)
    core.step("0002_more.sql", PALETTES)
    core.migrate()
    core.migrate("demo")
    PluginSteps(core.database).drop("demo.palettes")
    PluginSteps(core.database).drop("demo.palettes")
    left = {name for name in core.names() - before if not name.startswith("sqlite_")}
    assert left
    assert {name for name in left if not name.startswith("p_demo__")} == set()
    core.migrate()
    assert core.db.write(lambda tx: insert_palette(tx, "anew")) == 1


def test_connections_are_opened_once(core: CoreHouse) -> None:
    core.made()
    for _ in range(50):
        with core.db.read() as reader:
            reader.value("SELECT count(*) FROM {prefix}palettes")
        core.db.write(lambda tx: tx.value("SELECT 1"))
    assert core.tables.readers.opened == 1
