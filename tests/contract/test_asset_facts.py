"""What files say about themselves: kept beside what was said of them, and found by it."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("unread")

NO_ID = "0" * 64
EMPTY = {
    "media_type": None,
    "width": None,
    "height": None,
    "orientation": None,
    "duration_seconds": None,
    "page_count": None,
    "taken_at": None,
    "taken_offset": None,
    "latitude": None,
    "longitude": None,
}


@pytest.fixture
def asset_id(api) -> str:
    return str(api.upload()["asset_id"])


@pytest.fixture
def listed(api) -> Any:
    """The names of the assets that a query finds among those of one kind."""

    def ask(kind: str, **query: Any) -> list[str]:
        page = api.data("GET", "/v1/assets", params={"kind": kind, **query})
        assert page["total"] == len(page["items"])
        return [item["filename"] for item in page["items"]]

    return ask


def entry(data: Any, name: str = "exif") -> dict[str, Any]:
    return {"Source": "ExifTool", "Type": "JsonMetadata", "Name": name, "NameHashes": None, "Data": data}


def test_an_asset_says_nothing_of_itself_until_it_is_read(api, asset_id, record) -> None:
    assert api.data("GET", f"/v1/assets/{asset_id}")["facts"] == EMPTY
    assert record(asset_id, media_type="image/png", width=30, height=20) == [asset_id]
    read = api.data("GET", f"/v1/assets/{asset_id}")
    assert read["facts"] == {**EMPTY, "media_type": "image/png", "width": 30, "height": 20}
    assert read["mime_type"] == "application/octet-stream"


def test_a_later_reading_goes_over_the_earlier_one(api, asset_id, record) -> None:
    record(asset_id, width=30, height=20, orientation=6, taken_at="2024-05-01T10:00:00.000", taken_offset="+02:00")
    record(asset_id, width=10, height=10, page_count=3)
    facts = api.data("GET", f"/v1/assets/{asset_id}")["facts"]
    assert (facts["width"], facts["orientation"], facts["page_count"]) == (10, None, 3)
    assert (facts["taken_at"], facts["taken_offset"]) == ("2024-05-01T10:00:00.000", "+02:00")


def test_an_entry_replaces_that_of_its_source_and_name_and_leaves_the_others(api, record) -> None:
    asset_id = api.upload(meta={"painter": "Chalon"})["asset_id"]
    record(asset_id, entries=[entry("old"), entry("other", "xmp")])
    record(asset_id, entries=[entry("new")])
    kept = api.data("GET", f"/v1/assets/{asset_id}")["meta"]["metadata"]
    assert [one["Data"] for one in kept] == [{"painter": "Chalon"}, "new", "other"]


def test_what_changes_nothing_tells_nothing(house, api, asset_id, record, rows) -> None:
    def told() -> list[str]:
        found = rows(
            house.home, "SELECT payload_json FROM events WHERE subject = ? AND type = 'asset.updated'", asset_id
        )
        return [row["payload_json"] for row in found]

    reading = {"width": 3, "height": 2, "words": {"t": ["word"]}, "entries": [entry("x")]}
    record(asset_id, **reading)
    before = api.data("GET", f"/v1/assets/{asset_id}")
    assert told() == ['{"changed":["facts","meta","words"]}']
    assert record(asset_id, **reading) == [asset_id]
    assert api.data("GET", f"/v1/assets/{asset_id}") == before
    assert len(told()) == 1
    record(asset_id, entries=[entry("y")])
    assert told()[1:] == ['{"changed":["meta"]}']


def test_x09_a_reading_that_comes_after_the_deletion_is_there_after_a_restore(api, asset_id, record) -> None:
    api.data("DELETE", f"/v1/assets/{asset_id}")
    assert record(asset_id, width=3, height=2, words={"t": ["lighthouse"]}) == [asset_id]
    assert api.data("GET", "/v1/assets", params={"q": "lighthouse"})["items"] == []
    assert api.data("POST", f"/v1/assets/{asset_id}/restore")["facts"]["width"] == 3
    assert [one["asset_id"] for one in api.data("GET", "/v1/assets?q=lighthouse")["items"]] == [asset_id]


def test_x09_a_reading_of_what_is_gone_for_good_is_passed_over(api, asset_id, reader) -> None:
    purged = api.upload()["asset_id"]
    api.data("DELETE", f"/v1/assets/{purged}")
    api.data("DELETE", f"/v1/trash/assets/{purged}")
    readings = [{"asset_id": one, "facts": {"page_count": 4}} for one in (purged, asset_id, NO_ID)]
    assert api.data("POST", f"{reader}/record", json=readings) == [asset_id]
    assert api.data("GET", f"/v1/assets/{asset_id}")["facts"]["page_count"] == 4


# --- Lists


def test_q_finds_parts_of_names_and_words_without_regard_to_case(api, record) -> None:
    asset_id = api.upload(name="Grüße aus Izmir.jpg", kind="q")["asset_id"]
    record(asset_id, words={"reader": ["Straßenbahn", "中文"]})
    for q in ("GRÜSSE", "aus iz", "strassenBAHN", "ß", "中", ".jpg"):
        page = api.data("GET", "/v1/assets", params={"q": q, "kind": "q"})
        assert ([one["asset_id"] for one in page["items"]], page["total"]) == ([asset_id], 1), q
    record(asset_id, words={"reader": ["Seilbahn"], "another": ["Strasse"]})
    for q, total in (("straßenbahn", 0), ("seilbahn", 1), ("straße", 1)):
        assert api.data("GET", "/v1/assets", params={"q": q, "kind": "q"})["total"] == total, q


def test_a_renamed_asset_is_found_by_its_new_name_alone(api) -> None:
    asset_id = api.upload(name="zebra.png")["asset_id"]
    api.data("PATCH", f"/v1/assets/{asset_id}", json={"filename": "giraffe.png"})
    assert api.data("GET", "/v1/assets?q=zebra")["total"] == 0
    assert [one["asset_id"] for one in api.data("GET", "/v1/assets?q=GIRAFFE")["items"]] == [asset_id]


@pytest.fixture(scope="module")
def zoo(api, reader) -> str:
    """A picture, a wide picture, a film, a text, and a file that nobody read, of one kind."""
    facts = {
        "a.jpg": {
            "media_type": "image/jpeg",
            "width": 300,
            "height": 400,
            "taken_at": "2024-05-01T08:30:00.000",
            "latitude": -17.0,
            "longitude": 179.0,
        },
        "b.png": {
            "media_type": "image/png",
            "width": 400,
            "height": 300,
            "taken_at": "2024-05-02T00:00:00.000",
            "latitude": 48.1,
            "longitude": 11.5,
        },
        "c.mp4": {"media_type": "video/mp4", "width": 300, "height": 300, "duration_seconds": 12.5},
        "d.pdf": {"media_type": "application/pdf", "page_count": 7},
        "e.bin": {},
    }
    for name, said in facts.items():
        asset_id = api.upload(name=name, kind="zoo")["asset_id"]
        api.data("POST", f"{reader}/record", json=[{"asset_id": asset_id, "facts": said}])
    return "zoo"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"media_type": "image/*"}, "ab"),
        ({"media_type": "video/mp4"}, "c"),
        ({"media_type": "image/jp"}, ""),
        ({"media_group": "picture"}, "ab"),
        ({"media_group": "document"}, "d"),
        ({"media_group": "other"}, "e"),
        ({"media_group": "other", "has_location": "false"}, "e"),
        ({"min_size": 1, "max_size": 10_000}, "abcde"),
        ({"min_size": 10_001}, ""),
        ({"mime_type": "application/octet-stream", "media_type": "image/png"}, "b"),
        ({"min_width": 301}, "b"),
        ({"max_width": 300}, "ac"),
        ({"min_height": 300, "max_height": 399}, "bc"),
        ({"shape": "landscape"}, "b"),
        ({"shape": "portrait"}, "a"),
        ({"shape": "square"}, "c"),
        ({"min_duration": 12.5}, "c"),
        ({"max_duration": 12}, ""),
        ({"min_pages": 7, "max_pages": 7}, "d"),
        ({"taken_after": "2024-05-02"}, "b"),
        ({"taken_before": "2024-05-02"}, "a"),
        ({"taken_after": "2024", "taken_before": "2024-05-01T08:30:00.001"}, "a"),
        ({"has_location": "true"}, "ab"),
        ({"has_location": "false"}, "cde"),
        ({"within": "47.2,5.8,55.1,15.1"}, "b"),
        ({"within": "-20,178,-10,-178"}, "a"),
        ({"within": "-20,-178,-10,178"}, ""),
        ({"q": ".j", "min_width": 1}, "a"),
        ({"sort_by": "width", "sort_order": "asc", "has_location": "true"}, "ab"),
    ],
)
def test_filters(api, zoo, query: dict[str, Any], names: str) -> None:
    page = api.data("GET", "/v1/assets", params={"kind": zoo, **query})
    assert sorted(one["filename"][0] for one in page["items"]) == list(names)
    assert page["total"] == len(names)


@pytest.mark.parametrize(
    ("sort_by", "ascending"),
    [("taken_at", "ab"), ("height", "bca"), ("duration_seconds", "c"), ("page_count", "d")],
)
def test_sorted_by_a_fact_a_list_holds_the_files_that_have_it(listed, zoo, sort_by: str, ascending: str) -> None:
    def letters(sort_order: str) -> str:
        return "".join(name[0] for name in listed(zoo, sort_by=sort_by, sort_order=sort_order))

    if sort_by == "height":
        assert set(letters("asc")[:2]) == {"b", "c"}  # a tie
        assert letters("asc") == letters("desc")[::-1]
        return
    assert letters("asc") == ascending
    assert letters("desc") == ascending[::-1]


def test_an_entitys_assets_are_filtered_by_what_they_are_and_by_text(api, record) -> None:
    entity_id = api.entity()["entity_id"]
    for name in ("one.bin", "two.bin"):
        asset_id = api.upload(name=name)["asset_id"]
        api.data("POST", f"/v1/entities/{entity_id}/assets/{asset_id}")
    record(asset_id, media_type="image/png", words={"t": ["harbour"]})
    for query in ({"media_type": "image/*"}, {"media_type": "image/png"}, {"q": "HARB"}, {"q": "tw"}):
        page = api.data("GET", f"/v1/entities/{entity_id}/assets", params=query)
        assert ([one["filename"] for one in page["items"]], page["total"]) == (["two.bin"], 1), query


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("taken_after", "yesterday"),
        ("taken_before", "2024-05-01T10:00:00Z"),
        ("min_width", "0"),
        ("max_height", "tall"),
        ("min_duration", "-1"),
        ("max_duration", "nan"),
        ("min_pages", "1.5"),
        ("has_location", "perhaps"),
        ("within", "1,2,3"),
        ("within", "1,2,3,4,5"),
        ("within", "50,0,40,10"),
        ("within", "0,0,91,0"),
        ("within", "0,-181,1,0"),
        ("within", "nan,0,1,1"),
        ("shape", "round"),
        ("sort_by", "latitude"),
        ("q", "x" * 1001),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_its_parameters_name(api, name: str, value: str) -> None:
    error = api.error("GET", "/v1/assets", 422, "validation_error", params={name: value})
    assert [detail["loc"] for detail in error["details"]] == [["query", name]]
    assert "Value error" not in json.dumps(error)


def test_a_cursor_of_another_order_is_refused(api, zoo) -> None:
    cursor = api.data("GET", "/v1/assets", params={"kind": zoo, "sort_by": "width", "limit": 1})["next_cursor"]
    for other in ({"sort_by": "height"}, {"sort_by": "width", "sort_order": "asc"}, {"q": "jpg"}, {}):
        api.error("GET", "/v1/assets", 422, "validation_error", params={**other, "cursor": cursor})
