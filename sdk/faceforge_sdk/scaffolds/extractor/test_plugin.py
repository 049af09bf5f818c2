"""The plugin in a real Core on a temporary home: run ``pytest`` in this folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from faceforge_core.testing import RunningCore

HERE = Path(__file__).parent


def test_a_text_has_its_figures_and_is_found_by_its_words(
    faceforge: RunningCore,
) -> None:
    plugin = faceforge.install_plugin(HERE)
    content = b"Zanzibar calling\nOver and out\n"
    files = {"file": ("note.txt", content, "text/plain")}
    stored = faceforge.client.post("/v1/assets/upload", files=files).json()["data"]
    address = f"/v1/assets/{stored['asset_id']}"

    def entries() -> list[Any]:
        meta = faceforge.client.get(address).json()["data"]["meta"]
        found = meta.get("metadata", [])
        return [one["Data"] for one in found if one["Source"] == plugin.plugin_id]

    # It is read by a job, soon after it came in.
    assert faceforge.wait_for(entries) == [{"lines": 2, "words": 5}]
    hits = faceforge.client.get("/v1/assets", params={"q": "zanzibar"}).json()
    assert [one["filename"] for one in hits["data"]["items"]] == ["note.txt"]
