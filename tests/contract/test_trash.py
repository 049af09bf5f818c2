"""The trash over HTTP: what lies in it, what a restore brings back, and what is gone for good."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

NO_ID = "0" * 64
KINDS = ["entities", "assets", "descriptors", "field-defs", "relationships"]


@pytest.fixture
def bytes_of(faceforge) -> Callable[[str], bytes | None]:
    """What stands on the disk for an asset."""

    def read(asset_id: str) -> bytes | None:
        path = faceforge.home / "assets" / "files" / asset_id[:2] / asset_id
        return path.read_bytes() if path.exists() else None

    return read


@pytest.fixture
def purge(faceforge, fresh) -> Callable[..., dict[str, Any]]:
    """Empties the trash by a job, and gives its end."""

    def run(**request: Any) -> dict[str, Any]:
        queued = fresh.data("POST", "/v1/trash/purge", json=request)
        job = faceforge.wait_for(lambda: _ended(faceforge, queued["job_id"]))
        return dict(job.model_dump())

    return run


def _ended(faceforge: Any, job_id: str) -> Any:
    job = faceforge.kernel.jobs.get(job_id)
    return job if job.finished_at else None


def keep(faceforge: Any, days: Any) -> None:
    """Change ``trash.keep_days``, and wait until it counts."""
    faceforge.kernel.config.update(lambda content: content.update(trash={"keep_days": days}))


def summary(api: Any, **query: Any) -> dict[str, Any]:
    found: dict[str, Any] = api.data("GET", "/v1/trash", params=query)
    return found


# --- How much there is


def test_the_summary_counts_every_kind_and_says_for_how_long_it_is_kept(fresh) -> None:
    assert summary(fresh) == {
        **dict.fromkeys(("entities", "assets", "descriptors", "field_defs", "relationships"), 0),
        "keep_days": 30,
    }
    for entity in (fresh.entity("a"), fresh.entity("b")):
        fresh.data("DELETE", f"/v1/entities/{entity['entity_id']}")
    fresh.data("DELETE", f"/v1/assets/{fresh.upload()['asset_id']}")
    assert (summary(fresh)["entities"], summary(fresh)["assets"]) == (2, 1)
    assert summary(fresh, older_than_days=1)["entities"] == 0
    assert summary(fresh, older_than_days=0)["entities"] == 2


@pytest.mark.parametrize(("setting", "told"), [(0, 0), (7, 7), ("forever", None), (None, 30)])
def test_the_setting_is_told_as_days_or_null_for_ever(faceforge, fresh, setting: Any, told: int | None) -> None:
    keep(faceforge, setting)
    assert summary(fresh)["keep_days"] == told


@pytest.mark.parametrize("age", ["-1", "x", "1.5", "100001"])
def test_an_age_that_is_none_is_422(api, age: str) -> None:
    api.error("GET", "/v1/trash", 422, "validation_error", params={"older_than_days": age})
    api.error("POST", "/v1/trash/purge", 422, "validation_error", json={"older_than_days": age})


# --- What a restore brings back


def test_a_restore_brings_back_exactly_what_that_deletion_hid(faceforge, fresh) -> None:
    faceforge.kernel.plugins.disable("faceforge.ingest")  # it reads what came in while we look
    entity = fresh.entity("Ada", aliases=["Countess"], tags=["math"], fields={"born": 1815})
    path = f"/v1/entities/{entity['entity_id']}"
    portrait, voice, removed, gone = (fresh.upload()["asset_id"] for _ in range(4))
    for asset, role in ((portrait, "portrait"), (voice, None), (removed, "draft"), (gone, "lost")):
        fresh.data("POST", f"{path}/assets/{asset}", json={"role": role})
    fresh.data("DELETE", f"{path}/assets/{removed}")
    fresh.data("DELETE", f"/v1/assets/{gone}")
    before = fresh.data("GET", f"{path}/assets")

    fresh.data("DELETE", path)
    fresh.error("GET", f"{path}/assets", 404, "not_found")
    assert [one["entity_id"] for one in fresh.data("GET", "/v1/trash/entities")["items"]] == [entity["entity_id"]]
    restored = fresh.data("POST", f"{path}/restore")

    assert {**restored, "revision": 0} == {**entity, "revision": 0}
    assert fresh.data("GET", f"{path}/assets") == before
    assert {one["asset_id"]: one["role"] for one in before["items"]} == {portrait: "portrait", voice: None}
    assert fresh.names(tag="math") == fresh.names(q="countess") == ["Ada"]
    fresh.data("POST", f"/v1/assets/{gone}/restore")
    assert {one["asset_id"] for one in fresh.data("GET", f"{path}/assets")["items"]} == {portrait, voice, gone}


# --- One thing, for good


def test_an_asset_is_gone_for_good_with_its_bytes_and_not_before(fresh, bytes_of) -> None:
    asset_id = fresh.upload(b"portrait")["asset_id"]
    fresh.data("DELETE", f"/v1/assets/{asset_id}")
    assert bytes_of(asset_id) == b"portrait"
    assert fresh.data("DELETE", f"/v1/trash/assets/{asset_id}") == {"purged": True}
    assert bytes_of(asset_id) is None
    fresh.error("DELETE", f"/v1/trash/assets/{asset_id}", 404, "not_found")
    fresh.error("POST", f"/v1/assets/{asset_id}/restore", 404, "not_found")
    assert fresh.data("GET", "/v1/trash/assets")["items"] == []
    again = fresh.upload(b"portrait")
    assert again["asset_id"] == asset_id
    assert fresh.ask("GET", f"/v1/assets/{asset_id}/download").content == b"portrait"


def test_an_entity_is_gone_for_good_and_its_assets_stay(fresh, bytes_of) -> None:
    entity, asset = fresh.entity("Ada")["entity_id"], fresh.upload(b"portrait")["asset_id"]
    fresh.data("POST", f"/v1/entities/{entity}/assets/{asset}", json={})
    fresh.data("DELETE", f"/v1/entities/{entity}")
    assert fresh.data("DELETE", f"/v1/trash/entities/{entity}") == {"purged": True}
    fresh.error("POST", f"/v1/entities/{entity}/restore", 404, "not_found")
    assert fresh.data("GET", f"/v1/assets/{asset}")["asset_id"] == asset
    assert bytes_of(asset) == b"portrait"


def test_totals_count_what_lives_after_a_purge_too(fresh) -> None:
    kept = [fresh.entity("kept"), fresh.upload()]
    for path, thing in (("entities", fresh.entity("gone")), ("assets", fresh.upload())):
        thing_id = thing["entity_id" if path == "entities" else "asset_id"]
        fresh.data("DELETE", f"/v1/{path}/{thing_id}")
        fresh.data("DELETE", f"/v1/trash/{path}/{thing_id}")
        assert fresh.data("GET", f"/v1/{path}")["total"] == 1
    assert kept[0] in fresh.data("GET", "/v1/entities")["items"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_lives_or_never_was_is_404(api, kind: str) -> None:
    live = {"entities": api.entity()["entity_id"], "assets": api.upload()["asset_id"]}
    for thing_id in (live.get(kind, NO_ID), NO_ID, "x"):
        api.error("DELETE", f"/v1/trash/{kind}/{thing_id}", 404, "not_found")
    if kind in live:
        assert api.data("GET", f"/v1/{kind}/{live[kind]}")


def test_a_kind_that_does_not_exist_is_422(api) -> None:
    api.error("DELETE", f"/v1/trash/plugins/{NO_ID}", 422, "validation_error")
    api.error("POST", "/v1/trash/purge", 422, "validation_error", json={"kinds": ["plugins"]})


def test_a_purge_is_told_as_an_event(fresh) -> None:
    entity, asset = fresh.entity()["entity_id"], fresh.upload()["asset_id"]
    for kind, thing_id in (("entities", entity), ("assets", asset)):
        fresh.data("DELETE", f"/v1/{kind}/{thing_id}")
        fresh.data("DELETE", f"/v1/trash/{kind}/{thing_id}")
    query = {"type": ["entity.purged", "asset.purged"], "follow": "false"}
    lines = fresh.ask("GET", "/v1/events", params=query).text.splitlines()
    told = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    assert [(one["type"], one["subject"]) for one in told] == [("entity.purged", entity), ("asset.purged", asset)]


# --- All of it


def test_the_job_empties_the_trash_and_says_what_it_removed(fresh, purge, bytes_of) -> None:
    assets = [fresh.upload()["asset_id"] for _ in range(3)]
    entity = fresh.entity()["entity_id"]
    for path in (f"entities/{entity}", *(f"assets/{asset}" for asset in assets[:2])):
        fresh.data("DELETE", f"/v1/{path}")

    job = purge(older_than_days=0)

    assert (job["job_type"], job["status"], job["progress_percent"]) == ("trash.purge", "succeeded", 100)
    assert job["input"] == {"older_than_days": 0}
    assert job["result"]["purged"] == {**dict.fromkeys(KINDS, 0), "entities": 1, "assets": 2}
    assert job["result"]["skipped"] == 0
    assert [bytes_of(asset) is None for asset in assets] == [True, True, False]
    assert summary(fresh)["assets"] == 0
    assert purge(older_than_days=0)["result"]["purged"]["assets"] == 0


def test_without_an_age_the_setting_decides(faceforge, fresh, purge) -> None:
    entity = fresh.entity()["entity_id"]
    fresh.data("DELETE", f"/v1/entities/{entity}")
    assert purge()["result"]["purged"]["entities"] == 0
    assert purge()["result"]["older_than_days"] == 30
    keep(faceforge, "forever")
    job = purge()
    assert (job["status"], job["result"]["purged"]) == ("succeeded", {})
    assert "for ever" in job["result"]["reason"]
    assert summary(fresh)["entities"] == 1
    keep(faceforge, 0)
    assert purge()["result"]["purged"]["entities"] == 1


def test_only_the_wanted_kinds_are_emptied(fresh, purge) -> None:
    for path in (f"entities/{fresh.entity()['entity_id']}", f"assets/{fresh.upload()['asset_id']}"):
        fresh.data("DELETE", f"/v1/{path}")
    assert purge(kinds=[], older_than_days=0)["result"]["purged"] == {}
    assert purge(kinds=["assets"], older_than_days=0)["result"]["purged"] == {"assets": 1}
    assert (summary(fresh)["entities"], summary(fresh)["assets"]) == (1, 0)


@pytest.mark.parametrize("options", [{}, {"json": {}}, {"json": None}], ids=str)
def test_the_body_of_a_purge_is_optional(api, options: dict[str, Any]) -> None:
    job = api.data("POST", "/v1/trash/purge", **options)
    assert (job["job_type"], job["input"]) == ("trash.purge", {})


def test_d08_a_purge_while_the_disk_is_not_there_is_503_or_a_failed_job_and_removes_nothing(
    faceforge, fresh, purge
) -> None:
    asset_id, entity_id = fresh.upload()["asset_id"], fresh.entity()["entity_id"]
    for path in (f"assets/{asset_id}", f"entities/{entity_id}"):
        fresh.data("DELETE", f"/v1/{path}")
    mark = faceforge.home / "assets" / ".ff-home"
    content = mark.read_bytes()
    mark.unlink()
    error = fresh.error("DELETE", f"/v1/trash/assets/{asset_id}", 503, "storage_unavailable")
    assert "mounted" in error["message"]
    job = purge(older_than_days=0)
    assert job["status"] == "failed"
    assert "mounted" in job["error"]["message"]
    assert (summary(fresh)["assets"], summary(fresh)["entities"]) == (1, 1)
    mark.write_bytes(content)
    assert purge(older_than_days=0)["status"] == "succeeded"


def test_what_the_older_version_deleted_is_kept_from_the_upgrade_on(start_core, api_of, legacy_home, expected) -> None:
    core = start_core(legacy_home)
    api = api_of(core.client)
    before = summary(api)
    assert before["entities"] == len(expected["deleted_entities"]) > 0
    assert summary(api, older_than_days=1)["entities"] == 0
    assert core.run_job("trash.purge", {"older_than_days": 1}).result["purged"]["entities"] == 0
    assert summary(api) == before
    assert core.run_job("trash.purge", {"older_than_days": 0}).result["purged"]["entities"] == before["entities"]
    assert summary(api)["entities"] == summary(api)["assets"] == 0
    for entity_id in expected["entities"]:
        api.data("GET", f"/v1/entities/{entity_id}")
