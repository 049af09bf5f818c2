"""Where bytes lie, over HTTP: usage, checks as jobs, moves."""

from __future__ import annotations

from typing import Any

import pytest


def ended(api: Any, job: dict[str, Any]) -> dict[str, Any]:
    """The job, once it is over."""
    while job["finished_at"] is None:
        job = api.data("GET", f"/v1/jobs/{job['job_id']}")
    return job


def test_usage_names_every_place_and_what_it_holds(api) -> None:
    before = {one["name"]: one for one in api.data("GET", "/v1/storage")["providers"]}["fs"]
    api.upload(b"12345 of this test")
    after = {one["name"]: one for one in api.data("GET", "/v1/storage")["providers"]}["fs"]
    assert (after["assets"], after["total_bytes"]) == (before["assets"] + 1, before["total_bytes"] + 18)
    assert after["active"]
    assert after["available"]


def test_a_check_is_a_job_whose_result_counts_findings_and_whose_log_names_them(fresh, faceforge) -> None:
    asset = fresh.upload(b"whole")
    good = ended(fresh, fresh.data("POST", "/v1/storage/verify", json={"deep": True}))
    assert good["result"] == {
        "checked_assets": 1, "hashed_assets": 1, "hashed_bytes": 5, "seen_objects": 1, "counts": {},
    }  # fmt: skip
    (faceforge.home / "assets" / asset["storage_key"]).write_bytes(b"WHOLE")
    bad = ended(fresh, fresh.data("POST", "/v1/storage/verify", json={"deep": True}))
    assert (bad["status"], bad["result"]["counts"]) == ("succeeded", {"hash": 1})
    lines = fresh.data("GET", f"/v1/jobs/{bad['job_id']}/log")["items"]
    assert [line["data"]["asset_id"] for line in lines if line["level"] == "warning"] == [asset["asset_id"]]


def test_a_check_needs_no_body(api) -> None:
    assert ended(api, api.data("POST", "/v1/storage/verify"))["status"] == "succeeded"


def test_a_move_to_where_everything_is_moves_nothing(api) -> None:
    assert api.data("POST", "/v1/storage/migrate/plan", json={"to": "fs"}) == {
        "shares": [], "assets": 0, "total_bytes": 0,
    }  # fmt: skip
    done = ended(api, api.data("POST", "/v1/storage/migrate", json={"to": "fs"}))
    assert done["result"] == {"moved": 0, "failed": 0, "bytes": 0}


@pytest.mark.parametrize("path", ["/v1/storage/migrate", "/v1/storage/migrate/plan"])
def test_a_provider_that_nobody_offers_is_refused_by_name(api, path: str) -> None:
    error = api.error("POST", path, 422, "validation_error", json={"to": "nowhere"})
    assert "nowhere" in error["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/storage/verify", {"sample": 0}),
        ("/v1/storage/verify", {"sample": 101}),
        ("/v1/storage/verify", {"deep": "perhaps"}),
        ("/v1/storage/migrate", {}),
        ("/v1/storage/migrate", {"to": " "}),
        ("/v1/storage/migrate", {"to": "fs", "min_bytes": -1}),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(api, path: str, body: dict[str, Any]) -> None:
    assert api.error("POST", path, 422, "validation_error", json=body)["details"]
