"""Plugins brought in and taken away below HTTP: folders, packages, other volumes, and files that are in use."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_core.plugins import placing
from faceforge_core.plugins.packing import folder_digest, pack_folder, unpack
from faceforge_core.plugins.placing import Places
from faceforge_sdk.errors import Conflict, InsufficientStorage, InvalidInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CODE = "from faceforge_sdk import hookimpl\n@hookimpl\ndef register_nav_items(ctx): return []\n"


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """A plugin's folder somewhere on the disk."""

    def make(plugin_id: str = "demo.plugin", version: str = "1.0", **files: str) -> Path:
        place = tmp_path / "work" / plugin_id
        place.mkdir(parents=True, exist_ok=True)
        facts = {"id": plugin_id, "name": "Demo", "version": version, "api_version": 1}
        (place / "plugin.json").write_text(json.dumps({**facts, "entrypoints": {"python": "plugin"}}))
        (place / "plugin.py").write_text(CODE)
        for name, text in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text)
        return place

    return make


def names_in(place: Path) -> list[str]:
    return sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())


def archive_of(place: Path) -> io.BytesIO:
    buffer = io.BytesIO()
    pack_folder(place, buffer)
    buffer.seek(0)
    return buffer


def test_a_folder_is_copied_without_what_is_hidden_and_what_tools_leave(house: Any, folder: Any) -> None:
    house.start()
    source = folder(**{"templates/a.html": "x", ".git/config": "x", "__pycache__/a.pyc": "x", ".pytest_cache/x": "x"})
    installed = house.plugins.install(source, "demo")
    place = house.root / "plugins" / "demo.plugin"
    assert names_in(place) == ["plugin.json", "plugin.py", "templates/a.html"]
    assert (installed.files, installed.plugin.state) == (3, "disabled")
    assert installed.byte_size == sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
    assert installed.sha256 == folder_digest(source) == folder_digest(place)
    (source / "templates" / "a.html").write_text("y")
    assert house.plugins.install(source, "demo").sha256 != installed.sha256


def test_a_packed_folder_is_the_same_archive_each_time_and_the_same_folder_again(folder: Any, tmp_path: Path) -> None:
    source = folder(**{"templates/a.html": "x"})
    packed = archive_of(source).getvalue()
    os.utime(source / "plugin.py", (0, 0))
    assert archive_of(source).getvalue() == packed
    (tmp_path / "unpacked").mkdir()
    assert unpack(io.BytesIO(packed), tmp_path / "unpacked").sha256 == hashlib.sha256(packed).hexdigest()
    assert folder_digest(tmp_path / "unpacked") == folder_digest(source)


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own there")
def test_links_and_pipes_in_a_folder_are_refused_by_name(house: Any, folder: Any) -> None:
    house.start()
    source = folder()
    (source / "way").symlink_to("/etc")
    with pytest.raises(InvalidInput, match=r"^way: is a link"):
        house.plugins.install(source, "demo")
    (source / "way").unlink()
    os.mkfifo(source / "pipe")
    with pytest.raises(InvalidInput, match=r"^pipe: is neither a file nor a folder"):
        house.plugins.install(source, "demo")
    assert list((house.root / "plugins").iterdir()) == list((house.root / "tmp").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="no such name can be made there")
def test_a_name_that_windows_has_not_is_refused_in_a_folder_too(house: Any, folder: Any) -> None:
    house.start()
    with pytest.raises(InvalidInput, match=r"aux.txt: has the name of a device"):
        house.plugins.install(folder(**{"aux.txt": ""}), "demo")


def test_a_plugin_that_pip_installed_can_neither_be_replaced_nor_removed(house: Any, folder: Any) -> None:
    name = house.package("demo.plugin", CODE)
    house.start()
    for attempt in (
        lambda: house.plugins.install(folder(), "demo"),
        lambda: house.plugins.install(archive_of(folder()), "demo.zip"),
        lambda: house.plugins.remove("demo.plugin"),
    ):
        with pytest.raises(Conflict, match=name):
            attempt()
    assert list((house.root / "plugins").iterdir()) == []


def test_the_folder_keeps_the_name_it_had(house: Any, folder: Any) -> None:
    house.plugin("demo.plugin", plugin=CODE).rename(house.root / "plugins" / "as I like it")
    house.start()
    installed = house.plugins.install(folder(version="2.0"), "demo")
    assert installed.replaced == ""
    assert [path.name for path in (house.root / "plugins").iterdir()] == ["as I like it"]
    assert house.plugins.get("demo.plugin").version == "2.0"


def test_an_id_that_is_no_name_of_a_folder_gets_one(house: Any, folder: Any, tmp_path: Path) -> None:
    house.start()
    source = folder()
    (source / "plugin.json").write_text(json.dumps({"id": "Größe: ?", "name": "Odd"}))
    house.plugins.install(source, "odd")
    [place] = (house.root / "plugins").iterdir()
    assert place.name.startswith("plugin-")
    assert house.plugins.get("Größe: ?").discovered
    house.plugins.remove("Größe: ?")
    assert list((house.root / "plugins").iterdir()) == []


def test_what_is_unknown_can_not_be_removed(house: Any) -> None:
    house.start()
    with pytest.raises(NotFound):
        house.plugins.remove("no.such")


def test_a_plugin_that_runs_although_its_folder_is_gone_is_stopped_by_its_removal(house: Any, folder: Any) -> None:
    house.start()
    house.plugins.install(folder(), "demo")
    house.plugins.enable("demo.plugin")
    house.remove(house.root / "plugins" / "demo.plugin")
    house.plugins.remove("demo.plugin")
    assert house.plugins.get("demo.plugin").state == "disabled"
    with pytest.raises(NotFound):
        house.plugins.remove("demo.plugin")


def test_a_plugin_whose_folder_is_a_link_is_removed_without_what_it_leads_to(house: Any, folder: Any) -> None:
    real = house.root / "plugins" / "shelf" / "real"
    real.parent.mkdir()
    house.plugin("demo.target", plugin=CODE).rename(real)
    house.start()
    with_link = house.root / "plugins" / "a link"
    try:
        with_link.symlink_to(real, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    assert house.plugins.get("demo.target").discovered
    house.plugins.remove("demo.target")
    assert not with_link.exists()
    assert names_in(real) == ["plugin.json", "plugin.py"]


# --- What the disk does -----------------------------------------------------------------------------------------------


@pytest.fixture
def in_use(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes moves of a folder of this name fail as they do on Windows while a file in it is open."""

    def refuse(name: str) -> None:
        original = placing.replace

        def move(source: Path, target: Path) -> None:
            if source.name == name:
                raise PermissionError(errno.EACCES, "Access is denied", str(source))
            original(source, target)

        monkeypatch.setattr(placing, "replace", move)

    return refuse


def test_files_in_use_keep_the_old_version_and_the_sentence_says_what_to_do(
    house: Any, folder: Any, in_use: Callable[[str], None]
) -> None:
    house.start()
    house.plugins.install(folder(), "demo")
    house.plugins.enable("demo.plugin")
    in_use("demo.plugin")
    with pytest.raises(Conflict, match=r"in use.*Disable the plugin"):
        house.plugins.install(folder(version="2.0"), "demo")
    row = house.plugins.get("demo.plugin")
    assert (row.version, row.state) == ("1.0", "active")
    with pytest.raises(Conflict, match="in use"):
        house.plugins.remove("demo.plugin")
    assert names_in(house.root / "plugins" / "demo.plugin") == ["plugin.json", "plugin.py"]


def test_a_new_version_that_can_not_be_moved_lets_the_old_one_back(
    house: Any, folder: Any, in_use: Callable[[str], None]
) -> None:
    house.start()
    house.plugins.install(folder(), "demo")
    in_use("new")
    with pytest.raises(Conflict):
        house.plugins.install(folder(version="2.0"), "demo")
    assert house.plugins.get("demo.plugin").version == "1.0"
    assert list((house.root / "tmp").iterdir()) == []


def test_a_full_disk_leaves_everything_as_it_was(house: Any, folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    house.start()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("faceforge_core.plugins.packing.flush_many", full)
    with pytest.raises(InsufficientStorage):
        house.plugins.install(folder(), "demo")
    assert list((house.root / "plugins").iterdir()) == list((house.root / "tmp").iterdir()) == []


def test_plugins_on_another_volume_are_made_there(house: Any, folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    house.start()
    monkeypatch.setattr(placing, "renames_into", lambda _source, _target: False)
    moved: list[Path] = []
    original = placing.replace
    monkeypatch.setattr(placing, "replace", lambda source, target: (moved.append(source), original(source, target))[1])
    house.plugins.install(folder(), "demo")
    assert all(path.is_relative_to(house.root / "plugins") for path in moved)
    assert [row.plugin_id for row in house.plugins.list().items] == ["demo.plugin"]
    assert house.plugins.list().ignored == []
    rest = house.root / "plugins" / ".installing" / "plugin-0"
    rest.mkdir()
    Places(house.root / "plugins", house.root / "tmp").recover()
    assert not rest.exists()


@pytest.mark.parametrize("note", ["{", '{"place": "../../elsewhere"}', '{"place": 5}', "[]"])
def test_a_note_that_is_none_brings_nothing_back(tmp_path: Path, note: str) -> None:
    room = tmp_path / "tmp" / "plugin-1"
    (room / "old").mkdir(parents=True)
    (room / "place.json").write_text(note)
    (tmp_path / "plugins").mkdir()
    Places(tmp_path / "plugins", tmp_path / "tmp").recover()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["plugins", "tmp"]


def test_an_archive_needs_no_name_of_a_file(house: Any, folder: Any) -> None:
    house.start()
    source = folder()
    with zipfile.ZipFile(source.parent / "x", "w") as archive:
        for name in names_in(source):
            archive.write(source / name, name)
    assert house.plugins.install(source.parent / "x", "").files == 2
