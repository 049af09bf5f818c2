"""The page of one asset: shown large, its neighbours, what is known of it, where it lies, whom it belongs to."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.ui_assets.facts import rows_of
from faceforge_builtins.ui_assets.listing import PATH
from faceforge_builtins.ui_assets.metadata import MOST_ROWS, Metadata
from faceforge_builtins.ui_assets.stage import TEXT_BYTES
from faceforge_sdk.models import AssetFacts
from faceforge_sdk.protocols import Reading
from faceforge_sdk.testing import FakeAssets
from faceforge_sdk.testing.house import FakeTexts

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore
    from faceforge_sdk.models import Asset

    Upload = Callable[..., str]

NO_ID = "0" * 64


@pytest.fixture
def upload(faceforge: RunningCore, client: TestClient) -> Upload:
    """Stores a file that nobody reads, and notes what it is to say of itself."""
    faceforge.kernel.plugins.disable("faceforge.ingest")

    def store(name: str, content: bytes, said: str = "application/octet-stream", **facts: Any) -> str:
        answer = client.post("/v1/assets/upload", files={"file": (name, content, said)})
        asset_id = str(answer.raise_for_status().json()["data"]["asset_id"])
        if facts:
            faceforge.kernel.services.assets.record([Reading(asset_id, AssetFacts(**facts))])
        return asset_id

    return store


@pytest.fixture
def entity(client: TestClient) -> Callable[..., str]:
    def make(name: str, *assets: str, role: str | None = None) -> str:
        answer = client.post("/v1/entities", json={"display_name": name})
        entity_id = str(answer.raise_for_status().json()["data"]["entity_id"])
        for asset_id in assets:
            client.post(f"/v1/entities/{entity_id}/assets/{asset_id}", json={"role": role}).raise_for_status()
        return entity_id

    return make


def steps(page: Any) -> dict[str, str]:
    return {rel: html.unescape(address) for address, rel in re.findall(r'href="([^"]+)" rel="(prev|next)"', page.text)}


def described(**values: Any) -> Asset:
    """An asset, with `entries` as its metadata."""
    entries = values.pop("entries", None)
    meta = {} if entries is None else {"metadata": entries}
    return FakeAssets().add(b"x").model_copy(update={"meta": meta, **values})


# --- The stage -------------------------------------------------------------------------------------------------------


def test_each_kind_of_file_is_shown_as_it_can_be(client: TestClient, upload: Upload) -> None:
    picture = client.get(f"{PATH}/{upload('a.png', b'p', media_type='image/png', width=40, height=30)}").text
    assert 'data-width="40" data-height="30" data-original="/v1/assets/' in picture
    assert "thumbnail?size=1024" in picture
    raw = client.get(f"{PATH}/{upload('a.heic', b'h', media_type='image/heic')}").text
    assert "data-original" not in raw
    gif = client.get(f"{PATH}/{upload('a.gif', b'g', media_type='image/gif')}").text
    assert re.search(r'<img src="/v1/assets/\w+/download"', gif)
    film = client.get(f"{PATH}/{upload('a.mp4', b'v', media_type='video/mp4')}").text
    assert re.search(r'<video [^>]*src="/v1/assets/\w+/download"', film)
    sound = client.get(f"{PATH}/{upload('a.wav', b's', media_type='audio/wav')}").text
    assert re.search(r'<audio [^>]*src="/v1/assets/\w+/download"', sound)
    unknown = client.get(f"{PATH}/{upload('a.xyz', b'x')}").text
    assert "This kind of file can’t be shown here." in unknown
    assert '<p class="no-picture-word">XYZ</p>' in unknown


def test_the_beginning_of_a_text_is_shown_and_never_run(client: TestClient, upload: Upload) -> None:
    short = client.get(f"{PATH}/{upload('a.html', b'<script>alert(1)</script>', media_type='text/html')}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in short
    assert "This is the beginning." not in short
    long = "Ä" * TEXT_BYTES
    page = client.get(f"{PATH}/{upload('a.txt', b'x' + long.encode(), media_type='text/plain')}").text
    assert "This is the beginning." in page
    assert re.search(r"<pre [^>]*>\sxÄ+</pre>", page)  # the character that was cut in two is left out
    old = client.get(f"{PATH}/{upload('old.txt', 'Müller'.encode('cp1252'), media_type='text/plain')}").text
    assert "Müller" in old


def test_a_text_whose_bytes_are_gone_still_has_a_page(client: TestClient, upload: Upload, faceforge: Any) -> None:
    asset_id = upload("a.txt", b"words", media_type="text/plain")
    stored = faceforge.kernel.services.storage.local_file(faceforge.kernel.services.assets.get(asset_id))
    Path(stored).unlink()
    page = client.get(f"{PATH}/{asset_id}")
    assert page.status_code == 200
    assert "Missing or not all there" in page.text


def test_what_is_not_there_is_a_404_with_a_page(client: TestClient) -> None:
    page = client.get(f"{PATH}/{NO_ID}", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert "<h1>" in page.text


# --- Neighbours ------------------------------------------------------------------------------------------------------


def test_neighbours_are_those_of_the_list_one_came_from(client: TestClient, upload: Upload) -> None:
    a, b, c, d = (upload(f"{name}.jpg", name.encode(), media_type="image/jpeg") for name in "abcd")
    upload("between.pdf", b"pdf", media_type="application/pdf")
    assert steps(client.get(f"{PATH}/{d}?type=picture")) == {"next": f"{PATH}/{c}?type=picture"}
    page = client.get(f"{PATH}/{b}?type=picture&sort=name")
    query = "type=picture&sort=name"
    assert steps(page) == {"prev": f"{PATH}/{a}?{query}", "next": f"{PATH}/{c}?{query}"}
    assert f'href="{PATH}?{html.escape(query)}" data-viewer-back' in page.text


def test_from_an_entity_one_goes_through_its_files_alone(
    client: TestClient, upload: Upload, entity: Callable[..., str]
) -> None:
    a, other, b = (upload(f"{name}.jpg", name.encode()) for name in "aob")
    ada = entity("Ada & co", a, b)
    page = client.get(f"{PATH}/{b}?entity={ada}")
    assert steps(page) == {"next": f"{PATH}/{a}?entity={ada}"}
    assert f'href="/ui/entities/{ada}?tab=attachments"' in page.text
    assert "<bdi>Ada &amp; co</bdi>" in page.text
    assert steps(client.get(f"{PATH}/{other}?entity={ada}")) == {}
    assert client.get(f"{PATH}/{b}?entity={NO_ID}").status_code == 200


def test_attachments_of_an_entity_lead_to_their_pages(
    client: TestClient, faceforge: RunningCore, upload: Upload, entity: Callable[..., str]
) -> None:
    asset_id = upload("a.txt", b"a")
    ada = entity("Ada", asset_id)
    for tab in ("overview", "attachments"):
        assert f'href="{PATH}/{asset_id}?entity={ada}"' in client.get(f"/ui/entities/{ada}?tab={tab}").text
    assert f'href="{PATH}/{asset_id}"' in client.get("/ui/overview").text
    faceforge.kernel.plugins.disable("faceforge.ui_assets")
    without = client.get(f"/ui/entities/{ada}?tab=attachments").text
    assert PATH not in without
    assert f'href="/v1/assets/{asset_id}/download"' in without


# --- Deleting --------------------------------------------------------------------------------------------------------


def test_behind_a_file_that_is_thrown_away_the_next_one_is_shown(client: TestClient, upload: Upload) -> None:
    a, b, c = (upload(f"{name}.jpg", name.encode()) for name in "abc")
    where = client.post(f"{PATH}/{b}/delete", data={"query": "sort=name"}).headers["location"]
    assert where == f"{PATH}/{c}?sort=name&notice=deleted&undo={b}"
    undo = f"{PATH}/{b}/restore?sort=name"
    assert f'action="{undo}"' in client.get(where).text
    assert client.post(undo).headers["location"] == f"{PATH}/{b}?sort=name&notice=restored"
    last = client.post(f"{PATH}/{c}/delete", data={"query": "sort=name"}).headers["location"]
    assert last.startswith(f"{PATH}/{b}?sort=name")
    for asset_id, follows in ((b, f"{PATH}/{a}?"), (a, f"{PATH}?notice=deleted")):
        assert client.post(f"{PATH}/{asset_id}/delete").headers["location"].startswith(follows)


# --- Entities --------------------------------------------------------------------------------------------------------


def test_entities_are_shown_with_role_and_can_be_left_and_joined_again(
    client: TestClient, upload: Upload, entity: Callable[..., str]
) -> None:
    asset_id = upload("a.png", b"a", media_type="image/png")
    ada = entity("Ada <b>", asset_id, role="portrait & more")
    page = client.get(f"{PATH}/{asset_id}?sort=name").text
    assert "<bdi>Ada &lt;b&gt;</bdi>" in page
    assert "portrait &amp; more" in page
    form = {"query": "sort=name", "role": "portrait & more"}
    where = client.post(f"{PATH}/{asset_id}/owners/{ada}/unlink", data=form).headers["location"]
    assert "notice=unlinked" in where
    left = client.get(where).text
    assert "<bdi>Ada &lt;b&gt;</bdi>" not in left
    [undo] = re.findall(rf'action="({PATH}/{asset_id}/owners/{ada}/link[^"]*)"', left)
    back = client.post(html.unescape(undo), data={"role": "portrait & more"}).headers["location"]
    assert back == f"{PATH}/{asset_id}?sort=name&notice=linked"
    [owner] = client.get(f"/v1/assets/{asset_id}/entities").json()["data"]["items"]
    assert owner["role"] == "portrait & more"


def test_a_picture_becomes_the_cover_of_whom_it_belongs_to(
    client: TestClient, upload: Upload, entity: Callable[..., str]
) -> None:
    asset_id = upload("a.png", b"a", "image/png", media_type="image/png")
    ada = entity("Ada", asset_id)
    where = client.post(f"{PATH}/{asset_id}/owners/{ada}/cover", data={"query": ""}).headers["location"]
    assert where == f"{PATH}/{asset_id}?notice=cover-chosen"
    assert client.get(f"/v1/entities/{ada}").json()["data"]["cover_asset_id"] == asset_id
    page = client.get(where).text
    assert 'title="Cover"' in page
    assert "Use as cover" not in page


def test_a_file_is_attached_by_the_name_of_an_entity_or_asks_who_is_meant(
    client: TestClient, upload: Upload, entity: Callable[..., str]
) -> None:
    asset_id, ada, _byron = upload("a.txt", b"a"), entity("Ada Lovelace"), entity("Ada Byron")
    path = f"{PATH}/{asset_id}/owners"
    asked = client.post(path, data={"name": "Ada", "query": "q=a"})
    assert asked.status_code == 422
    assert "One file is to be attached." in asked.text
    assert f'name="name-id" value="{ada}"' in asked.text
    clear = client.post(path, data={"name": "ADA LOVELACE", "query": "q=a"})
    assert clear.headers["location"] == f"{PATH}/{asset_id}?q=a&notice=linked"
    assert client.post(path, data={"name": "x", "name-id": NO_ID}).status_code == 422


# --- What is known ---------------------------------------------------------------------------------------------------


def test_facts_come_in_words() -> None:
    tags = {"EXIF:Make": "FUJIFILM", "EXIF:Model": "X-T5", "EXIF:LensModel": "XF35mm", "XMP:Model": "another"}
    facts = AssetFacts(
        width=6000,
        height=4000,
        duration_seconds=61.25,
        page_count=3,
        taken_at="2024-05-01T08:30:00.000",
        taken_offset="+02:00",
        latitude=-17.5,
        longitude=179.25,
    )
    asset = described(facts=facts, entries=[{"Source": "ExifTool", "Type": "JsonMetadata", "Name": None, "Data": tags}])
    assert {row.label: (row.text, row.title) for row in rows_of(asset, FakeTexts())} == {
        "Dimensions": ("6,000 × 4,000", "24.0 megapixels"),
        "Duration": ("1:01", "61.25 seconds"),
        "Pages": ("3", ""),
        "Taken": ("2024-05-01 08:30:00 (UTC+02:00)", "By the clock at the place"),
        "Camera": ("FUJIFILM X-T5", ""),
        "Lens": ("XF35mm", ""),
        "Place": ("17.50000° S, 179.25000° E", "Where it was taken, as the file says"),
    }
    assert rows_of(described(), FakeTexts()) == []


def test_metadata_is_grouped_by_who_said_it() -> None:
    exif = {"Source": "ExifTool", "Name": None, "Data": {"EXIF:Make": "X", "File:Size": 3, "EXIF:Lens": [1.5, "a"]}}
    companion = {"Source": "UserSidecar", "Name": "m.json", "Data": {"a": {"b": [1, {"c": None}]}, "t:x": True}}
    shown = Metadata.of(described(entries=[exif, companion])).sources
    assert [(one.name, one.part, [(datum.name, datum.value) for datum in one.data]) for one in shown] == [
        ("ExifTool", "EXIF", [("Make", "X"), ("Lens", "1.5, a")]),
        ("ExifTool", "File", [("Size", "3")]),
        ("UserSidecar", "m.json", [("a › b 1", "1"), ("a › b 2 › c", "null"), ("t:x", "true")]),
    ]


@pytest.mark.parametrize("entries", [None, [], {}, {"a": 1}, "text", [None, 5, {"Data": "plain"}], [{"Data": {}}]])
def test_whatever_an_old_home_holds_is_shown(entries: Any) -> None:
    assert Metadata.of(described(entries=entries)).cut is False


def test_metadata_without_end_is_cut() -> None:
    nested: Any = 1
    for _ in range(100):
        nested = {"deeper": nested}
    many = {"Source": "x", "Name": "y", "Data": {str(n): "v" * 5000 for n in range(MOST_ROWS + 5)}}
    shown = Metadata.of(described(entries=[{"Source": "deep", "Data": nested}, many]))
    assert shown.cut is True
    assert sum(len(one.data) for one in shown.sources) == MOST_ROWS
    assert len(shown.sources[1].data[0].value) < 2010


def test_metadata_is_escaped_and_folded(client: TestClient, upload: Upload, faceforge: RunningCore) -> None:
    asset_id = upload("a.txt", b"a")
    entry = {"Source": "<Test>", "Type": "JsonMetadata", "Name": None, "Data": {"<k>": "<v>"}}
    faceforge.kernel.services.assets.record([Reading(asset_id, AssetFacts(), (entry,))])
    page = client.get(f"{PATH}/{asset_id}").text
    assert "&lt;Test&gt;" in page
    assert '<dd dir="auto">&lt;v&gt;</dd>' in page
    assert '<details class="source" data-source>' in page


# --- Where it lies ---------------------------------------------------------------------------------------------------


def test_a_check_reads_every_byte(client: TestClient, upload: Upload, faceforge: Any) -> None:
    asset_id = upload("a.txt", b"as it was")
    services = faceforge.kernel.services
    stored = Path(services.storage.local_file(services.assets.get(asset_id)))

    def checked() -> str:
        where = client.post(f"{PATH}/{asset_id}/check", data={"query": "q=a"}).headers["location"]
        return str(where.removeprefix(f"{PATH}/{asset_id}?q=a&notice="))

    assert "Local folder" in client.get(f"{PATH}/{asset_id}").text
    assert "All there" in client.get(f"{PATH}/{asset_id}").text
    assert checked() == "whole"
    stored.chmod(0o600)
    stored.write_bytes(b"as it is!")
    assert checked() == "altered"
    stored.unlink()
    assert checked() == "missing"
    assert "Missing or not all there" in client.get(f"{PATH}/{asset_id}").text
