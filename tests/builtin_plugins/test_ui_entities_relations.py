"""Relationships on an entity's page: said in words, added by name, taken back, and drawn."""

from __future__ import annotations

import html
import math
import re
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.ui_entities.graph import NODE, GraphView
from faceforge_builtins.ui_entities.portraits import Card
from faceforge_sdk.models import Entity, Graph, GraphNode, Relationship

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    Create = Callable[..., str]
    Relate = Callable[..., str]

PATH = "/ui/entities"


@pytest.fixture
def create(client: TestClient) -> Create:
    def make(name: str, **values: Any) -> str:
        answer = client.post("/v1/entities", json={"display_name": name, **values})
        return str(answer.raise_for_status().json()["data"]["entity_id"])

    return make


@pytest.fixture
def relate(client: TestClient) -> Relate:
    def make(source: str, relation_type: str, target: str, **fields: Any) -> str:
        draft = {"src_entity_id": source, "dst_entity_id": target, "relationship_type": relation_type}
        answer = client.post("/v1/relationships", json={**draft, "fields": fields})
        return str(answer.raise_for_status().json()["data"]["relationship_id"])

    return make


def stored(client: TestClient, entity_id: str) -> list[tuple[str, str, str]]:
    items = client.get("/v1/relationships", params={"entity_id": entity_id}).json()["data"]["items"]
    return [(one["src_entity_id"], one["relationship_type"], one["dst_entity_id"]) for one in items]


def tab(client: TestClient, entity_id: str) -> str:
    return html.unescape(client.get(f"{PATH}/{entity_id}?tab=relationships").text)


def test_both_directions_are_said_in_words(client: TestClient, create: Create, relate: Relate) -> None:
    ada, byron, babbage = create("Ada"), create("Byron"), create("Babbage")
    relate(byron, "father", ada, since=1815)
    relate(ada, "student", babbage)
    relate(babbage, "mentor of", ada)
    relate(byron, "half brother", babbage)
    page = tab(client, ada)
    assert "Byron is father of Ada" in page
    assert "Ada is student of Babbage" in page
    assert "Babbage: mentor of Ada" in page
    assert "since: 1815" in page
    assert "Byron is father of Ada" in tab(client, byron)
    assert "Byron is half brother of Babbage" in tab(client, babbage)


@pytest.mark.parametrize("page", ["?tab=relationships", "/relationships/{relationship}"])
def test_a_sentence_runs_as_the_page_does_whatever_way_its_names_are_written(
    client: TestClient, create: Create, relate: Relate, page: str
) -> None:
    ahmad, ada = create("أحمد <1>"), create("Ada")
    page = client.get(f"{PATH}/{ada}{page.format(relationship=relate(ahmad, 'uncle', ada))}").text
    said = "<bdi>أحمد &lt;1&gt;</bdi> is <bdi>uncle</bdi> of <bdi>Ada</bdi>"
    assert re.search(rf'<p class="faint">\s*{said}\s*</p>', page)


@pytest.mark.parametrize(("direction", "outgoing"), [("in", False), ("out", True)])
def test_a_relationship_is_added_by_a_name(client: TestClient, create: Create, direction: str, outgoing: bool) -> None:
    ada, byron = create("Ada"), create("Byron")
    typed = {"other": "byron", "other-id": "", "type": " friend ", "direction": direction}
    answer = client.post(f"{PATH}/{ada}/relationships/new", data=typed)
    assert answer.headers["location"] == f"{PATH}/{ada}?tab=relationships&notice=related"
    ends = (ada, byron) if outgoing else (byron, ada)
    assert stored(client, ada) == [(ends[0], "friend", ends[1])]


def test_somebody_with_a_short_name_is_found_among_many_that_have_it_in_theirs(
    client: TestClient, create: Create
) -> None:
    ada, li = create("Ada"), create("Li")
    items = [{"external_ids": {"x": str(number)}, "display_name": f"Alix {number}"} for number in range(60)]
    client.post("/v1/entities/bulk-upsert", json={"items": items}).raise_for_status()
    client.post(f"{PATH}/{ada}/relationships/new", data={"other": "li", "type": "friend"})
    assert stored(client, ada) == [(li, "friend", ada)]


def test_without_scripts_a_name_that_several_have_is_a_step_of_its_own(client: TestClient, create: Create) -> None:
    ada, first, second = create("Ada"), create("Byron, George"), create("Byron, Augusta")
    address = f"{PATH}/{ada}/relationships/new"
    page = client.post(address, data={"other": "byron", "type": "aunt"})
    assert page.status_code == 422
    assert {first, second} == set(re.findall(r'name="other-id" value="([0-9a-f]+)"', page.text))
    assert 'value="aunt"' in page.text
    client.post(address, data={"other": "byron", "other-id": second, "type": "aunt"})
    assert stored(client, ada) == [(second, "aunt", ada)]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"other": "", "type": "friend"}, "Write a name."),
        ({"other": "Nobody", "type": "friend"}, "No entity has this name."),
        ({"other": "Byron", "type": " "}, "Write what they are to each other"),
        ({"other": "Byron", "type": "x" * 201}, "Use at most 200 characters."),
        ({"other": "Byron", "other-id": "0" * 64, "type": "friend"}, "This entity is no longer there."),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    client: TestClient, create: Create, typed: dict[str, str], sentence: str
) -> None:
    ada, _ = create("Ada"), create("Byron")
    page = client.post(f"{PATH}/{ada}/relationships/new", data=typed)
    assert (page.status_code, sentence in page.text) == (422, True)
    assert stored(client, ada) == []


def test_types_in_use_are_suggested(client: TestClient, create: Create, relate: Relate) -> None:
    ada, byron = create("Ada"), create("Byron")
    relate(byron, "correspondent", ada)
    page = client.get(f"{PATH}/{ada}/relationships/new").text
    assert '<option value="correspondent">' in page
    assert '<option value="sibling">' in page


def test_type_and_fields_can_be_changed_and_the_ends_stay(client: TestClient, create: Create, relate: Relate) -> None:
    ada, byron = create("Ada"), create("Byron")
    address = f"{PATH}/{ada}/relationships/{relate(byron, 'father', ada, since=1815)}"
    assert 'value="since"' in client.get(address).text
    client.post(address, data={"type": "parent", "key-0": "until", "kind-0": "number", "value-0": "1824"})
    assert stored(client, ada) == [(byron, "parent", ada)]
    page = client.post(address, data={"type": "", "key-0": "until", "kind-0": "number", "value-0": "x"})
    assert page.status_code == 422
    assert "until: 1824" in tab(client, ada)
    assert client.get(f"{PATH}/{create('Stranger')}/relationships/{address.rpartition('/')[2]}").status_code == 404


def test_a_relationship_that_somebody_else_changed_meanwhile_is_not_written_over_at_once(
    client: TestClient, create: Create, relate: Relate
) -> None:
    ada = create("Ada")
    relationship = relate(create("Byron"), "father", ada)
    address = f"{PATH}/{ada}/relationships/{relationship}"

    def version(page: str) -> str:
        found = re.search(r'name="version" value="(\w+)"', page)
        assert found
        return found[1]

    def now() -> tuple[str, dict[str, Any]]:
        one = client.get(f"/v1/relationships/{relationship}").json()["data"]
        return one["relationship_type"], one["fields"]

    begun = version(client.get(address).text)
    client.patch(f"/v1/relationships/{relationship}", json={"fields": {"since": "winter"}}).raise_for_status()
    overtaken = client.post(address, data={"version": begun, "type": "poet"})
    assert (overtaken.status_code, "winter" in overtaken.text) == (409, True)
    assert now() == ("father", {"since": "winter"})
    client.post(address, data={"version": version(overtaken.text), "type": "poet"})
    assert now() == ("poet", {})


def test_removing_can_be_undone_from_the_notice(client: TestClient, create: Create, relate: Relate) -> None:
    ada, byron = create("Ada"), create("Byron")
    address = f"{PATH}/{ada}/relationships/{relate(byron, 'father', ada)}"
    answer = client.post(f"{address}/delete")
    assert stored(client, ada) == []
    assert f'action="{address}/restore"' in client.get(answer.headers["location"]).text
    client.post(f"{address}/restore")
    assert stored(client, ada) == [(byron, "father", ada)]
    answer = client.post(f"{address}/restore")
    assert answer.headers["location"].endswith("notice=not-restored")


def test_a_long_list_goes_on_by_a_link(client: TestClient, create: Create, relate: Relate) -> None:
    ada = create("Ada")
    for number in range(61):
        relate(create(f"Friend {number:02}"), "friend", ada)
    page = tab(client, ada)
    assert page.count('class="relation"') == 60
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following
    assert client.get(following[1]).text.count('class="relation"') == 1
    answer = client.get(f"{PATH}/{ada}/relationships?cursor=nonsense")
    assert answer.headers["location"] == f"{PATH}/{ada}?tab=relationships"


# --- The graph ------------------------------------------------------------------------------------------------------


def test_the_drawing_is_made_of_links_that_say_who_and_what(client: TestClient, create: Create, relate: Relate) -> None:
    ada, byron, claire = create("Ada"), create("Byron"), create("Claire <i>")
    relate(byron, "father", ada)
    relate(claire, "friend", byron)
    one, two = (client.get(f"{PATH}/{ada}/graph?depth={depth}").text for depth in (1, 2))
    assert 'aria-label="Byron (father)"' in one
    assert claire not in one
    assert 'aria-label="Claire &lt;i&gt; (friend)"' in two
    assert "style=" not in two
    assert client.get(f"{PATH}/{ada}/graph?depth=99").status_code == 200


def graph_of(parents: dict[int, int | None]) -> GraphView:
    """The layout of a tree: the parent of each node by number."""
    depth = {node: 0 for node, parent in parents.items() if parent is None}
    for node, parent in parents.items():
        if parent is not None:
            depth[node] = depth[parent] + 1
    nodes = [GraphNode(entity_id=str(one), display_name=str(one), distance=at) for one, at in depth.items()]
    edges = [
        Relationship(
            relationship_id=str(node),
            src_entity_id=str(parent),
            dst_entity_id=str(node),
            relationship_type="friend",
            fields={},
            created_at="",
            updated_at="",
        )
        for node, parent in parents.items()
        if parent is not None
    ]
    graph = Graph(entity_id="0", nodes=nodes, edges=edges, truncated=False)
    return GraphView.laid_out(graph, {node.entity_id: card(node.entity_id) for node in nodes}, 2)


def card(entity_id: str) -> Card:
    facts = {"aliases": [], "tags": [], "fields": {}, "created_at": "", "updated_at": "", "revision": 1}
    entity = Entity.model_validate({"entity_id": entity_id, "display_name": entity_id, **facts})
    return Card(entity, None)


@pytest.mark.parametrize(
    "parents",
    [
        {0: None},
        {0: None, 1: 0},
        {0: None} | dict.fromkeys(range(1, 200), 0),
        {0: None} | dict.fromkeys(range(1, 4), 0) | {node: 1 + node % 3 for node in range(4, 200)},
        {0: None, 1: 0, 2: 0} | dict.fromkeys(range(3, 100), 1),
    ],
    ids=["alone", "two", "hub", "clusters", "lopsided"],
)
def test_no_two_faces_of_a_graph_touch_and_all_are_inside_the_drawing(parents: dict[int, int | None]) -> None:
    graph = graph_of(parents)
    assert len(graph.nodes) == len(parents)
    assert len(graph.edges) == len(parents) - 1
    for one, other in combinations(graph.nodes, 2):
        assert math.dist((one.x, one.y), (other.x, other.y)) > NODE
    for node in graph.nodes:
        assert NODE / 2 <= node.x <= graph.width - NODE / 2
        assert NODE / 2 <= node.y <= graph.height - NODE / 2


def test_who_hangs_on_the_same_node_stands_beside_it() -> None:
    graph = graph_of({0: None, 1: 0, 2: 0, 3: 1, 4: 1, 5: 2, 6: 2})
    places = {node.card.entity.entity_id: (node.x, node.y) for node in graph.nodes}
    for child, parent, other in (("3", "1", "2"), ("4", "1", "2"), ("5", "2", "1"), ("6", "2", "1")):
        assert math.dist(places[child], places[parent]) < math.dist(places[child], places[other])


# --- Somebody new ---------------------------------------------------------------------------------------------------


def test_somebody_who_is_not_there_yet_is_created_with_the_relationship(client: TestClient, create: Create) -> None:
    ada = create("Ada")
    typed = {"other": "Medora", "type": "sister", "direction": "in"}
    refused = client.post(f"{PATH}/{ada}/relationships/new", data=typed)
    assert refused.status_code == 422
    assert 'name="create"' in refused.text
    client.post(f"{PATH}/{ada}/relationships/new", data={**typed, "create": "1"})
    assert "Medora is sister of Ada" in tab(client, ada)


def test_nobody_is_created_for_a_relationship_that_can_not_be_stored(client: TestClient, create: Create) -> None:
    ada = create("Ada")
    typed = {"other": "Medora", "type": "", "direction": "in", "create": "1"}
    assert client.post(f"{PATH}/{ada}/relationships/new", data=typed).status_code == 422
    assert client.get("/v1/entities", params={"q": "Medora"}).json()["data"]["items"] == []
