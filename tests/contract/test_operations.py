"""What watches over a Core sees: whether it lives, whether it can work, and what helps when it can not."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import threading
from contextlib import closing
from typing import Any
from zipfile import ZipFile

import pytest

from faceforge_core.health.readiness import FRESH, ReadinessService

PARTS = {"home", "database_reads", "database_writes", "storage", "jobs"}


@pytest.fixture
def unknown(faceforge) -> Any:
    """A client without a credential."""
    del faceforge.client.headers["Authorization"]
    return faceforge.client


def test_livez_needs_no_token(unknown) -> None:
    answer = unknown.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readyz_tells_each_part_and_no_more_than_that(unknown) -> None:
    answer = unknown.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": dict.fromkeys(PARTS, True)}


def test_a_core_whose_files_are_gone_is_not_ready_but_lives(faceforge, unknown) -> None:
    shutil.move(faceforge.home / "assets", faceforge.home / "elsewhere")
    answer = faceforge.wait_for(lambda: found if (found := unknown.get("/readyz")).status_code == 503 else None)
    assert answer.json()["checks"]["home"] is False
    assert answer.json()["checks"]["database_writes"] is True
    assert unknown.get("/livez").status_code == 200
    shutil.move(faceforge.home / "elsewhere", faceforge.home / "assets")
    faceforge.wait_for(lambda: unknown.get("/readyz").status_code == 200)


def test_a_part_that_hangs_or_raises_fails_alone() -> None:
    def refuse() -> None:
        raise OSError("gone")

    over = threading.Event()
    asked = ReadinessService({"fine": lambda: None, "broken": refuse, "no": lambda: False, "slow": over.wait}, 0.05)
    found = asked.now()
    over.set()
    assert not found.ready
    assert found.checks == {"fine": True, "broken": False, "no": False, "slow": False}


def test_parts_are_asked_at_most_once_a_second(monkeypatch) -> None:
    times = iter([100.0, 100.1, 100.0 + FRESH, 102.0, 102.1, 102.2])
    asked: list[int] = []
    monkeypatch.setattr("faceforge_core.health.readiness.time.monotonic", lambda: next(times))
    service = ReadinessService({"one": lambda: asked.append(1)}, None)
    for _ in range(4):
        service.now()
    assert len(asked) == 2


# --- The support bundle

S3_SECRETS = {"access_key": "AKIA-never-shown", "secret_key": "s3cret/never+shown"}
IN_ADDRESS = "ada:never@shown"


def parts_of(content: bytes) -> dict[str, str]:
    with ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture
def troubled(faceforge, tmp_path) -> Any:
    """A Core with secrets in its configuration and its log, a failed job and an entity."""
    core = json.loads(faceforge.kernel.home.core_json.read_text())
    core["storage"] = {"s3": {"enabled": False, "endpoint_url": f"http://{IN_ADDRESS}@127.0.0.1:9", **S3_SECRETS}}
    core["note"] = "words of the owner"
    faceforge.kernel.home.core_json.write_text(json.dumps(core))
    faceforge.wait_for(lambda: faceforge.kernel.config.current.storage.s3.access_key)
    faceforge.client.post("/v1/entities", json={"display_name": "Ada Lovelace"}).raise_for_status()
    faceforge.run_job("assets.bulk-import", {"path": str(tmp_path / "nothing-here")})
    return faceforge


def test_the_bundle_tells_what_helps_and_no_secret(troubled) -> None:
    answer = troubled.client.get("/v1/system/support-bundle")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="faceforge-support-2')
    parts = parts_of(answer.content)
    assert set(parts) == {
        *("README.txt", "about.json", "health.json", "config.json", "plugins.json", "database.json", "jobs.json"),
        "logs/core.log",
    }
    everything = "\n".join(parts.values())
    for secret in (troubled.token, *S3_SECRETS.values(), IN_ADDRESS, "Ada Lovelace", "words of the owner"):
        assert secret not in everything, secret
    assert json.loads(parts["database.json"])["rows"]["entities"] == 1
    assert json.loads(parts["jobs.json"])[0]["job_type"] == "assets.bulk-import"
    assert json.loads(parts["about.json"])["libraries"]["fastapi"]
    config = json.loads(parts["config.json"])
    assert config["auth"] == {"install_token": "(set)"}
    assert config["(unknown keys)"] == ["note"]


def test_a13_a_secret_that_a_failed_job_or_the_log_told_is_not_in_the_bundle(troubled) -> None:
    secret = troubled.token
    error = json.dumps({"code": "job_failed", "message": f"It failed with {secret}."})
    with closing(sqlite3.connect(troubled.home / "db" / "core.sqlite3")) as connection, connection:
        connection.execute("UPDATE jobs SET error_json = ? WHERE status = 'failed'", (error,))
    with (troubled.home / "logs" / "core.log").open("a") as log:  # as a version without this care may have left it
        log.write(f"An old line with {secret}.\n")

    parts = parts_of(troubled.client.get("/v1/system/support-bundle").content)

    assert "It failed with ***." in parts["jobs.json"]
    assert "An old line with ***." in parts["logs/core.log"]
    assert secret not in "\n".join(parts.values())


TELLTALE = """\
from faceforge_sdk import hookimpl

@hookimpl
def register_nav_items(ctx):
    ctx.log.warning("My settings are %s", dict(ctx.config))
    return []
"""
TELLTALE_MANIFEST = {
    "id": "demo.telltale",
    "name": "Telltale",
    "api_version": 1,
    "entrypoints": {"python": "plugin"},
    "config_schema": {
        "type": "object",
        "properties": {
            "key": {"type": "string", "writeOnly": True},
            "account": {"type": "object", "writeOnly": True},
        },
    },
}


def test_a13_secrets_in_a_plugins_settings_are_in_neither_log_nor_bundle(faceforge, tmp_path) -> None:
    folder = tmp_path / "telltale"
    folder.mkdir()
    (folder / "plugin.json").write_text(json.dumps(TELLTALE_MANIFEST))
    (folder / "plugin.py").write_text(TELLTALE)
    faceforge.install_plugin(folder)
    settings = {"key": "open sesame", "account": {"name": "ali-baba"}}
    answer = faceforge.client.put("/v1/plugins/demo.telltale/config", json={"config": settings})
    assert answer.status_code == 200

    log = (faceforge.home / "logs" / "core.log").read_text()
    assert "My settings are {'key': '***', 'account': {'name': '***'}}" in log

    with (faceforge.home / "logs" / "core.log").open("a") as file:  # as a version without this care may have left it
        file.write("An old line with open sesame.\n")
    everything = "\n".join(parts_of(faceforge.client.get("/v1/system/support-bundle").content).values())
    assert "An old line with ***." in everything
    assert "open sesame" not in everything
    assert "ali-baba" not in everything


def test_the_bundle_needs_the_token(unknown) -> None:
    assert unknown.get("/v1/system/support-bundle").status_code == 401


def test_a_part_that_fails_leaves_its_error_in_its_place(faceforge, monkeypatch) -> None:
    def refuse() -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(faceforge.kernel.plugins, "list", refuse)
    parts = parts_of(faceforge.client.get("/v1/system/support-bundle").content)
    assert json.loads(parts["plugins.json"]) == {"failed": "OSError: the disk is gone"}
    assert json.loads(parts["about.json"])["version"]
