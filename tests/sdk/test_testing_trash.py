"""The stand-in for the trash keeps the promises of what it stands for."""

from __future__ import annotations

import pytest

from faceforge_sdk.errors import JobCancelled, NotFound
from faceforge_sdk.testing import FakeTrash, fake_context


def nothing(*_: object) -> None:
    pass


@pytest.fixture
def trash() -> FakeTrash:
    found = fake_context().trash
    assert isinstance(found, FakeTrash)
    found.put("entities", "old", days_ago=40)
    found.put("entities", "young", days_ago=3)
    found.put("field-defs", "old", days_ago=31)
    return found


def test_the_summary_counts_all_or_what_is_so_old(trash: FakeTrash) -> None:
    assert (trash.summary().entities, trash.summary().field_defs, trash.summary().keep_days) == (2, 1, 30)
    assert trash.summary(older_than_days=35).model_dump(include={"entities", "field_defs"}) == {
        "entities": 1,
        "field_defs": 0,
    }


def test_one_thing_goes_once(trash: FakeTrash) -> None:
    trash.purge("entities", "young")
    for thing_id in ("young", "never"):
        with pytest.raises(NotFound):
            trash.purge("entities", thing_id)
    assert trash.purged == [("entities", "young")]


def test_what_is_old_enough_goes_and_can_be_broken_off(trash: FakeTrash) -> None:
    def cancel() -> None:
        raise JobCancelled

    with pytest.raises(JobCancelled):
        trash.purge_older(["entities"], 30, nothing, cancel)
    told: list[float] = []
    done = trash.purge_older(["entities", "field-defs"], 30, lambda percent, _step: told.append(percent), nothing)
    assert done == {"entities": 1, "field-defs": 1, "skipped": 0}
    assert told == [50, 100]
    assert trash.summary().entities == 1
