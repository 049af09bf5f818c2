"""Backups over HTTP."""

from __future__ import annotations


def test_without_a_folder_there_is_nothing_to_list_and_no_job_succeeds(faceforge) -> None:
    assert faceforge.client.get("/v1/backups").json()["data"] == {"folder": None, "available": False, "items": []}
    job = faceforge.client.post("/v1/backups").json()["data"]
    assert job["job_type"] == "backup.create"
    ended = faceforge.wait_for(lambda: found if (found := faceforge.kernel.jobs.get(job["job_id"])).ended else None)
    assert "No folder for backups is chosen" in ended.error.message


def test_a_backup_is_made_and_listed(faceforge, tmp_path) -> None:
    config = {"config": {"folder": str(tmp_path / "place"), "keep": 3}}
    faceforge.client.put("/v1/plugins/faceforge.backup/config", json=config).raise_for_status()
    job = faceforge.client.post("/v1/backups").json()["data"]
    faceforge.wait_for(lambda: faceforge.kernel.jobs.get(job["job_id"]).ended)
    listed = faceforge.client.get("/v1/backups").json()["data"]
    assert (listed["folder"], listed["available"]) == (str(tmp_path / "place"), True)
    assert [set(one) for one in listed["items"]] == [
        {"name", "created_at", "core_version", "assets", "total_bytes", "problems"}
    ]
