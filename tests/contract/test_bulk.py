"""Many entities at once: upserts by external id, tags, the trash."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

_NUMBERS = count(1)


@pytest.fixture
def tag() -> str:
    """A tag, or the name of a source, that only this test's entities have."""
    return f"bulk-{next(_NUMBERS)}"


def upsert(api: Any, *items: dict[str, Any]) -> Any:
    return api.data("POST", "/v1/entities/bulk-upsert", json={"items": list(items)})


def item(source: str, name: str, **facts: Any) -> dict[str, Any]:
    return {"external_ids": {source: name}, "display_name": name, **facts}


def statuses(outcome: Any) -> list[str]:
    return [result["status"] for result in outcome["items"]]


def test_an_upsert_creates_then_changes_nothing_then_updates(api, tag: str) -> None:
    first = upsert(api, item(tag, "a", tags=[tag]), item(tag, "b", tags=[tag]))
    assert statuses(first) == ["created", "created"]
    assert (first["created"], first["failed"]) == (2, 0)
    again = upsert(api, item(tag, "a", tags=[tag]), item(tag, "b", tags=[tag], aliases=["B"]))
    assert statuses(again) == ["unchanged", "updated"]
    assert [result["entity_id"] for result in again["items"]] == [result["entity_id"] for result in first["items"]]
    assert api.names(tag=tag, sort_by="display_name", sort_order="asc") == ["a", "b"]
    assert api.data("GET", f"/v1/entities/{again['items'][1]['entity_id']}")["aliases"] == ["B"]


def test_what_an_item_leaves_out_stays_as_it_is(api, tag: str) -> None:
    created = upsert(api, item(tag, "a", fields={"k": 1}, tags=["x"]))["items"][0]["entity_id"]
    assert statuses(upsert(api, {"external_ids": {tag: "a"}, "tags": ["y"]})) == ["updated"]
    entity = api.data("GET", f"/v1/entities/{created}")
    assert (entity["display_name"], entity["fields"], entity["tags"]) == ("a", {"k": 1}, ["y"])


def test_one_bad_item_leaves_the_others_alone(api, tag: str) -> None:
    upsert(api, item(f"{tag}-1", "a"), item(f"{tag}-2", "b"))
    outcome = upsert(
        api,
        item(tag, "good"),
        {"external_ids": {tag: "nameless"}},
        {"external_ids": {f"{tag}-1": "a", f"{tag}-2": "b"}, "display_name": "both"},
        item(tag, "good too"),
    )
    assert statuses(outcome) == ["created", "failed", "failed", "created"]
    assert [result["error"] and result["error"]["code"] for result in outcome["items"]] == [
        None, "validation_error", "conflict", None,
    ]  # fmt: skip
    assert outcome["failed"] == 2
    assert api.names(external_id=f"{tag}:nameless") == []


def test_the_same_id_twice_in_a_request_is_one_entity(api, tag: str) -> None:
    outcome = upsert(api, item(tag, "a"), item(tag, "a", tags=["later"]))
    assert statuses(outcome) == ["created", "updated"]
    assert len({result["entity_id"] for result in outcome["items"]}) == 1


def test_further_external_ids_are_added(api, tag: str) -> None:
    entity_id = upsert(api, item(tag, "a"))["items"][0]["entity_id"]
    upsert(api, {"external_ids": {tag: "a", f"{tag}-2": "A"}})
    assert api.data("GET", f"/v1/entities/{entity_id}")["external_ids"] == {tag: "a", f"{tag}-2": "A"}
    assert statuses(upsert(api, {"external_ids": {f"{tag}-2": "A"}, "display_name": "a"})) == ["unchanged"]


def test_an_upsert_brings_back_what_lies_in_the_trash(api, tag: str) -> None:
    entity_id = upsert(api, item(tag, "a", tags=[tag]))["items"][0]["entity_id"]
    api.data("DELETE", f"/v1/entities/{entity_id}")
    outcome = upsert(api, item(tag, "a", tags=[tag]))
    assert (statuses(outcome), outcome["items"][0]["entity_id"]) == (["restored"], entity_id)
    assert api.names(tag=tag) == ["a"]


def test_a_thousand_fit_in_one_request_and_one_more_does_not(api, tag: str) -> None:
    outcome = upsert(api, *(item(tag, f"{number}", fields={"n": "x" * 1500}) for number in range(1000)))
    assert outcome["created"] == 1000  # 1.6 MB: more than other requests may have
    too_many = {"items": [item(tag, f"{number}") for number in range(1001)]}
    api.error("POST", "/v1/entities/bulk-upsert", 422, "validation_error", json=too_many)


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"items": []},
        {"items": [{"display_name": "x"}]},
        {"items": [{"external_ids": {}}]},
        {"items": [{"external_ids": {"": "x"}}]},
        {"items": [{"external_ids": {"a:b": "x"}}]},
        {"items": [{"external_ids": {"a": ""}}]},
        {"items": [{"external_ids": {"a": "b"}, "display_name": ""}]},
    ],
)
def test_an_upsert_that_makes_no_sense_is_refused_whole(api, bad: dict[str, Any]) -> None:
    assert api.error("POST", "/v1/entities/bulk-upsert", 422, "validation_error", json=bad)["details"]


# --- Tags and trash


def test_many_are_tagged_by_their_ids(api, tag: str) -> None:
    ids = [api.entity(f"{number}", tags=["old", tag])["entity_id"] for number in range(3)]
    body = {"ids": [*ids[:2], "f" * 64], "add": ["new", tag], "remove": ["old"]}
    assert api.data("POST", "/v1/entities/bulk-tag", json=body) == {"matched": 3, "changed": 2, "job_id": None}
    assert api.names(tag=[tag, "new"]) == ["1", "0"]
    assert api.names(tag=[tag, "old"]) == ["2"]
    assert api.data("POST", "/v1/entities/bulk-tag", json=body)["changed"] == 0


def test_many_are_counted_first_and_then_trashed_by_a_filter(api, tag: str) -> None:
    for number in range(4):
        api.entity(f"{number}", tags=[tag], fields={"n": number})
    wish = {"filter": {"tag": [tag], "field.n.gte": 2}}
    assert api.data("POST", "/v1/entities/bulk-trash", json={**wish, "dry_run": True})["matched"] == 2
    assert len(api.names(tag=tag)) == 4
    error = api.error("POST", "/v1/entities/bulk-trash", 409, "conflict", json={**wish, "expected": 3})
    assert error["details"] == {"matched": 2}
    assert len(api.names(tag=tag)) == 4
    assert api.data("POST", "/v1/entities/bulk-trash", json={**wish, "expected": 2})["changed"] == 2
    assert api.names(tag=tag) == ["1", "0"]
    trashed = [one["display_name"] for one in api.data("GET", "/v1/trash/entities")["items"]]
    assert {"2", "3"} <= set(trashed)


def test_more_than_a_request_should_wait_for_becomes_a_job(api, house, tag: str) -> None:
    upsert(api, *(item(tag, f"{number}", tags=[tag]) for number in range(501)))
    body = {"filter": {"tag": tag}, "add": ["job"], "remove": []}
    outcome = api.data("POST", "/v1/entities/bulk-tag", json=body)
    assert (outcome["matched"], outcome["changed"]) == (501, 0)
    job = house.wait_for(
        lambda: found if (found := house.kernel.jobs.get(outcome["job_id"])).finished_at is not None else None
    )
    assert (job.status, job.result, job.progress_percent) == ("succeeded", {"changed": 501}, 100)
    assert api.data("GET", "/v1/entities", params={"tag": [tag, "job"], "limit": 1})["total"] == 501


@pytest.mark.parametrize("path", ["/v1/entities/bulk-tag", "/v1/entities/bulk-trash"])
@pytest.mark.parametrize("bad", [{}, {"ids": [], "filter": {}}, {"ids": "x"}, {"filter": {"field.a.exists": "x"}}, []])
def test_a_wish_without_a_clear_selection_is_refused(api, path: str, bad: Any) -> None:
    body = {"add": ["x"], **bad} if isinstance(bad, dict) else bad
    api.error("POST", path, 422, "validation_error", json=body)


def test_tagging_without_tags_is_refused(api) -> None:
    api.error("POST", "/v1/entities/bulk-tag", 422, "validation_error", json={"ids": []})


def test_an_empty_filter_means_all_and_has_to_be_said(api, tag: str) -> None:
    api.entity(tag)
    total = api.data("GET", "/v1/entities")["total"]
    body = {"filter": {}, "dry_run": True}
    assert api.data("POST", "/v1/entities/bulk-trash", json=body) == {"matched": total, "changed": 0, "job_id": None}
