"""The example `graph_panel`: a page of its own in the shell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "graph_panel"
ADDRESS = "/ui/plugins/example.graph_panel/"
HTML = {"Accept": "text/html"}


@pytest.fixture
def relate(client: Any) -> Any:
    """Relates two entities by name, which are made where they do not exist: ``relate("Ada", "friend", "Mary")``."""
    ids: dict[str, str] = {}

    def entity(name: str) -> str:
        if name not in ids:
            ids[name] = client.post("/v1/entities", json={"display_name": name}).json()["data"]["entity_id"]
        return ids[name]

    def make(source: str, kind: str, destination: str) -> dict[str, str]:
        ends = {"src_entity_id": entity(source), "dst_entity_id": entity(destination)}
        assert client.post("/v1/relationships", json={**ends, "relationship_type": kind}).status_code == 200
        return ids

    return make


@pytest.fixture
def page(client: Any) -> Any:
    """The page's HTML."""

    def get(**headers: str) -> str:
        answer = client.get(ADDRESS, headers={**HTML, **headers})
        assert answer.status_code == 200
        return str(answer.text)

    return get


def test_its_page_is_in_the_side_bar_while_it_is_enabled(client: Any, install_plugin: Any, page: Any) -> None:
    assert client.get(ADDRESS, headers=HTML).status_code == 404
    assert install_plugin(EXAMPLE).contributions == {"Router": 1, "NavItem": 1}
    assert f'href="{ADDRESS}"' in client.get("/ui/entities", headers=HTML).text
    assert "Nobody is related to anybody yet." in page()
    assert "Kreis" in page(**{"Accept-Language": "de"})
    client.post("/v1/plugins/example.graph_panel/disable")
    assert client.get(ADDRESS, headers=HTML).status_code == 404
    assert ADDRESS not in client.get("/ui/entities", headers=HTML).text


def test_everybody_related_is_on_the_circle_with_a_line_for_each_relationship(
    client: Any, install_plugin: Any, relate: Any, page: Any
) -> None:
    install_plugin(EXAMPLE)
    relate("Ada", "friend", "Mary & <Co>")
    ids = relate("Mary & <Co>", "mentor", "Ada")
    relate("Ada", "family", "Ada")
    client.post("/v1/entities", json={"display_name": "Nobody's friend"})
    shown = page()

    assert re.findall(r'<a href="/ui/entities/(\w+)\?tab=relationships" data-entity', shown) == [
        ids["Ada"],
        ids["Mary & <Co>"],
    ]
    assert shown.count("<path ") - shown.count("<path d") == 3
    assert "Mary &amp; &lt;Co&gt;: mentor of Ada" in shown
    assert "Nobody" not in shown
    german = page(**{"Accept-Language": "de"})
    assert "Mary &amp; &lt;Co&gt;: mentor von Ada" in german


def test_it_needs_nothing_that_the_browser_refuses(install_plugin: Any, relate: Any, page: Any, client: Any) -> None:
    install_plugin(EXAMPLE)
    relate("Ada", "friend", "Mary")
    shown = page()
    assert " style=" not in shown
    own = re.findall(r'(?:src|href)="(/ui/static/example\.graph_panel/[^"]+)"', shown)
    assert [address.partition("?")[0].rpartition("/")[2] for address in own] == ["circle.css", "circle.js"]
    assert {client.get(address).status_code for address in own} == {200}


def test_the_busiest_find_a_place(client: Any, install_plugin: Any, relate: Any, page: Any) -> None:
    install_plugin(EXAMPLE)
    client.put("/v1/plugins/example.graph_panel/config", json={"config": {"most": 10}})
    for number in range(12):
        relate("Hub", "friend", f"Spoke {number}")
    shown = page()
    assert shown.count("data-entity=") == 10
    assert ">Hub<" in shown
    assert "3 names with fewer relationships found no place." in shown


def test_the_page_asks_for_a_sign_in(client: Any, install_plugin: Any) -> None:
    install_plugin(EXAMPLE)
    del client.headers["Authorization"]
    answer = client.get(ADDRESS, headers=HTML)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/ui/login")
