"""What holds for every example: it says what it is, explains its settings, is listed, tested, and whole in German."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import pytest

from faceforge_sdk import API_VERSION, Manifest

ROOT = Path(__file__).parents[2]
MANIFESTS = sorted((ROOT / "examples").glob("*/plugin.json")) + sorted((ROOT / "examples").glob("*/*/plugin.json"))
FOLDERS = sorted({path.relative_to(ROOT / "examples").parts[0] for path in MANIFESTS})
examples = pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: str(path.parent.name))


def test_there_are_seven_and_the_page_of_examples_lists_each() -> None:
    listed = re.findall(r"^\| \[`(\w+)`\]\(\1\)", (ROOT / "examples" / "README.md").read_text(encoding="utf-8"), re.M)
    assert sorted(listed) == FOLDERS
    assert len(FOLDERS) == 7


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_has_a_page_for_people_and_tests(folder: str) -> None:
    page = (ROOT / "examples" / folder / "README.md").read_text(encoding="utf-8")
    assert re.search(r"Install|Copy this folder", page)
    assert "| file | what it shows |" in page
    for name in re.findall(r"^\| `([^`]+)`", page, re.M):
        assert (ROOT / "examples" / folder / name).exists(), name
    assert Path(__file__).with_name(f"test_{folder}.py").is_file()


@examples
def test_each_manifest_tells_what_a_user_wants_to_know(manifest: Path) -> None:
    facts = Manifest.read(manifest)
    assert facts.id.startswith("example.")
    assert facts.version
    assert facts.description
    assert facts.capabilities
    assert facts.core_compat
    assert facts.api_version in {None, API_VERSION}
    assert (facts.code is None) == (not list(manifest.parent.glob("*.py")))


@examples
def test_each_setting_has_a_title_a_description_and_a_default(manifest: Path) -> None:
    schema: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8")).get("config_schema", {})
    for name, setting in schema.get("properties", {}).items():
        assert {"title", "description"} <= set(setting), name
        assert "default" in setting or setting.get("writeOnly"), name


@pytest.fixture(scope="module")
def texts() -> Any:
    """The script that holds the pages' own translations to their sources."""
    spec = importlib.util.spec_from_file_location("texts_script", ROOT / "scripts" / "texts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("catalog", sorted((ROOT / "examples").rglob("de.po")), ids=lambda path: path.parts[-3])
def test_each_german_catalog_says_everything(texts: Any, catalog: Path) -> None:
    from babel.messages.pofile import read_po

    with catalog.open("rb") as file:
        written = read_po(file, locale="de")
    said = {message.id for message in texts.said([catalog.parents[1]]) if message.id}
    assert {message.id for message in written if message.id} == said
    assert texts.untranslated(written) == []
