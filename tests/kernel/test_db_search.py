"""Search finds exactly the substrings of the folded text, in the contract's order, and follows every change."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import bindparam, insert, text

from faceforge_core.db import counters, search, search_index
from faceforge_core.db.engine import Database
from faceforge_core.db.statements import prepare
from faceforge_core.db.tables import entities
from faceforge_core.db.transactions import Reader
from faceforge_core.testing import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    from faceforge_core.db.engine import Transaction
    from faceforge_core.db.statements import Prepared

ALPHABET = "aAbB %_\\\"'*éÉßİſıK中文日本🦊👩‍🚀\n-:()^\u0308"
TAGS = ("math", "Math", "100%", "under_score", "日本")
SEVENTIES = datetime(1970, 1, 1, tzinfo=UTC)
YEAR = 365 * 86_400_000
ADD = prepare(
    insert(entities).values(
        entity_id=bindparam("entity_id"), display_name=bindparam("name"), created_at=bindparam("created_at")
    )
)


@dataclass
class Person:
    entity_id: str
    name: str
    created_at: str
    tags: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return search.entity_text(self.name, [], self.tags, self.fields)

    @property
    def seq(self) -> int:
        return search.sequence_of(self.created_at, self.entity_id)


def some_people(rng: random.Random, number: int) -> list[Person]:
    """Few times, so that many are of the same millisecond."""
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    return [
        Person(
            entity_id=rng.randbytes(32).hex(),
            name="".join(rng.choices(ALPHABET, k=rng.randint(1, 25))),
            created_at=moment(begin + timedelta(milliseconds=rng.randrange(number // 3))),
            tags=rng.sample(TAGS, k=rng.randint(0, 2)),
            fields={"".join(rng.choices(ALPHABET, k=4)): "".join(rng.choices(ALPHABET, k=rng.randint(0, 10)))},
        )
        for _ in range(number)
    ]


def moment(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def settle(database: Database) -> None:
    """Let the trigram index catch up with everything."""
    while database.write(search_index.ENTITY_TEXTS.index_pending):
        pass


def enter(database: Database, people: list[Person]) -> None:
    def work(tx: Any) -> None:
        for person in people:
            tx.run(ADD, entity_id=person.entity_id, name=person.name, created_at=person.created_at)
            search.index_entity(tx, person.seq, person.entity_id, person.text, person.tags)

    database.write(work)


def changing(person: Person) -> Callable[[Transaction], None]:
    return lambda tx: search.reindex_entity(tx, person.entity_id, person.text, person.tags)


def deleting(person: Person) -> Callable[[Transaction], None]:
    return lambda tx: search.unindex_entity(tx, person.entity_id)


def wanting(needle: str, tag: str | None = None) -> search.Wanted:
    return search.Wanted(needle=needle, tags=() if tag is None else (tag,))


def found(database: Database, needle: str, tag: str | None = None, **options: Any) -> list[str]:
    with database.read() as reader:
        hits = search.find(reader, wanting(needle, tag), **{"limit": 10_000, **options})
        if options.keys() <= {"descending", "sort_by"}:
            assert search.count(reader, wanting(needle, tag)) == len(hits)
    return [hit.entity_id for hit in hits]


def expected(people: list[Person], needle: str, tag: str | None = None) -> list[Person]:
    """A plain substring search over the folded words: the meaning of `q`."""
    folded = search.fold(needle)
    return [person for person in people if folded in person.text and (tag is None or tag in person.tags)]


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)


def some_needles(rng: random.Random, people: list[Person], number: int) -> list[str]:
    needles = [
        "%",
        "_",
        "\\",
        '"',
        "ß",
        "ss",
        "SS",
        "İ",
        "i̇",
        "ſ",
        "É",
        "é",
        "中",
        "中文日",
        "🦊",
        "\n",
        "%%%",
        "___",
        '"""',
    ]
    for _ in range(number):
        name = rng.choice(people).text
        begin = rng.randrange(len(name))
        piece = name[begin : begin + rng.randint(1, 9)]
        needles.append(rng.choice([piece, piece.upper(), piece[::-1]]))
    return needles


def test_search_equals_a_plain_substring_search(database: Database, rng: random.Random) -> None:
    people = some_people(rng, 300)
    enter(database, people[:150])
    settle(database)
    enter(database, people[150:])  # found too while the trigram index has still to catch up with them
    hits = 0
    for needle in some_needles(rng, people, 300):
        for tag in (None, rng.choice(TAGS)):
            wanted = expected(people, needle, tag)
            wanted.sort(key=lambda person: person.entity_id)
            wanted.sort(key=lambda person: person.created_at, reverse=True)
            assert found(database, needle, tag) == [person.entity_id for person in wanted], (needle, tag)
            hits += len(wanted)
    assert hits > 1000


@pytest.mark.parametrize("sort_by", ["created_at", "display_name"])
@pytest.mark.parametrize("descending", [True, False])
def test_every_order_breaks_ties_by_id_ascending(
    database: Database, rng: random.Random, sort_by: Any, descending: bool
) -> None:
    people = some_people(rng, 200)
    enter(database, people)
    for needle in ("", "a", "ab", "abb", "é"):
        wanted = expected(people, needle)
        wanted.sort(key=lambda person: person.entity_id)
        wanted.sort(
            key=lambda person: person.name.encode() if sort_by == "display_name" else person.created_at.encode(),
            reverse=descending,
        )
        got = found(database, needle, sort_by=sort_by, descending=descending)
        assert got == [person.entity_id for person in wanted], needle


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize(("needle", "tag"), [("", None), ("a", None), ("aba", None), ("", "math"), ("a", "Math")])
def test_pages_by_offset_and_by_key_are_the_whole(
    database: Database, rng: random.Random, descending: bool, needle: str, tag: str | None
) -> None:
    people = some_people(rng, 150)
    for person in people[:40]:
        person.name += "aba"
    enter(database, people)
    whole = found(database, needle, tag, descending=descending)
    by_offset: list[str] = []
    by_key: list[str] = []
    created = {person.entity_id: person.created_at for person in people}
    after = None
    wanted = wanting(needle, tag)
    with database.read() as reader:
        while page := search.find(reader, wanted, limit=7, offset=len(by_offset), descending=descending):
            by_offset += [hit.entity_id for hit in page]
        while page := search.find(reader, wanted, limit=7, after=after, descending=descending):
            by_key += [hit.entity_id for hit in page]
            last = page[-1]
            after = search.After(last.seq if descending else created[last.entity_id], last.entity_id)
    assert len(whole) > 7
    assert by_offset == by_key == whole


def test_changed_deleted_and_restored_entities_are_followed(database: Database, rng: random.Random) -> None:
    people = some_people(rng, 60)
    enter(database, people)
    for _ in range(120):
        person = rng.choice(people)
        match rng.randrange(3):
            case 0:
                person.name, person.tags = some_people(rng, 3)[0].name, rng.sample(TAGS, k=2)
                database.write(changing(person))
            case 1:
                database.write(deleting(person))
                people.remove(person)
            case 2:
                newcomer = some_people(rng, 3)[0]
                enter(database, [newcomer])
                people.append(newcomer)
        needle = rng.choice(some_needles(rng, people, 5))
        assert set(found(database, needle)) == {person.entity_id for person in expected(people, needle)}
    tag = TAGS[0]
    assert set(found(database, "", tag)) == {person.entity_id for person in expected(people, "", tag)}
    with database.read() as reader:
        assert counters.current(reader, counters.ENTITIES) == len(people)
    settle(database)
    # Raises where index and base text have drifted apart.
    check = prepare(text("INSERT INTO entity_fts (entity_fts, rank) VALUES ('integrity-check', 1)"))
    database.write(lambda tx: tx.run(check))


def test_the_trigram_index_catches_up_by_itself(database: Database, rng: random.Random) -> None:
    enter(database, some_people(rng, 900))
    pending = prepare(text("SELECT count(*) FROM entity_search_pending"))

    def left() -> int:
        with database.read() as reader:
            return int(reader.value(pending))

    wait_for(lambda: left() == 0)


def test_what_a_kill_left_pending_is_found_and_caught_up_with(
    database_path: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from faceforge_core.db import search, search_index
from faceforge_core.db.engine import Database
database = Database(Path(sys.argv[1]))
database.write(lambda tx: search.index_entity(tx, 5, "a" * 64, "lovelace", []))
catch_up = search_index.ENTITY_TEXTS.index_pending
database.write(lambda tx: catch_up(tx) or search.reindex_entity(tx, "a" * 64, "grace hopper", []))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert run_python(code, database_path).returncode != 0
    with Database(database_path) as database:
        for _ in range(2):
            assert found(database, "hopper") == ["a" * 64]
            assert found(database, "lovelace") == []
            settle(database)


def test_what_a_kill_left_pending_is_caught_up_with_at_the_next_start(
    database_path: Path, run_python: Callable[..., CompletedProcess[str]]
) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from faceforge_core.db import search
from faceforge_core.db.engine import Database
def work(tx):
    search.index_entity(tx, 5, "a" * 64, "lovelace", [])
    tx.after_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
Database(Path(sys.argv[1])).write(work)
"""
    assert run_python(code, database_path).returncode != 0
    pending = prepare(text("SELECT count(*) FROM entity_search_pending"))
    with Database(database_path) as database:
        with database.read() as reader:
            assert reader.value(pending) == 1
        search_index.resume(database)

        def left() -> int:
            with database.read() as reader:
                return int(reader.value(pending))

        wait_for(lambda: left() == 0)
        assert found(database, "lovelace") == ["a" * 64]


def test_the_same_key_twice_moves_to_the_next_free_one(database: Database) -> None:
    at = "2026-03-01T00:00:00.000Z"
    twins = [Person("ab" * 32, "one", at), Person("ab" * 31 + "00", "one", at)]
    assert twins[0].seq == twins[1].seq
    enter(database, twins)
    assert set(found(database, "one")) == {twin.entity_id for twin in twins}


def test_tags_are_exact(database: Database) -> None:
    enter(database, [Person("a" * 64, "x", "2026-03-01T00:00:00.000Z", tags=["a_b", "Q"])])
    assert found(database, "", "a_b") == ["a" * 64]
    assert [found(database, "", tag) for tag in ("axb", "A_B", "a", "q", "%", "")] == [[]] * 6


def test_letters_with_accents_are_found_however_they_are_written(database: Database) -> None:
    apart, together = (unicodedata.normalize(form, "Zoë 김민수") for form in ("NFD", "NFC"))
    people = [Person(key * 64, name, "2026-03-01T00:00:00.000Z") for key, name in (("a", apart), ("b", together))]
    enter(database, people)
    for needle in (apart, together, apart.upper(), "oë", unicodedata.normalize("NFD", "oë"), "김", "Zo"):
        assert found(database, needle) == ["a" * 64, "b" * 64], needle


def test_a_name_is_found_as_a_whole_and_without_regard_to_case(database: Database) -> None:
    names = ["Li", "LI", "Alix", "Li Wei", "li wei", "Ada"]
    people = [Person(f"{at:064x}", name, "2026-03-01T00:00:00.000Z", ["li"]) for at, name in enumerate(names)]
    enter(database, people)
    for settled in (False, True):
        if settled:
            settle(database)
        with database.read() as reader:
            for name, wanted in (("li", [0, 1]), ("LI WEI", [3, 4]), ("l", []), ("wei", []), ("li\nli", [])):
                asked = search.Wanted(name=name)
                assert sorted(int(hit.entity_id, 16) for hit in search.find(reader, asked, limit=9)) == wanted, name
                assert search.count(reader, asked) == len(wanted)
            both = search.Wanted(name="li wei", needle="wei", tags=("li",))
            assert search.count(reader, both) == 2


def test_a_needle_of_any_length_is_only_a_search(database: Database) -> None:
    long_name = "".join(chr(0x4E00 + number) for number in range(6000))
    enter(database, [Person("a" * 64, long_name, "2026-03-01T00:00:00.000Z")])
    assert found(database, long_name[17:]) == ["a" * 64]
    assert found(database, "x" * 100_000) == []
    assert found(database, "\0") == []


def test_values_keys_numbers_and_truths_are_found_but_not_json_syntax() -> None:
    fields = {"Height": 1.85, "deep": {"Key": [True, None, "VALUE"]}, "n": 10**30}
    lines = search.entity_text("Zoë", ["Alias"], ["Tag"], fields).split("\n")
    assert lines == ["zoë", "alias", "tag", "height", "1.85", "deep", "key", "true", "value", "n", str(10**30)]


def test_text_of_an_old_home_nested_beyond_recursion_is_searched() -> None:
    deep: Any = "treasure"
    for _ in range(5000):
        deep = [deep]
    assert "treasure" in search.entity_text("x", [], [], {"deep": deep})


@given(
    st.lists(
        st.tuples(st.integers(-10 * YEAR, 115 * YEAR), st.integers(0, 2**256 - 1).map("{:064x}".format)),
        min_size=2,
    )
)
def test_keys_sort_as_time_descending_then_id_ascending(rows: list[tuple[int, str]]) -> None:
    stamped = [(moment(SEVENTIES + timedelta(milliseconds=at)), entity_id[:5] + "0" * 59) for at, entity_id in rows]
    by_key = sorted(stamped, key=lambda row: search.sequence_of(*row), reverse=True)
    assert [(at, entity_id) for at, entity_id in by_key] == sorted(
        sorted(stamped, key=lambda row: row[1]), key=lambda row: row[0], reverse=True
    )


@pytest.mark.parametrize("created_at", [None, "", "yesterday", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
def test_an_odd_time_of_an_old_home_has_a_key_all_the_same(created_at: str | None) -> None:
    assert -(2**63) <= search.sequence_of(created_at, "not hex") < 2**63


@pytest.mark.parametrize(
    ("needle", "tag", "options"),
    [
        ("abc", None, {}),
        ("abc", "t", {}),
        ("abc", None, {"after": search.After(5)}),
        ("", "t", {}),
        ("", "t", {"after": search.After(5)}),
        ("a", "t", {}),
    ],
)
def test_no_page_needs_a_scan_or_a_sort(
    database: Database,
    assert_indexed: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    needle: str,
    tag: str | None,
    options: dict[str, Any],
) -> None:
    statements: list[str] = []

    def note(_reader: Reader, statement: Prepared, **_params: Any) -> list[Any]:
        statements.append(statement.sql)
        return []

    monkeypatch.setattr(Reader, "all", note)
    with database.read() as reader:
        search.find(reader, wanting(needle, tag), limit=50, **options)
    (sql,) = statements
    assert_indexed(sql, few=("p",))
