"""The grid of assets: filters that are part of the address, paging, and changing many."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest
from starlette.datastructures import FormData, QueryParams

from faceforge_builtins.ui_assets.filters import GROUPS
from faceforge_builtins.ui_assets.listing import PATH, SORTS, Listing
from faceforge_builtins.ui_assets.notices import notice_of
from faceforge_builtins.ui_assets.selection import Selection, found
from faceforge_builtins.ui_assets.tiles import clock, type_word
from faceforge_sdk.models import Asset, AssetFacts
from faceforge_sdk.protocols import Reading
from faceforge_sdk.testing import FakeAssets
from faceforge_sdk.testing.house import FakeTexts

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore

    Upload = Callable[..., str]


@pytest.fixture
def upload(faceforge: RunningCore, client: TestClient) -> Upload:
    """Stores a file that nobody reads, and notes what it is to say of itself."""
    faceforge.kernel.plugins.disable("faceforge.ingest")
    numbers = iter(range(10_000))

    def store(name: str = "a.jpg", content: bytes = b"", **facts: Any) -> str:
        body = content or f"content {next(numbers)}".encode()
        answer = client.post("/v1/assets/upload", files={"file": (name, body, "application/octet-stream")})
        asset_id = str(answer.raise_for_status().json()["data"]["asset_id"])
        if facts:
            faceforge.kernel.services.assets.record([Reading(asset_id, AssetFacts(**facts))])
        return asset_id

    return store


@pytest.fixture
def entity(client: TestClient) -> Callable[[str], str]:
    def make(name: str) -> str:
        answer = client.post("/v1/entities", json={"display_name": name})
        return str(answer.raise_for_status().json()["data"]["entity_id"])

    return make


def names(page: Any) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'<span class="tile-name"[^>]*>([^<]*)</span>', page.text)]


def listing(query: str) -> Listing:
    return Listing.from_address(QueryParams(query))


def made(filename: str | None, mime_type: str | None = None, **facts: Any) -> Asset:
    asset = FakeAssets().add(b"x", mime_type=mime_type)
    return asset.model_copy(update={"filename": filename, "mime_type": mime_type, "facts": AssetFacts(**facts)})


# --- The grid --------------------------------------------------------------------------------------------------------


def test_an_empty_library_says_how_files_come_in(client: TestClient) -> None:
    page = client.get(PATH)
    assert "No files yet." in page.text
    assert 'id="bulk"' not in page.text
    assert 'href="/ui/assets" aria-current="page"' in page.text


def test_each_file_shows_its_name_its_type_its_length_and_its_shape(client: TestClient, upload: Upload) -> None:
    upload("<b>film</b>.mp4", media_type="video/mp4", duration_seconds=3725.4)
    picture = upload("wide.png", media_type="image/png", width=1600, height=900)
    page = client.get(PATH).text
    assert '<span class="tile-badge">MP4 <span>1:02:05</span></span>' in page
    assert "&lt;b&gt;film&lt;/b&gt;.mp4" in page
    assert f'<li class="tile ratio-18" data-selectable data-asset-id="{picture}">' in page
    assert f'<img src="/v1/assets/{picture}/thumbnail?size=512"' in page


def test_every_shape_has_a_rule_in_the_style_sheet(client: TestClient) -> None:
    sheet = client.get("/ui/static/faceforge.ui_assets/assets.css").text
    assert re.findall(r"\.ratio-(\d+) ", sheet) == [str(tenth) for tenth in range(6, 23)]


def test_a_file_leads_to_its_page_with_the_list_it_was_found_in(client: TestClient, upload: Upload) -> None:
    asset_id = upload("lake.png", media_type="image/png")
    page = client.get(f"{PATH}?q=lake&type=picture&sort=name").text
    assert f'href="{PATH}/{asset_id}?q=lake&amp;type=picture&amp;sort=name"' in page


def test_lists_are_paged_by_links_that_work_without_scripts(client: TestClient, upload: Upload) -> None:
    for number in range(61):
        upload(f"{number:02}.jpg")
    first = client.get(PATH)
    assert names(first) == [f"{number:02}.jpg" for number in range(60, 0, -1)]
    [following] = re.findall(r'href="([^"]+)" rel="next"', first.text)
    second = client.get(html.unescape(following))
    assert names(second) == ["00.jpg"]
    assert 'rel="next"' not in second.text
    assert "Back to the first page" in second.text


def test_a_cursor_of_another_list_leads_to_the_beginning(client: TestClient, upload: Upload) -> None:
    upload()
    assert client.get(f"{PATH}?cursor=nonsense&sort=name").headers["location"] == f"{PATH}?sort=name"


def test_every_order_is_served(client: TestClient, upload: Upload) -> None:
    upload("b.mp4", b"four", taken_at="2024-05-01T08:30:00.000", duration_seconds=2.0)
    upload("a.mp4", b"longer", taken_at="2023-05-01T08:30:00.000", duration_seconds=1.0)
    upload("c.bin", b"the longest", media_type="application/zip")
    expected = {
        "newest": "cab",
        "oldest": "bac",
        "taken": "ba",
        "taken-first": "ab",
        "name": "abc",
        "name-down": "cba",
        "largest": "cab",
        "smallest": "bac",
        "longest": "ba",
    }
    shown = {sort: "".join(name[0] for name in names(client.get(f"{PATH}?sort={sort}"))) for sort in SORTS}
    assert shown == expected


# --- Filters ---------------------------------------------------------------------------------------------------------


def test_a_chip_for_each_kind_of_file_narrows_the_list_and_takes_it_back(client: TestClient, upload: Upload) -> None:
    types = {
        "picture": "image/png",
        "video": "video/mp4",
        "audio": "audio/wav",
        "document": "application/pdf",
        "model": "model/stl",
        "archive": "application/zip",
    }
    for group, media_type in types.items():
        upload(group, media_type=media_type)
    upload("other")
    for group in GROUPS:
        page = client.get(f"{PATH}?type={group}")
        assert names(page) == [group]
        label = GROUPS[group].label
        assert (
            f'<a class="chip" href="{PATH}" aria-current="true" aria-label="{label}: remove this filter"' in page.text
        )


CONDITIONS = [
    ("kind=file", "Kind: file", "abc"),
    ("min_size=10", "", "c"),
    ("max_size=9", "", "ab"),
    ("taken_after=2024-06", "Taken from 2024-06", "b"),
    ("taken_before=2024-06", "Taken before 2024-06", "a"),
    ("created_after=2020-01-01", "Added from 2020-01-01", "abc"),
    ("created_before=2020-01-01", "Added before 2020-01-01", ""),
    ("place=true", "With a place", "b"),
    ("place=false", "Without a place", "ac"),
    ("linked=true", "Belongs to an entity", "a"),
    ("linked=false", "Belongs to no entity", "bc"),
    ("shape=portrait", "Portrait", "a"),
]


def test_each_condition_is_a_chip_that_takes_it_back(
    client: TestClient, upload: Upload, entity: Callable[[str], str]
) -> None:
    first = upload("a.jpg", b"aaaa", taken_at="2024-05-01T08:30:00.000", width=3, height=4)
    upload("b.jpg", b"bbbb", taken_at="2024-07-01T08:30:00.000", latitude=48.1, longitude=11.5, width=4, height=3)
    upload("c.pdf", b"c" * 20)
    client.post(f"/v1/entities/{entity('Ada')}/assets/{first}").raise_for_status()
    for query, words, shown in CONDITIONS:
        page = client.get(f"{PATH}?{query}&sort=name")
        assert "".join(name[0] for name in names(page)) == shown, query
        assert f'href="{PATH}?sort=name" aria-current="true" aria-label="{words}' in page.text, query


def test_what_is_asked_for_in_megabytes_becomes_a_plain_address(client: TestClient) -> None:
    answer = client.get(PATH, params={"q": "", "min_mb": "1,5", "max_mb": "", "place": "", "taken_after": "2024-01-01"})
    assert answer.headers["location"] == f"{PATH}?min_size=1500000&taken_after=2024-01-01"
    page = client.get(answer.headers["location"]).text
    assert "At least 1.5 MB" in page
    assert 'value="1.5"' in page


NONSENSE = ["type=nonsense", "min_size=-1", "max_size=many", "taken_after=soon", "created_before=9", "place=perhaps"]
NONSENSE += ["linked=2", "shape=round", "q=%00", "kind=a%00"]


def test_conditions_that_make_no_sense_count_as_not_said(client: TestClient) -> None:
    for query in NONSENSE:
        assert not listing(query).filtered, query
        assert client.get(f"{PATH}?{query}").status_code == 200, query


@pytest.mark.parametrize("amount", ["", "much", "-3", "inf", "nan", "1e400"])
def test_a_size_that_is_no_number_asks_for_nothing_absurd(amount: str) -> None:
    assert listing(f"min_mb={amount}").min_size in {"", "0"}


def test_an_address_says_the_same_again() -> None:
    query = "q=a+b&type=video&kind=scan&min_size=5&taken_after=2024&place=true&linked=false&sort=longest"
    address = listing(query).address()
    assert parse_qsl(address.partition("?")[2]) == parse_qsl(query)
    assert listing(address.partition("?")[2]) == listing(query)


@pytest.mark.parametrize(
    ("query", "countable"),
    [
        ("", True),
        ("q=a", True),
        ("min_size=1&max_size=2", True),
        ("sort=taken&taken_after=2024", True),
        ("q=a&type=picture", False),
        ("linked=false", False),
        ("sort=longest&type=video", False),
    ],
)
def test_a_number_is_shown_where_an_index_knows_it(query: str, *, countable: bool) -> None:
    assert listing(query).countable is countable
    assert listing(query).query().total == ("exact" if countable else "none")


def test_an_order_by_what_not_all_files_have_says_so(client: TestClient, upload: Upload) -> None:
    upload()
    page = client.get(f"{PATH}?sort=taken").text
    assert "Only files that say when they were taken." in page
    assert "No file matches these filters." in page


# --- Many ------------------------------------------------------------------------------------------------------------


def test_chosen_files_go_to_the_trash_together_and_come_back(client: TestClient, upload: Upload) -> None:
    kept, *gone = (upload(name) for name in ("kept", "one", "two"))
    answer = client.post(f"{PATH}/bulk", data={"id": gone, "action": "trash", "query": "sort=name"})
    where = answer.headers["location"]
    assert where.startswith(f"{PATH}?sort=name&notice=many-deleted&undo=")
    page = client.get(where)
    assert names(page) == ["kept"]
    [undo] = re.findall(r'<form method="post" action="(/ui/assets/bulk/[0-9a-f]{64}/undo)', page.text)
    assert client.post(undo).headers["location"] == f"{PATH}?notice=many-restored"
    assert sorted(names(client.get(PATH))) == ["kept", "one", "two"]
    assert client.post(undo).headers["location"] == f"{PATH}?notice=not-restored"
    assert client.get(f"/v1/assets/{kept}").status_code == 200


def test_all_that_a_filter_finds_is_meant_by_one_box(client: TestClient, upload: Upload) -> None:
    for number in range(3):
        upload(f"{number}.pdf", media_type="application/pdf")
    upload("stays.png", media_type="image/png")
    form = {"all": "1", "action": "trash", "query": "type=document"}
    assert "many-deleted" in client.post(f"{PATH}/bulk", data=form).headers["location"]
    assert names(client.get(PATH)) == ["stays.png"]


def test_files_are_attached_to_the_entity_whose_name_is_typed(
    client: TestClient, upload: Upload, entity: Callable[[str], str]
) -> None:
    ada, ids = entity("Ada Lovelace"), [upload(), upload()]
    entity("Ada Byron King")
    form = {"ids": " ".join(ids), "action": "attach", "name": "ada lovelace", "name-id": "", "query": ""}
    assert client.post(f"{PATH}/bulk", data=form).headers["location"] == f"{PATH}?notice=many-linked"
    linked = client.get(f"/v1/entities/{ada}/assets").json()["data"]["items"]
    assert {one["asset_id"] for one in linked} == set(ids)


def test_a_name_that_several_have_is_asked_about(
    client: TestClient, upload: Upload, entity: Callable[[str], str]
) -> None:
    ada, _other, ids = entity("Ada <Lovelace>"), entity("Ada Byron"), [upload(), upload()]
    form = {"ids": " ".join(ids), "action": "attach", "name": "ada", "query": "sort=name"}
    page = client.post(f"{PATH}/bulk", data=form)
    assert page.status_code == 422
    assert "2 files are to be attached." in page.text
    assert "Ada &lt;Lovelace&gt;" in page.text
    assert "Ada Byron" in page.text
    again = {"action": "attach", "ids": " ".join(ids), "query": "sort=name", "name": "ada", "name-id": ada}
    assert client.post(f"{PATH}/bulk", data=again).headers["location"] == f"{PATH}?sort=name&notice=many-linked"


def test_a_name_that_nobody_has_is_told(client: TestClient, upload: Upload) -> None:
    asset_id = upload()
    for name, problem in (("", "Write the name"), ("nobody", "No entity"), ("\0", "No entity")):
        page = client.post(f"{PATH}/bulk", data={"id": asset_id, "action": "attach", "name": name})
        assert (page.status_code, problem in page.text) == (422, True), name


def test_choosing_nothing_is_told(client: TestClient) -> None:
    answer = client.post(f"{PATH}/bulk", data={"action": "trash", "query": "q=x"})
    assert answer.headers["location"] == f"{PATH}?q=x&notice=nothing-chosen"


def test_more_than_can_be_changed_at_once_is_refused() -> None:
    wish = Selection(Listing(), tuple(f"{n:064x}" for n in range(5)), all=False, action="trash", most=3)
    assert len(found(None, wish)) == 4  # type: ignore[arg-type]  # chosen ids ask nobody
    assert Selection.posted(FormData([("ids", "a b a"), ("id", "c")])).ids == ("c", "a", "b")


# --- Trash -----------------------------------------------------------------------------------------------------------


def test_the_trash_lists_files_and_brings_one_back(client: TestClient, upload: Upload) -> None:
    asset_id = upload("gone.txt")
    client.delete(f"/v1/assets/{asset_id}").raise_for_status()
    page = client.get(f"{PATH}/trash").text
    assert "gone.txt" in page
    answer = client.post(f"{PATH}/{asset_id}/restore")
    assert answer.headers["location"] == f"{PATH}/{asset_id}?notice=restored"
    assert client.post(f"{PATH}/{asset_id}/restore").headers["location"] == f"{PATH}/trash?notice=gone"
    assert "The trash is empty." in client.get(f"{PATH}/trash").text
    assert client.get(f"{PATH}/trash?cursor=nonsense").headers["location"] == f"{PATH}/trash"


# --- Words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asset", "word"),
    [
        (made("a.jpeg", "image/jpeg"), "JPEG"),
        (made("archive.tar.gz"), "GZ"),
        (made("no ending", media_type="application/vnd.ms-excel"), "MS-EXCEL"[:8].rpartition(".")[2]),
        (made("a.verylongending", media_type="text/x-python"), "PYTHON"),
        (made("drawing", media_type="image/svg+xml"), "SVG"),
        (made(None), ""),
        (made("v1.0 final", "application/octet-stream"), ""),
    ],
)
def test_a_type_is_said_in_a_word(asset: Asset, word: str) -> None:
    assert type_word(asset) == word


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, ""), (0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3600, "1:00:00"), (1e12, "")]
)
def test_lengths_are_shown_as_players_do(seconds: float | None, shown: str) -> None:
    assert clock(seconds) == shown


def test_only_own_notices_are_shown() -> None:
    texts = FakeTexts()
    assert notice_of(texts, {"notice": "made up"}) is None
    shown = notice_of(texts, {"notice": "unlinked", "undo": "b" * 64, "role": "voice"}, "a" * 64, "q=x")
    assert shown is not None
    assert (shown.undo, shown.role) == (f"{PATH}/{'a' * 64}/owners/{'b' * 64}/link?q=x", "voice")
    elsewhere = notice_of(texts, {"notice": "deleted", "undo": "//evil"})
    assert elsewhere is not None
    assert elsewhere.undo is None
