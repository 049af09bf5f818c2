"""The plugin in a real Core on a temporary home: run ``pytest`` in this folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from faceforge_core.testing import RunningCore

HERE = Path(__file__).parent


def test_it_greets_an_entity_by_name(faceforge: RunningCore) -> None:
    plugin = faceforge.install_plugin(HERE)
    answer = faceforge.client.post("/v1/entities", json={"display_name": "Anna"})
    entity_id = answer.json()["data"]["entity_id"]

    route = f"/v1/plugins/{plugin.plugin_id}/greetings"
    found = faceforge.client.get(f"{route}/{entity_id}")
    missing = faceforge.client.get(f"{route}/nobody")

    assert found.json() == {"ok": True, "data": "Hello, Anna!", "error": None}
    assert missing.status_code == 404


def test_its_greeting_can_be_configured(faceforge: RunningCore) -> None:
    plugin = faceforge.install_plugin(HERE)
    route = f"/v1/plugins/{plugin.plugin_id}"

    faceforge.client.put(f"{route}/config", json={"config": {"greeting": "Servus"}})

    answer = faceforge.client.post("/v1/entities", json={"display_name": "Anna"})
    entity_id = answer.json()["data"]["entity_id"]
    found = faceforge.client.get(f"{route}/greetings/{entity_id}")
    assert found.json()["data"] == "Servus, Anna!"
