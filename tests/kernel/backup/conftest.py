"""A library worth backing up, and what it is compared by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.backup.place import BackupPlace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> BackupPlace:
    """Where the backups go."""
    return BackupPlace(tmp_path / "other disk" / "backups")


@pytest.fixture
def library(faceforge: Any, place: BackupPlace) -> Any:
    """A Core with a person, her photo, a file in the trash, a plugin of hers, and a folder for backups."""
    place.folder.parent.mkdir()
    faceforge.kernel.plugins.configure("faceforge.backup", {"folder": str(place.folder)})
    entity = faceforge.client.post("/v1/entities", json={"display_name": "Ada"}).json()["data"]
    for number, content in enumerate((b"first" * 1000, b"second" * 1000)):
        asset = upload(faceforge, content, f"{number}.txt")
        faceforge.client.post(f"/v1/entities/{entity['entity_id']}/assets/{asset['asset_id']}").raise_for_status()
    gone = upload(faceforge, b"thrown away", "old.txt")
    faceforge.client.delete(f"/v1/assets/{gone['asset_id']}").raise_for_status()
    folder = faceforge.home / "plugins" / "mine"
    folder.mkdir()
    (folder / "plugin.json").write_text(json.dumps({"id": "demo.mine", "name": "Mine"}))
    data = faceforge.home / "plugin_data" / "demo.mine" / "deep"
    data.mkdir(parents=True)
    (data / "notes.txt").write_text("notes")
    return faceforge


def upload(core: Any, content: bytes, name: str) -> dict[str, Any]:
    answer = core.client.post("/v1/assets/upload", files={"file": (name, content, "text/plain")})
    answer.raise_for_status()
    asset: dict[str, Any] = answer.json()["data"]
    return asset


@pytest.fixture
def back_up(library: Any) -> Callable[[], dict[str, Any]]:
    """Makes a backup by the job; returns its result."""

    def make() -> dict[str, Any]:
        job = library.run_job("backup.create")
        assert job.status == "succeeded", job.error
        return dict(job.result)

    return make


@pytest.fixture
def told() -> Callable[[Any], dict[str, Any]]:
    """What a Core answers about everything that was put into it, once it has read its files."""

    def ask(core: Any) -> dict[str, Any]:
        core.settle()
        answers = {
            path: core.client.get(path).json()["data"]
            for path in ("/v1/entities", "/v1/assets", "/v1/trash", "/v1/trash/assets")
        }
        for asset in answers["/v1/assets"]["items"]:
            asset["content"] = core.client.get(f"/v1/assets/{asset['asset_id']}/download").content
        return answers

    return ask
