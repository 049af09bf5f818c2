"""What the library holds, in numbers: right, counted along indexes, and not anew for everybody who looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from faceforge_core.catalog import memo
from faceforge_core.catalog.memo import CostlyMemo
from faceforge_core.catalog.statistics import ASSETS_IN, ENTITIES_IN, FAMILIES_READ, FAMILIES_SAID, Statistics
from faceforge_core.clock import now
from faceforge_core.db import counters
from faceforge_core.db.statements import prepare
from faceforge_core.health.metrics import JOBS_BY_STATUS
from faceforge_core.storage.usage import _BY_PROVIDER
from faceforge_sdk.models import EntityDraft

if TYPE_CHECKING:
    from collections.abc import Callable

    from faceforge_core.catalog.service import EntityService
    from faceforge_core.db.engine import Database, Transaction

_ADD = prepare(
    text(
        "INSERT INTO assets (asset_id, content_hash, byte_size, mime_type, media_type, created_at, deleted_at) "
        "VALUES (:id, :id, 1, :said, :read, :at, :deleted)"
    )
)


@pytest.fixture
def add(database: Database) -> Callable[..., None]:
    """Adds assets by what was said of them and what they are: ``add("image/png", read="image/png", at="2020-01")``."""
    numbers = iter(range(1_000_000))

    def make(said: str | None, *, read: str | None = None, at: str | None = None, deleted: bool = False) -> None:
        def work(tx: Transaction) -> None:
            moment = at or now()
            asset_id = f"{next(numbers):064x}"
            tx.run(_ADD, id=asset_id, said=said, read=read, at=moment, deleted=moment if deleted else None)
            if not deleted:
                counters.adjust(tx, counters.ASSETS, 1)

        database.write(work)

    return make


def families(database: Database) -> list[tuple[str, int]]:
    return [(one.family, one.assets) for one in Statistics(database).assets().families]


def test_files_are_counted_by_what_their_bytes_are_and_the_rest_is_unknown(
    database: Database, add: Callable[..., None]
) -> None:
    add("application/octet-stream", read="image/png")
    add("image/jpeg", read="image/jpeg")
    add("text/plain", read="video/mp4")
    add("audio/mpeg")
    add("image/png", read="image/png", deleted=True)
    assert families(database) == [("image", 2), ("", 1), ("video", 1)]


def test_where_no_file_was_read_yet_they_are_counted_by_what_was_said(
    database: Database, add: Callable[..., None]
) -> None:
    for said in ("image/png", "image/gif", "application/pdf", "nonsense", None):
        add(said)
    assert families(database) == [("", 2), ("image", 2), ("application", 1)]


def test_an_empty_library_has_a_year_of_empty_months(database: Database) -> None:
    statistics = Statistics(database).assets()
    assert (statistics.total, statistics.families, len(statistics.months)) == (0, [], 12)
    assert {month.created for month in statistics.months} == {0}


def test_months_go_up_to_the_present_one_across_the_turn_of_the_year(
    database: Database, add: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("faceforge_core.catalog.statistics.now", lambda: "2026-03-31T23:59:59.999Z")
    for at in ("2025-03-31T23:59:59.999Z", "2025-04-01T00:00:00.000Z", "2025-12-31T23:59:59.999Z"):
        add("image/png", at=at)
    add("image/png", at="2026-03-31T23:59:59.998Z")
    months = {one.month: one.created for one in Statistics(database).assets().months}
    assert min(months) == "2025-04"
    assert max(months) == "2026-03"
    assert {month: created for month, created in months.items() if created} == {
        "2025-04": 1,
        "2025-12": 1,
        "2026-03": 1,
    }


def test_entities_are_counted_once_they_are_there_and_not_in_the_trash(
    database: Database, entities: EntityService
) -> None:
    assert entities.statistics().total == 0
    kept, gone = (entities.create(EntityDraft(display_name=name)) for name in ("Ada", "Grace"))
    entities.delete(gone.entity_id)
    assert (entities.statistics().total, entities.statistics().months[-1].created) == (1, 1)
    assert kept.created_at.startswith(entities.statistics().months[-1].month)


def test_every_number_is_counted_along_an_index(assert_indexed: Callable[..., None]) -> None:
    for statement in (FAMILIES_READ, FAMILIES_SAID):
        assert_indexed(statement.following.sql)
        assert_indexed(statement.counting.sql)
    for prepared in (ASSETS_IN, ENTITIES_IN, JOBS_BY_STATUS, _BY_PROVIDER):
        assert_indexed(prepared.sql)


class Clock:
    """Time that stands still, and passes while something is computed; of the processor's time a part."""

    def __init__(self, busy: float = 1.0) -> None:
        self.at = 0.0
        self._busy = busy

    def monotonic(self) -> float:
        return self.at

    def thread_time(self) -> float:
        return self.at * self._busy


@pytest.mark.parametrize(("seconds", "busy", "asked_again"), [(0.01, 1.0, 2), (1.0, 1.0, 1), (1.0, 0.01, 2)])
def test_what_takes_long_to_count_is_given_out_a_while_longer_while_somebody_writes(
    monkeypatch: pytest.MonkeyPatch, seconds: float, busy: float, asked_again: int
) -> None:
    clock, generation, computed = Clock(busy), [0], []
    monkeypatch.setattr(memo, "time", clock)
    kept: CostlyMemo[int] = CostlyMemo(lambda: generation[0])

    def compute() -> int:
        clock.at += seconds
        computed.append(clock.at)
        return len(computed)

    assert kept.get("a", compute) == kept.get("a", compute) == 1
    generation[0] += 1
    assert kept.get("a", compute) == asked_again
    clock.at += 30 * seconds
    generation[0] += 1
    assert kept.get("a", compute) == asked_again + 1
    assert kept.get("another", compute) == asked_again + 2


def test_a_value_stays_while_nobody_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(memo, "time", clock)
    kept: CostlyMemo[Any] = CostlyMemo(lambda: 0)
    first = kept.get("a", object)
    clock.at += 1e9
    assert kept.get("a", object) is first
