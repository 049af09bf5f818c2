"""Plugins that keep the only copies of files: what they kept is not removed while assets lie there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from faceforge_sdk.errors import Conflict

ZIP_STORAGE = Path(__file__).parents[3] / "examples" / "zip_storage"
PLUGIN = "example.zip_storage"


@pytest.fixture
def letter(faceforge: Any, install_plugin: Any, ff: Any) -> Any:
    """An asset whose bytes the plugin keeps."""
    install_plugin(ZIP_STORAGE)
    asset = ff.assets.upload(b"a letter", filename="letter.txt", kind="note")
    assert asset.storage_provider == "zip"
    faceforge.settle()
    return asset


def test_a_plugin_that_keeps_files_is_not_forgotten(letter: Any, faceforge: Any, ff: Any, tmp_path: Path) -> None:
    ff.plugins.remove(PLUGIN)
    with pytest.raises(Conflict, match="keeps the files of 1 asset, the trash included: enable it, move"):
        ff.plugins.forget(PLUGIN)
    faceforge.kernel.plugins.install(ZIP_STORAGE, ZIP_STORAGE.name)
    ff.plugins.enable(PLUGIN)
    assert ff.assets.download(letter.asset_id, tmp_path).read_bytes() == b"a letter"


def test_files_in_the_trash_count_too(letter: Any, faceforge: Any, ff: Any) -> None:
    ff.assets.delete(letter.asset_id)
    ff.plugins.disable(PLUGIN)
    with pytest.raises(Conflict, match="1 asset, the trash included"):
        ff.plugins.forget(PLUGIN)


def test_it_is_known_after_a_restart_and_forgotten_once_the_files_are_moved(
    letter: Any, faceforge: Any, start_core: Any, ff: Any, tmp_path: Path
) -> None:
    ff.plugins.disable(PLUGIN)
    faceforge.kernel.close()
    again = start_core(faceforge.home)
    with pytest.raises(Conflict, match="keeps the files of 1 asset"):
        again.ff.plugins.forget(PLUGIN)
    again.ff.plugins.enable(PLUGIN)
    job = again.ff.jobs.wait(again.ff.storage.migrate(to="fs", source="zip").job_id)
    assert job.status == "succeeded"
    again.ff.plugins.disable(PLUGIN)
    assert again.ff.plugins.forget(PLUGIN).plugin_id == PLUGIN
    assert again.ff.assets.download(letter.asset_id, tmp_path).read_bytes() == b"a letter"
