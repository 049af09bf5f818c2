"""The example `hello_route`, installed as a user does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "hello_route"


@pytest.fixture
def anna(client: Any) -> str:
    answer = client.post("/v1/entities", json={"display_name": "Anna"})
    return str(answer.json()["data"]["entity_id"])


def test_it_answers_while_it_is_enabled(client: Any, install_plugin: Any, anna: str) -> None:
    address = f"/v1/plugins/example.hello/greetings/{anna}"
    assert client.get(address).status_code == 404
    row = install_plugin(EXAMPLE)
    assert row.contributions == {"Router": 1, "EntityPanel": 1}
    assert client.get(address).json() == {"ok": True, "data": "Hello, Anna!", "error": None}
    assert client.get("/v1/plugins/example.hello/greetings/nobody").json()["error"]["code"] == "not_found"

    answer = client.post("/v1/plugins/example.hello/disable").json()
    assert answer["data"]["state"] == "disabled"
    assert client.get(address).status_code == 404


def test_its_route_asks_for_the_token(client: Any, install_plugin: Any, anna: str) -> None:
    install_plugin(EXAMPLE)
    del client.headers["Authorization"]
    assert client.get(f"/v1/plugins/example.hello/greetings/{anna}").status_code == 401


def test_its_greeting_can_be_configured(client: Any, install_plugin: Any, anna: str) -> None:
    install_plugin(EXAMPLE)
    client.put("/v1/plugins/example.hello/config", json={"config": {"greeting": "Servus"}})
    assert client.get(f"/v1/plugins/example.hello/greetings/{anna}").json()["data"] == "Servus, Anna!"
    refused = client.put("/v1/plugins/example.hello/config", json={"config": {"greeting": ""}})
    assert refused.status_code == 422
    assert refused.json()["error"]["details"]["errors"][0]["path"] == ["greeting"]


def test_its_tab_shows_the_greeting(faceforge: Any, install_plugin: Any, anna: str) -> None:
    from faceforge_sdk import EntityPanel

    install_plugin(EXAMPLE)
    [panel] = [one for one in faceforge.kernel.plugins.contributed(EntityPanel) if one.plugin_id == "example.hello"]
    assert panel.call(lambda: panel.value.load(anna)) == {"sentence": "Hello, Anna!"}
    assert (EXAMPLE / "templates" / panel.value.template).is_file()
