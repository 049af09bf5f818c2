"""Thumbnails on a real Core: made after an upload, served, and never in anybody's way."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from faceforge_builtins.thumbnails.cache import SIZES, ThumbnailCache
from faceforge_builtins.thumbnails.events import follow_assets
from faceforge_builtins.thumbnails.jobs import RenderInput, render_job
from faceforge_sdk import Thumbnailer
from faceforge_sdk.testing import FakeAssets, FakeEvents, FakeJobContext, FakeJobs, FakePlugins, fake_context

if TYPE_CHECKING:
    from starlette.testclient import TestClient

PHOTO = Path(__file__).parents[1] / "fixtures" / "grace_hopper.jpg"
PLUGIN = """
from faceforge_sdk import Thumbnailer, hookimpl
from faceforge_sdk.errors import InvalidInput

def render(source, size):
    if source.read_bytes() == b"bad":
        raise InvalidInput("not a drawing")
    if source.read_bytes() == b"crash":
        raise RuntimeError("boom")
    from PIL import Image
    import io
    out = io.BytesIO()
    Image.new("RGB", (size, size), "green").save(out, "WEBP")
    return out.getvalue()

@hookimpl
def register_thumbnailers(ctx):
    return [Thumbnailer("drawings", ("application/x-drawing",), render)]
"""


def upload(client: TestClient, content: bytes, name: str, mime_type: str) -> str:
    answer = client.post("/v1/assets/upload", files={"file": (name, content, mime_type)})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["data"]["asset_id"])


def thumbnail(faceforge: Any, asset_id: str, size: int = 256) -> Any:
    def ask() -> Any:
        answer = faceforge.client.get(f"/v1/assets/{asset_id}/thumbnail", params={"size": size})
        return answer if answer.status_code == 200 else None

    return faceforge.wait_for(ask)


@pytest.fixture
def alone(faceforge: Any) -> None:
    """Nobody reads what the files are, which would have them pictured, where they are not, at a moment of its own."""
    faceforge.kernel.plugins.disable("faceforge.ingest")


@pytest.fixture
def drawings(tmp_path: Path, install_plugin: Any) -> None:
    folder = tmp_path / "drawings"
    folder.mkdir()
    (folder / "plugin.json").write_text(
        '{"id": "demo.drawings", "name": "Drawings", "api_version": 1, "entrypoints": {"python": "plugin"}}'
    )
    (folder / "plugin.py").write_text(PLUGIN)
    install_plugin(folder)


def test_an_uploaded_photo_gets_thumbnails_in_three_sizes(faceforge: Any, client: TestClient) -> None:
    asset_id = upload(client, PHOTO.read_bytes(), "grace.jpg", "image/jpeg")
    for size in (256, 512, 1024):
        answer = thumbnail(faceforge, asset_id, size)
        assert answer.headers["content-type"] == "image/webp"
        assert max(Image.open(io.BytesIO(answer.content)).size) <= size


def test_a_thumbnail_is_cached_by_the_browser(faceforge: Any, client: TestClient) -> None:
    asset_id = upload(client, PHOTO.read_bytes(), "grace.jpg", "image/jpeg")
    etag = thumbnail(faceforge, asset_id).headers["etag"]
    again = client.get(f"/v1/assets/{asset_id}/thumbnail", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_that_is_no_picture_has_none_and_stays_a_file(faceforge: Any, client: TestClient) -> None:
    asset_id = upload(client, b"\xff\xd8\xff\xe0 not a photo", "broken.jpg", "image/jpeg")
    job = faceforge.run_job("thumbnails.render", {"asset_ids": [asset_id]})
    assert (job.status, job.result) == ("succeeded", {"rendered": 0, "refused": 1})
    assert "can't be read" in " ".join(line.message for line in faceforge.kernel.jobs.log(job.job_id).items)
    assert client.get(f"/v1/assets/{asset_id}/thumbnail").status_code == 204
    assert client.get(f"/v1/assets/{asset_id}/download").content == b"\xff\xd8\xff\xe0 not a photo"


def test_a_text_that_is_called_a_picture_is_no_picture(faceforge: Any, client: TestClient) -> None:
    asset_id = upload(client, b"<!doctype html><p>Hello", "holiday.jpg", "image/jpeg")
    faceforge.wait_for(lambda: client.get(f"/v1/assets/{asset_id}/thumbnail").status_code == 404)


@pytest.mark.parametrize("size", ["0", "100", "-1", "256.5", "x", ""])
def test_only_the_three_sizes_exist(client: TestClient, size: str) -> None:
    assert client.get(f"/v1/assets/{'0' * 64}/thumbnail", params={"size": size}).status_code == 422


def test_a_picture_that_is_not_there_yet_is_no_error_and_one_of_no_known_format_is(
    faceforge: Any, client: TestClient, alone: None
) -> None:
    asset_id = upload(client, PHOTO.read_bytes(), "grace.jpg", "image/jpeg")
    thumbnail(faceforge, asset_id)
    for file in (faceforge.home / "plugin_data" / "faceforge.thumbnails").rglob("*.webp"):
        file.unlink()
    waiting = client.get(f"/v1/assets/{asset_id}/thumbnail")
    assert (waiting.status_code, waiting.headers["retry-after"]) == (202, "2")
    text = upload(client, b"just text", "a.txt", "text/plain")
    assert client.get(f"/v1/assets/{text}/thumbnail").status_code == 404


def test_a_trashed_asset_shows_no_thumbnail(faceforge: Any, client: TestClient) -> None:
    asset_id = upload(client, PHOTO.read_bytes(), "grace.jpg", "image/jpeg")
    thumbnail(faceforge, asset_id)
    client.delete(f"/v1/assets/{asset_id}")
    assert client.get(f"/v1/assets/{asset_id}/thumbnail").status_code == 404


def test_register_thumbnailers_lets_a_plugin_picture_its_own_format(
    faceforge: Any, client: TestClient, drawings: None
) -> None:
    asset_id = upload(client, b"a drawing", "a.drw", "application/x-drawing")
    assert Image.open(io.BytesIO(thumbnail(faceforge, asset_id).content)).size == (256, 256)


def test_a_plugin_that_refuses_a_file_stays_trusted_and_one_that_crashes_fails_the_job(
    faceforge: Any, client: TestClient, drawings: None, alone: None
) -> None:
    bad = upload(client, b"bad", "bad.drw", "application/x-drawing")
    assert faceforge.run_job("thumbnails.render", {"asset_ids": [bad]}).status == "succeeded"
    crash, good = (upload(client, text, "a.drw", "application/x-drawing") for text in (b"crash", b"good"))
    job = faceforge.run_job("thumbnails.render", {"asset_ids": [crash, good], "again": True})
    assert job.status == "failed"
    assert "demo.drawings" in job.error.message
    assert client.get(f"/v1/assets/{good}/thumbnail").status_code == 200


def test_a_type_changed_later_is_pictured_then(faceforge: Any, client: TestClient) -> None:
    asset_id = upload(client, PHOTO.read_bytes(), "grace", "application/octet-stream")
    client.patch(f"/v1/assets/{asset_id}", json={"mime_type": "image/jpeg"})
    thumbnail(faceforge, asset_id)


def test_the_cache_may_be_deleted_and_is_made_again(faceforge: Any, client: TestClient, alone: None) -> None:
    asset_id = upload(client, PHOTO.read_bytes(), "grace.jpg", "image/jpeg")
    thumbnail(faceforge, asset_id)
    for file in (faceforge.home / "plugin_data" / "faceforge.thumbnails").rglob("*.webp"):
        file.unlink()
    assert faceforge.run_job("thumbnails.render").result == {"rendered": 1, "refused": 0}
    assert client.get(f"/v1/assets/{asset_id}/thumbnail").status_code == 200


def test_a_job_that_the_version_before_queued_still_runs(faceforge: Any, client: TestClient, alone: None) -> None:
    asset_id, other = (upload(client, PHOTO.read_bytes() + more, "a.jpg", "image/jpeg") for more in (b"", b"more"))
    for one in (asset_id, other):
        thumbnail(faceforge, one)
    for file in pictures(faceforge):
        file.unlink()
    assert faceforge.run_job("thumbnails.render", {"asset_id": asset_id}).result == {"rendered": 1, "refused": 0}
    assert client.get(f"/v1/assets/{asset_id}/thumbnail").status_code == 200
    assert client.get(f"/v1/assets/{other}/thumbnail").status_code == 202


def test_all_pictures_are_made_again_when_asked(faceforge: Any, client: TestClient, alone: None) -> None:
    photos = [upload(client, PHOTO.read_bytes() + bytes([n]), f"{n}.jpg", "image/jpeg") for n in range(3)]
    gone = upload(client, PHOTO.read_bytes() + b"gone", "gone.jpg", "image/jpeg")
    upload(client, b"text", "a.txt", "text/plain")
    for one in (*photos, gone):
        thumbnail(faceforge, one)
    client.delete(f"/v1/assets/{gone}")
    for file in pictures(faceforge):
        file.write_bytes(b"spoilt")
    assert faceforge.run_job("thumbnails.render", {"asset_ids": None}).result == {"rendered": 0, "refused": 0}
    job = faceforge.run_job("thumbnails.render", {"asset_ids": None, "again": True})
    assert job.progress_step == "4 of 4 files"
    assert job.result == {"rendered": 3, "refused": 0}
    assert {client.get(f"/v1/assets/{one}/thumbnail").content[:4] for one in photos} == {b"RIFF"}


def test_a_job_names_at_most_500_assets(client: TestClient) -> None:
    asked = {"job_type": "thumbnails.render", "input": {"asset_ids": ["x"] * 501}}
    assert client.post("/v1/jobs", json=asked).status_code == 422


def test_what_comes_together_is_one_job_and_what_changes_no_type_is_none(tmp_path: Path) -> None:
    ctx, cache = fake_context(data_dir=tmp_path / "data"), ThumbnailCache(tmp_path / "cache")
    assert isinstance(ctx.assets, FakeAssets)
    assert isinstance(ctx.plugins, FakePlugins)
    assert isinstance(ctx.jobs, FakeJobs)
    assert isinstance(ctx.events, FakeEvents)
    ctx.plugins.contribute("demo", Thumbnailer("pictures", ("image/*",), lambda *_: b""))
    one, other, there = (ctx.assets.add(text, mime_type="image/png").asset_id for text in (b"1", b"2", b"3"))
    text = ctx.assets.add(b"4", mime_type="text/plain").asset_id
    for size in SIZES:
        cache.write(there, size, b"picture")
    tell = ctx.events.tell
    told = [tell("asset.stored", asset_id) for asset_id in (one, other, there, text, "gone")]
    told += [
        tell("asset.purged", other),
        tell("asset.stored", other),
        tell("asset.updated", one, {"changed": ["facts"]}),
    ]
    follow = follow_assets(ctx, cache)
    follow(told)
    follow(told)  # as after a crash
    assert [job.input for job in ctx.jobs.queued] == [{"asset_ids": [one, other]}]
    follow([tell("asset.updated", one, {"changed": ["filename"]}), tell("asset.linked", one)])
    assert len(ctx.jobs.queued) == 1


def pictures(faceforge: Any) -> list[Path]:
    return [*(faceforge.home / "plugin_data" / "faceforge.thumbnails").rglob("*.webp")]


def test_an_asset_that_is_gone_for_good_leaves_no_picture(faceforge: Any, client: TestClient, alone: None) -> None:
    asset_id = upload(client, PHOTO.read_bytes(), "grace.jpg", "image/jpeg")
    refused = upload(client, b"no photo", "broken.jpg", "image/jpeg")
    thumbnail(faceforge, asset_id)
    faceforge.wait_for(lambda: len(pictures(faceforge)) == 4)  # three sizes, and the note on the other file
    for one in (asset_id, refused):
        client.delete(f"/v1/assets/{one}")
        assert client.delete(f"/v1/trash/assets/{one}").status_code == 200
    faceforge.wait_for(lambda: not pictures(faceforge))
    again = upload(client, PHOTO.read_bytes(), "grace.jpg", "image/jpeg")
    thumbnail(faceforge, again)


def test_an_asset_that_goes_while_it_is_being_pictured_leaves_no_picture(tmp_path: Path) -> None:
    ctx, cache = fake_context(data_dir=tmp_path / "data"), ThumbnailCache(tmp_path / "cache")
    assert isinstance(ctx.assets, FakeAssets)
    assert isinstance(ctx.plugins, FakePlugins)
    asset = ctx.assets.add(PHOTO.read_bytes(), mime_type="image/jpeg")

    def render(source: Path, size: int) -> bytes:
        out = io.BytesIO()
        Image.open(source).resize((size, size)).save(out, "WEBP")
        ctx.assets.delete(asset.asset_id)
        return out.getvalue()

    ctx.plugins.contribute("demo", Thumbnailer("vanishing", ("image/*",), render))
    render_job(ctx, cache)(FakeJobContext(RenderInput(asset_ids=[asset.asset_id])))
    assert not [*(tmp_path / "cache").rglob("*.webp")]
