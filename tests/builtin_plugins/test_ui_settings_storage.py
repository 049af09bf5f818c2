"""The page of storage over HTTP: places, rules, the S3 server and its test, SeaweedFS, and moving files."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from starlette.testclient import TestClient

    from faceforge_core.testing import RunningCore

PATH = "/ui/settings/storage"
SECRET = "a-secret-that-nobody-shows"
CELLAR = """
import shutil
from faceforge_sdk import hookimpl
from faceforge_sdk.files import FileReader


class Cellar:
    name = "cellar"

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def key_for(self, content_hash):
        return content_hash

    def put(self, key, source, content_hash, byte_size):
        shutil.copy(source, self.folder / key)

    def open(self, key, start, end):
        return FileReader(self.folder / key, start, end)

    def stat(self, key):
        path = self.folder / key
        return path.stat().st_size if path.exists() else None

    def local_path(self, key):
        return None

    def delete(self, key):
        (self.folder / key).unlink(missing_ok=True)

    def available(self):
        return True


@hookimpl
def register_storage_providers(ctx):
    return [Cellar(ctx.data_dir)]
"""


@pytest.fixture
def cellar(faceforge: RunningCore, tmp_path: Path) -> str:
    """A plugin that keeps files elsewhere."""
    folder = tmp_path / "cellar"
    folder.mkdir()
    manifest = {"id": "cellar", "name": "Cellar", "api_version": 1, "entrypoints": {"python": "plugin"}}
    (folder / "plugin.json").write_text(json.dumps(manifest))
    (folder / "plugin.py").write_text(CELLAR)
    return faceforge.install_plugin(folder).plugin_id


def text_of(page: str) -> str:
    main = page.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def show(client: TestClient) -> str:
    answer = client.get(PATH, headers={"Accept": "text/html"})
    assert answer.status_code == 200, answer.text
    return text_of(answer.text)


def post(client: TestClient, path: str, status: int = 303, **form: Any) -> Any:
    answer = client.post(f"{PATH}/{path}", data=form)
    assert answer.status_code == status, answer.text
    return answer


def upload(client: TestClient, content: bytes = b"content", kind: str = "file") -> None:
    sent = {"file": (f"{content.hex()}.txt", content, "text/plain")}
    client.post("/v1/assets/upload", params={"kind": kind}, files=sent).raise_for_status()


def core_json(core: RunningCore) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((core.home / "config" / "core.json").read_text())
    return found


def test_each_place_says_what_it_holds_and_how_much_room_there_is(client: TestClient, cellar: str) -> None:
    upload(client)
    page = show(client)
    assert "7 bytes 1 file" in page
    assert re.search(r"on this disk are free", page)
    assert "Cellar 0 bytes 0 files" in page


def test_a_place_that_can_not_be_reached_says_why(
    faceforge: RunningCore, client: TestClient, cellar: str, find_free_ports: Callable[[int], list[int]]
) -> None:
    upload(client, kind="wine")
    post(client, "move", to="cellar", confirm="1")
    faceforge.wait_for(lambda: "Cellar 7 bytes" in show(client))
    faceforge.kernel.plugins.disable(cellar)
    assert "Cellar 7 bytes 1 file No active plugin keeps files there" in show(client)
    url = f"http://127.0.0.1:{find_free_ports(1)[0]}"
    post(client, "s3", enabled="1", endpoint_url=url, bucket="faceforge", region="us-east-1")
    assert "S3 can't be used at the moment: it does not answer" in show(client)


def test_rules_are_read_and_written_and_count_at_once(faceforge: RunningCore, client: TestClient, cellar: str) -> None:
    rules = {"kind-0": "wine", "place-0": "cellar", "kind-3": "", "place-3": "fs", "large": "1.5", "default": "fs"}
    post(client, "routing", **rules)
    assert core_json(faceforge)["storage"]["routing"] == {
        "default_provider": "fs", "kind_map": {"wine": "cellar"}, "s3_min_size_bytes": 1_500_000,
    }  # fmt: skip
    page = client.get(PATH).text
    assert 'name="kind-0" value="wine"' in page
    assert 'name="large" value="1.5"' in page
    upload(client, b"red", kind="wine")
    assert "Cellar 3 bytes 1 file" in show(client)


def test_rules_are_added_and_removed_without_scripts_and_wrong_ones_are_refused(
    faceforge: RunningCore, client: TestClient
) -> None:
    typed = {"kind-0": "a", "place-0": "fs", "kind-1": "b", "place-1": "fs", "default": "fs"}
    page = post(client, "routing", 200, **typed, more="1").text.split("<template")[0]
    assert re.findall(r'name="kind-\d" value="([^"]*)"', page) == ["a", "b", ""]
    page = post(client, "routing", 200, **typed, remove="0").text
    assert re.findall(r'name="kind-\d" value="([^"]*)"', page) == ["b"]
    assert "A kind stands here twice." in post(client, "routing", 422, **typed | {"kind-1": "a"}).text
    assert "Write a number of megabytes" in post(client, "routing", 422, **typed, large="many").text
    assert core_json(faceforge).get("storage", {}).get("routing", {}).get("kind_map", {}) == {}


def test_the_keys_of_s3_are_kept_and_never_shown(faceforge: RunningCore, client: TestClient) -> None:
    typed = {"endpoint_url": "http://127.0.0.1:9", "bucket": "mine", "region": "us-east-1"}
    assert "No keys are set." in show(client)
    post(client, "s3", **typed, access_key=SECRET, secret_key=SECRET)
    assert core_json(faceforge)["storage"]["s3"]["secret_key"] == SECRET
    page = client.get(PATH).text
    assert SECRET not in page
    assert "Both keys are set and are never shown." in text_of(page)
    post(client, "s3", **typed | {"bucket": "other"})
    assert core_json(faceforge)["storage"]["s3"]["secret_key"] == SECRET
    post(client, "s3", **typed, forget="1")
    assert not core_json(faceforge)["storage"]["s3"].get("secret_key")
    assert "No keys are set." in show(client)


def test_what_is_wrong_with_the_server_is_said_at_its_field(faceforge: RunningCore, client: TestClient) -> None:
    answer = post(client, "s3", 422, endpoint_url="ftp://x", bucket="!", region="", secret_key=SECRET)
    problems = dict(re.findall(r'id="(\w+)-problem"[^>]*>([^<]*)<', answer.text))
    assert problems["endpoint_url"] == "Write an address like http://127.0.0.1:8333."
    assert problems["bucket"].startswith("The name of a bucket has letters")
    assert problems["region"] == "Write a region, such as us-east-1."
    assert SECRET not in answer.text
    assert "s3" not in core_json(faceforge).get("storage", {})


def test_a_connection_is_tried_before_anything_is_saved(
    faceforge: RunningCore, client: TestClient, find_free_ports: Callable[[int], list[int]]
) -> None:
    url = f"http://127.0.0.1:{find_free_ports(1)[0]}"
    typed = {"endpoint_url": url, "bucket": "faceforge", "region": "us-east-1", "secret_key": SECRET}
    answer = post(client, "s3", 200, **typed, test="1")
    assert f"Nobody answers at {url}. See that the server runs, and that host and port are right." in text_of(
        answer.text
    )
    assert f'value="{url}"' in answer.text
    assert SECRET not in answer.text
    assert "s3" not in core_json(faceforge).get("storage", {})


def test_seaweedfs_is_switched_by_a_button(faceforge: RunningCore, client: TestClient) -> None:
    assert "It is switched off. Run SeaweedFS" in show(client)
    place = post(client, "seaweed", run="1").headers["location"]
    assert "SeaweedFS is being started." in client.get(place).text
    assert core_json(faceforge)["seaweed"]["enabled"] is True
    page = show(client)
    assert "It does not answer yet." in page
    assert "No file goes there as long as “Keep files there” above is not ticked." in page
    post(client, "seaweed")
    assert "It is switched off." in show(client)


def test_a_move_is_counted_then_made_by_a_job(faceforge: RunningCore, client: TestClient, cellar: str) -> None:
    upload(client, b"red", kind="wine")
    upload(client, b"other")
    counted = text_of(post(client, "move", 200, to="cellar", kind="wine").text)
    assert "1 file with 3 bytes would go to Cellar. Move 1 file" in counted
    assert "Cellar 0 bytes" in counted
    place = post(client, "move", to="cellar", kind="wine", confirm="1").headers["location"]
    assert place.startswith("/ui/jobs/")
    faceforge.wait_for(lambda: "Cellar 3 bytes 1 file" in show(client))
    assert "There is nothing to move" in text_of(post(client, "move", 200, to="cellar", kind="wine").text)
    assert "Choose two different places." in post(client, "move", 422, to="fs", source="fs").text
    assert "no active plugin keeps files in this place" in post(client, "move", 422, to="moon").text


def test_what_is_switched_off_is_left_out_and_nothing_breaks(faceforge: RunningCore, client: TestClient) -> None:
    for plugin in ("storage_s3", "storage_routing", "seaweedfs", "storage_api", "ui_jobs"):
        faceforge.kernel.plugins.disable(f"faceforge.{plugin}")
    page = show(client)
    assert "This computer" in page
    for gone in ("S3 server", "Where new files go", "SeaweedFS", "Move files"):
        assert gone not in page
