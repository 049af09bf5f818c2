"""The stand-in for plugins installs and removes as Core does, as far as a plugin's test can see."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from faceforge_sdk.errors import Conflict, InvalidInput
from faceforge_sdk.testing import FakePlugins

if TYPE_CHECKING:
    from pathlib import Path


def archive(version: str, name: str = "palette/plugin.json") -> io.BytesIO:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr(name, json.dumps({"id": "demo.palette", "name": "Palette", "version": version}))
    buffer.seek(0)
    return buffer


def test_what_is_installed_is_known_disabled_and_replaced_with_its_wish() -> None:
    plugins = FakePlugins()
    first = plugins.install(archive("1.0"), "palette.zip")
    assert (first.plugin.state, first.replaced, first.files) == ("disabled", None, 1)
    plugins.enable("demo.palette")
    second = plugins.install(archive("2.0"), "palette.zip")
    assert (second.plugin.version, second.plugin.state, second.replaced) == ("2.0", "active", "1.0")
    assert second.sha256 != first.sha256
    plugins.remove("demo.palette")
    assert (plugins.get("demo.palette").discovered, plugins.get("demo.palette").enabled) == (False, False)


def test_a_folder_will_do_and_what_holds_no_plugin_will_not(tmp_path: Path) -> None:
    plugins = FakePlugins()
    (tmp_path / "plugin.json").write_text('{"id": "demo.folder", "name": "Folder"}')
    assert plugins.install(tmp_path, "folder").plugin.plugin_id == "demo.folder"
    for wrong in (archive("1.0", "a/b/plugin.json"), archive("1.0", "readme.txt"), io.BytesIO(b"no archive")):
        with pytest.raises(InvalidInput):
            plugins.install(wrong, "wrong.zip")


def test_a_built_in_is_neither_replaced_nor_removed() -> None:
    plugins = FakePlugins()
    plugins.add("demo.palette", source="package")
    with pytest.raises(Conflict):
        plugins.install(archive("1.0"), "palette.zip")
    with pytest.raises(Conflict):
        plugins.remove("demo.palette")
