"""The plugin in a real Core on a temporary home: run ``pytest`` in this folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceforge_core.testing import RunningCore

HERE = Path(__file__).parent


def test_files_of_its_kind_are_kept_by_it_and_come_back_whole(
    faceforge: RunningCore,
) -> None:
    plugin = faceforge.install_plugin(HERE)
    content = b"to be kept" * 1000

    def upload(name: str, kind: str, content: bytes) -> dict[str, str]:
        files = {"file": (name, content)}
        path = f"/v1/assets/upload?kind={kind}"
        asset: dict[str, str] = faceforge.client.post(path, files=files).json()["data"]
        return asset

    ours = upload("old.bin", "archive", content)
    other = upload("new.bin", "file", b"not ours")

    assert ours["storage_provider"] == plugin.plugin_id
    assert other["storage_provider"] == "fs"
    address = f"/v1/assets/{ours['asset_id']}/download"
    assert faceforge.client.get(address).content == content
    part = faceforge.client.get(address, headers={"Range": "bytes=3-5"})
    assert part.content == b"be "
    data = faceforge.home / "plugin_data" / plugin.plugin_id
    kept = [path.name for path in data.rglob("*") if path.is_file()]
    assert kept == [ours["asset_id"]]
