"""The plugin in a real Core on a temporary home: run ``pytest`` in this folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceforge_core.testing import RunningCore

HERE = Path(__file__).parent


def test_its_tab_is_on_the_page_of_an_entity(faceforge: RunningCore) -> None:
    plugin = faceforge.install_plugin(HERE)
    draft = {"display_name": "Anna <1>", "tags": ["friend"]}
    answer = faceforge.client.post("/v1/entities", json=draft)
    entity_id = answer.json()["data"]["entity_id"]

    page = faceforge.client.get(f"/ui/entities/{entity_id}?tab={plugin.plugin_id}")

    assert "Your Plugin" in page.text
    assert "<dd>Anna &lt;1&gt;</dd>" in page.text
    assert "<dd>friend</dd>" in page.text
