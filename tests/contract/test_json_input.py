"""Odd JSON, odd text, odd parameters (V01 to V09), sent to a whole Core."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

_NUMBERS = count(1)
JSON = {"content-type": "application/json"}


@pytest.fixture
def send(api) -> Any:
    """Creates an entity from the text of a body."""
    return lambda content, **headers: api.ask("POST", "/v1/entities", content=content, headers={**JSON, **headers})


@pytest.fixture
def kept(api) -> Any:
    """What of a value of ``fields`` comes back, from the creation and from a read."""

    def keep(literal: str) -> str:
        body = f'{{"display_name": "x", "fields": {{"v": {literal}}}}}'
        response = api.ask("POST", "/v1/entities", content=body.encode(), headers=JSON)
        entity = api.data_of(response)
        again = api.ask("GET", f"/v1/entities/{entity['entity_id']}")
        assert again.json()["data"] == entity
        return json.dumps(again.json()["data"]["fields"]["v"])

    return keep


@pytest.fixture
def stored(house, rows) -> Any:
    """How many entities there are, whatever their state."""
    return lambda: rows(house.home, "SELECT count(*) AS n FROM entities")[0]["n"]


@pytest.mark.parametrize("depth", [65, 300, 1000, 5000, 1_000_000])
@pytest.mark.parametrize("kind", ["list", "object"])
def test_v01_json_nested_too_deep_is_422_and_nothing_is_stored(api, send, stored, depth: int, kind: str) -> None:
    before = stored()
    opening, closing = ("[", "]") if kind == "list" else ('{"a":', "}")
    if len(opening) * depth > 500_000:
        depth = 150_000  # what fits into a body of one MiB
    inner = f"{opening * depth}1{closing * depth}"
    api.error_of(send(f'{{"display_name": "deep", "fields": {{"a": {inner}}}}}'), 422, "validation_error")
    assert stored() == before
    api.data("GET", "/v1/entities")


def test_v01_sixty_four_levels_are_kept(kept) -> None:
    # the body and `fields` are two of them
    assert kept("[" * 62 + "]" * 62) == "[" * 62 + "]" * 62


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000])
def test_v02_numbers_that_are_none_are_422(api, send, stored, literal: str) -> None:
    before = stored()
    for body in (
        f'{{"display_name": "x", "fields": {{"v": {literal}}}}}',
        f'{{"display_name": "x", "unknown": [{literal}]}}',
    ):
        api.error_of(send(body), 422, "validation_error")
    assert stored() == before


@pytest.mark.parametrize(
    "literal",
    ["1.0", "-0.0", "0", "-0", str(2**63), str(2**64), str(-(2**63)), "1" * 300, "0.1", "1e-300", "1.7000000000000002"],
)
def test_v02_all_other_numbers_round_trip_exactly(kept, literal: str) -> None:
    assert json.loads(kept(literal)) == json.loads(literal)
    assert type(json.loads(kept(literal))) is type(json.loads(literal))
    assert kept(literal) == json.dumps(json.loads(literal))


@pytest.mark.parametrize("literal", [r'"\ud800"', r'"\udc00\ud800"', r'"a\u0000b"'])
def test_v03_text_that_nothing_can_store_is_422(api, send, stored, literal: str) -> None:
    before = stored()
    for body in (
        f'{{"display_name": {literal}}}',
        f'{{"display_name": "x", "tags": [{literal}]}}',
        f'{{"display_name": "x", "aliases": [{literal}]}}',
        f'{{"display_name": "x", "fields": {{"v": {literal}}}}}',
        f'{{"display_name": "x", "fields": {{{literal}: 1}}}}',
    ):
        api.error_of(send(body), 422, "validation_error")
    assert stored() == before


@pytest.mark.parametrize("literal", [r'"\u202e"', '"🦊"', r'"\ud83e\udd8a"', '"e\u0301"', '"\ufeff"', '"\u2028"', '""'])
def test_v03_all_other_text_round_trips(kept, literal: str) -> None:
    assert json.loads(kept(literal)) == json.loads(literal)


def test_v03_odd_text_is_found_again(api) -> None:
    tag = f"odd-{next(_NUMBERS)}"
    for name in ("a\u202eb", "🦊", "tab\there"):
        api.entity(name, tags=[tag])
        assert api.names(tag=tag, q=name) == [name]


def test_v04_text_that_is_no_utf_8_is_422(api, send) -> None:
    api.error_of(send(b'{"display_name": "\xff\xfe"}'), 422, "validation_error")
    api.error_of(send('{"display_name": "x"}'.encode("utf-16")), 422, "validation_error")


@pytest.mark.parametrize("chunked", [False, True])
def test_v05_a_json_body_may_have_a_mebibyte_and_no_byte_more(api, send, stored, chunked: bool) -> None:
    def body(size: int) -> bytes:
        frame = b'{"display_name": "large", "fields": {"x": "%s"}}'
        return frame % (b"x" * (size - len(frame) + 2))

    def sent(content: bytes) -> Any:
        return iter([content[:1000], content[1000:]]) if chunked else content

    assert len(body(1024 * 1024)) == 1024 * 1024
    api.data_of(send(sent(body(1024 * 1024))))
    before = stored()
    api.error_of(send(sent(body(1024 * 1024 + 1))), 413, "payload_too_large")
    assert stored() == before


def test_v05_the_bound_holds_on_every_json_route(api) -> None:
    entity, asset = api.entity()["entity_id"], api.upload()["asset_id"]
    large = b'{"x": "' + b"x" * 1024 * 1024 + b'"}'
    for method, path in (
        ("PATCH", f"/v1/entities/{entity}"),
        ("PATCH", f"/v1/assets/{asset}"),
        ("POST", f"/v1/entities/{entity}/assets/{asset}"),
        ("PUT", "/v1/plugins/faceforge.storage_routing/config"),
    ):
        api.error(method, path, 413, "payload_too_large", content=large, headers=JSON)


@pytest.mark.parametrize("path", ["/v1/entities", "/v1/assets", "/v1/trash/entities", "/v1/trash/assets"])
@pytest.mark.parametrize("value", [str(2**63), "-1", "1e3", "٣", "", "0x10", "+", "9" * 5000])
@pytest.mark.parametrize("name", ["limit", "offset"])
def test_v06_numbers_in_an_address_have_their_form_and_bounds(api, path: str, name: str, value: str) -> None:
    details = api.error("GET", path, 422, "validation_error", params={name: value})["details"]
    assert details[0]["loc"] == ["query", name]


@pytest.mark.parametrize("query", ["'%", "_", "\\", "%", '"', "' OR 1=1 --", "*", "a* OR b", "\u0000"])
def test_v08_what_is_code_elsewhere_is_text_in_q(api, query: str) -> None:
    tag = f"literal-{next(_NUMBERS)}"
    api.entity("nothing special", tags=[tag])
    assert api.names(tag=tag, q=query) == []
    if "\0" not in query:
        api.entity(f"with {query} inside", tags=[tag])
        assert api.names(tag=tag, q=query) == [f"with {query} inside"]


def test_v08_an_order_that_is_code_is_422(api) -> None:
    for name in ("sort_by", "sort_order"):
        api.error("GET", "/v1/entities", 422, "validation_error", params={name: "created_at;drop table entities"})


@pytest.mark.parametrize("tag", ["a_b", "AXB", 'q"q', "%", "axb"])
def test_v09_a_tag_is_found_by_itself_alone(api, tag: str) -> None:
    prefix = f"v09-{next(_NUMBERS)}-"
    for other in ("a_b", "axb", "AXB", 'q"q', "%", "a%b"):
        api.entity(other, tags=[prefix + other])
    assert api.names(tag=prefix + tag) == [tag]


def test_an_entity_as_large_as_a_body_may_be_is_read_changed_and_found(api) -> None:
    """I12: what a write accepts, every read path returns."""
    tag = f"large-{next(_NUMBERS)}"
    fields = {f"key {number}": "wörd " * 20 for number in range(5000)}
    entity = api.entity("large", tags=[tag], fields=fields)
    assert api.data("GET", f"/v1/entities/{entity['entity_id']}")["fields"] == fields
    assert api.names(tag=tag, q="KEY 4999") == ["large"]
    assert api.data("PATCH", f"/v1/entities/{entity['entity_id']}", json={"display_name": "l"})["fields"] == fields
