"""The example `zip_storage`: the contract of providers, and files that go in and come out through Core."""

from __future__ import annotations

import importlib.util
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.testing.providers import PROVIDER_CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLE = Path(__file__).parents[2] / "examples" / "zip_storage"
NOTE = b"milk, bread, and a book about lighthouses\n" * 200


@pytest.fixture(scope="module")
def provider_class() -> Iterator[Any]:
    """The provider, imported as Core does: as part of a package of its own."""
    spec = importlib.util.spec_from_file_location(
        "zip_storage_example", EXAMPLE / "plugin.py", submodule_search_locations=[str(EXAMPLE)]
    )
    assert spec is not None
    assert spec.loader is not None
    package = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    yield package.ZipProvider
    for name in [name for name in sys.modules if name.partition(".")[0] == spec.name]:
        del sys.modules[name]


@pytest.fixture
def provider(provider_class: Any, tmp_path: Path) -> Any:
    return provider_class(tmp_path / "archives")


@pytest.fixture
def put(provider: Any, tmp_path: Path) -> Any:
    """Puts bytes under any hash, and gives their key."""

    def store(content: bytes, content_hash: str) -> str:
        source = tmp_path / "source.part"
        source.write_bytes(content)
        key = str(provider.key_for(content_hash))
        provider.put(key, source, content_hash, len(content))
        return key

    return store


@pytest.mark.parametrize("check", PROVIDER_CHECKS, ids=lambda check: check.__name__)
def test_it_is_a_storage_provider(check: Callable[..., None], provider_class: Any, tmp_path: Path) -> None:
    check(lambda: provider_class(tmp_path / "archives"), tmp_path)


def test_files_of_one_archive_come_and_go_alone(provider: Any, put: Any, tmp_path: Path) -> None:
    keys = [put(str(number).encode(), f"ab{number:062x}") for number in range(5)]
    with zipfile.ZipFile(tmp_path / "archives" / "ab.zip") as archive:
        assert sorted(archive.namelist()) == sorted(key.partition("/")[2] for key in keys)
        assert archive.testzip() is None
    provider.delete(keys[2])
    assert [provider.stat(key) for key in keys] == [1, 1, None, 1, 1]
    for key in keys:
        provider.delete(key)
    assert list((tmp_path / "archives").iterdir()) == []


def test_what_a_crash_leaves_harms_nothing(provider: Any, put: Any, tmp_path: Path) -> None:
    key = put(b"first", "ab" * 32)
    (tmp_path / "archives" / "ab.new").write_bytes(b"half an archive")
    assert provider.open(key, 0, 5).read(5) == b"first"
    put(b"second", "ab" + "0" * 62)
    assert provider.open(key, 0, 5).read(5) == b"first"


@pytest.mark.parametrize("damage", ["flipped", "cut"])
def test_a_damaged_archive_is_said_before_the_first_byte(provider: Any, put: Any, tmp_path: Path, damage: str) -> None:
    key = put(NOTE, "ab" * 32)
    path = tmp_path / "archives" / "ab.zip"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content if damage == "flipped" else content[:50])
    with pytest.raises(IntegrityError):
        provider.open(key, 0, len(NOTE))


@pytest.mark.parametrize("key", ["../core.json", "ab.zip/../x", "ab.zip/" + "a" * 63, "zz.zip/" + "a" * 64, ""])
def test_a_key_never_leads_elsewhere(provider: Any, key: str) -> None:
    with pytest.raises(IntegrityError):
        provider.open(key, 0, 1)


@pytest.fixture
def upload(client: Any) -> Any:
    """Uploads a file of a kind and returns the asset."""

    def send(content: bytes, kind: str) -> dict[str, Any]:
        files = {"file": ("note.txt", content, "text/plain")}
        answer = client.post("/v1/assets/upload", params={"kind": kind}, files=files)
        asset: dict[str, Any] = answer.json()["data"]
        return asset

    return send


def test_notes_are_packed_and_read_as_ever(faceforge: Any, client: Any, install_plugin: Any, upload: Any) -> None:
    install_plugin(EXAMPLE)
    note, other = upload(NOTE, "note"), upload(b"something else", "file")
    assert (note["storage_provider"], other["storage_provider"]) == ("zip", "fs")
    archives = faceforge.kernel.home.plugin_data_dir / "example.zip_storage" / "archives"
    [path] = archives.iterdir()
    assert path.stat().st_size < len(NOTE) / 5

    address = f"/v1/assets/{note['asset_id']}/download"
    assert client.get(address).content == NOTE
    part = client.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, NOTE[10:20])

    client.post("/v1/plugins/example.zip_storage/disable")
    assert client.get(address).json()["error"]["code"] == "storage_unavailable"
    client.post("/v1/plugins/example.zip_storage/enable")
    assert client.get(address).content == NOTE


def test_kinds_and_size_are_settings(client: Any, install_plugin: Any, upload: Any) -> None:
    install_plugin(EXAMPLE)
    config = {"kinds": ["letter"], "max_bytes": 100}
    client.put("/v1/plugins/example.zip_storage/config", json={"config": config})
    assert upload(b"short letter", "letter")["storage_provider"] == "zip"
    assert upload(b"long letter" * 20, "letter")["storage_provider"] == "fs"
    assert upload(b"a note", "note")["storage_provider"] == "fs"


def test_files_can_be_moved_out_again(faceforge: Any, client: Any, install_plugin: Any, upload: Any) -> None:
    install_plugin(EXAMPLE)
    note = upload(NOTE, "note")
    job = client.post("/v1/storage/migrate", json={"source": "zip", "to": "fs"}).json()["data"]
    faceforge.wait_for(lambda: faceforge.kernel.jobs.get(job["job_id"]).finished_at)

    client.post("/v1/plugins/example.zip_storage/disable")
    assert client.get(f"/v1/assets/{note['asset_id']}/download").content == NOTE
    archives = faceforge.kernel.home.plugin_data_dir / "example.zip_storage" / "archives"
    assert list(archives.iterdir()) == []
