"""The example `palette`: a reader of pictures, a tab and a job."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

EXAMPLE = Path(__file__).parents[2] / "examples" / "palette"
HTML = {"Accept": "text/html"}


def picture(*stripes: str, kind: str = "PNG") -> bytes:
    """Vertical stripes of equal width."""
    image = Image.new("RGB", (40 * len(stripes), 60))
    for number, colour in enumerate(stripes):
        image.paste(Image.new("RGB", (40, 60), colour), (40 * number, 0))
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


@pytest.fixture
def anna(client: Any) -> str:
    return str(client.post("/v1/entities", json={"display_name": "Anna"}).json()["data"]["entity_id"])


@pytest.fixture
def give(client: Any, anna: str) -> Any:
    """Gives Anna a file and returns its asset's id."""

    def upload(content: bytes, filename: str = "flag.png") -> str:
        answer = client.post("/v1/assets/upload", files={"file": (filename, content, "image/png")})
        asset_id = str(answer.json()["data"]["asset_id"])
        client.post(f"/v1/entities/{anna}/assets/{asset_id}")
        return asset_id

    return upload


@pytest.fixture
def colours(client: Any, faceforge: Any) -> Any:
    """The colours of an asset, once they are read."""

    def entry(asset_id: str) -> Any:
        metadata = client.get(f"/v1/assets/{asset_id}").json()["data"]["meta"].get("metadata", [])
        return next((one["Data"]["colours"] for one in metadata if one["Source"] == "Palette"), None)

    return lambda asset_id: faceforge.wait_for(lambda: entry(asset_id))


def test_a_picture_that_comes_in_gets_its_colours(client: Any, install_plugin: Any, give: Any, colours: Any) -> None:
    row = install_plugin(EXAMPLE)
    assert row.contributions == {"EntityPanel": 1, "AssetExtractor": 1, "JobHandler": 1}
    asset_id = give(picture("#c82020", "#c82020", "#2850b8"))

    assert colours(asset_id) == [
        {"code": "#c82020", "share": pytest.approx(0.667, abs=0.02), "name": "red"},
        {"code": "#2850b8", "share": pytest.approx(0.333, abs=0.02), "name": "blue"},
    ]
    found = client.get("/v1/assets", params={"q": "blue"}).json()["data"]["items"]
    assert [one["asset_id"] for one in found] == [asset_id]


def test_the_tab_shows_swatches_and_names(client: Any, install_plugin: Any, give: Any, colours: Any, anna: str) -> None:
    install_plugin(EXAMPLE)
    colours(give(picture("#309030"), "leaf & stem.png"))

    page = client.get(f"/ui/entities/{anna}?tab=example.palette", headers=HTML).text
    assert 'fill="#309030"' in page
    assert "leaf &amp; stem.png" in page
    assert "<span>green</span>" in page
    assert "style=" not in page
    german = client.get(f"/ui/entities/{anna}?tab=example.palette", headers={**HTML, "Accept-Language": "de"}).text
    assert "<span>grün</span>" in german

    client.post("/v1/plugins/example.palette/disable")
    assert "example.palette" not in client.get(f"/ui/entities/{anna}", headers=HTML).text


def test_the_job_reads_what_came_in_before(
    faceforge: Any, client: Any, install_plugin: Any, give: Any, colours: Any, anna: str
) -> None:
    asset_id, broken = give(picture("#000000")), give(picture("#ffffff")[:60], "half.png")
    faceforge.wait_for(
        lambda: all(
            client.get(f"/v1/assets/{one}").json()["data"]["facts"]["media_type"] == "image/png"
            for one in (asset_id, broken)
        )
    )
    install_plugin(EXAMPLE)
    page = client.get(f"/ui/entities/{anna}?tab=example.palette", headers=HTML).text
    assert "2 pictures have not been read yet." in page

    job = faceforge.run_job("example.palette.read")

    assert (job.status, job.result) == ("succeeded", {"seen": 2, "read": 1})
    assert [one["name"] for one in colours(asset_id)] == ["black"]
    [warning] = [line for line in faceforge.kernel.jobs.log(job.job_id).items if line.level == "warning"]
    assert (warning.data, "can't be read" in warning.message) == ({"asset_id": broken}, True)
    assert faceforge.run_job("example.palette.read").result == {"seen": 2, "read": 0}
    assert faceforge.run_job("example.palette.read", {"again": True}).result == {"seen": 2, "read": 1}


def test_the_number_of_colours_can_be_configured(
    faceforge: Any, client: Any, install_plugin: Any, give: Any, colours: Any
) -> None:
    install_plugin(EXAMPLE)
    address = "/v1/plugins/example.palette/config"
    assert client.put(address, json={"config": {"colours": 1}}).status_code == 422
    client.put(address, json={"config": {"colours": 2}})
    assert len(colours(give(picture("red", "green", "blue", "yellow", "white", kind="GIF")))) == 2


def test_a_wall_of_pixels_is_not_decoded(faceforge: Any, install_plugin: Any, give: Any) -> None:
    """A whole picture of 81 megapixels in ten kilobytes: its header is enough to leave it."""
    wall = io.BytesIO()
    Image.new("1", (9000, 9000)).save(wall, "PNG")
    give(wall.getvalue(), "wall.png")
    asset_id = give(picture("#000000"))
    faceforge.wait_for(lambda: faceforge.kernel.services.assets.get(asset_id).facts.media_type)
    install_plugin(EXAMPLE)
    assert faceforge.run_job("example.palette.read").result == {"seen": 2, "read": 1}
