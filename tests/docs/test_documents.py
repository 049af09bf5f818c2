"""What the documents say of the project is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for path in [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("sdk/*.md"),
        *ROOT.glob("examples/*/README.md"),
    ]
)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(document: Path) -> None:
    targets = [target.partition("#")[0] for target in _LINK.findall(document.read_text(encoding="utf-8"))]
    local = [target for target in targets if target and "://" not in target]
    assert not [target for target in local if not (document.parent / target).exists()]


def test_the_page_of_the_architecture_names_every_part_of_the_kernel() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    layers = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    packages = {path.parent.name for path in (ROOT / "kernel" / "faceforge_core").glob("*/__init__.py")}
    named = set(re.findall(r"`(\w+)`", page))
    assert packages - {"locales"} <= named
    order = [
        name for name in re.findall(r"^\| (`\w+`(?:, `\w+`)*)", page, re.MULTILINE) for name in re.findall(r"\w+", name)
    ]
    ranks = {name: rank for rank, layer in enumerate(layers[0]["layers"]) for name in layer.split(" | ")}
    told = [ranks[name] for name in order if name in ranks and name in packages]
    assert told == sorted(told)


def test_every_file_that_the_documents_name_is_there() -> None:
    for document in (ROOT / "docs" / "architecture.md", ROOT / "SECURITY.md"):
        text = document.read_text(encoding="utf-8")
        for name in re.findall(r"`((?:web|db|plugins|storage|jobs|catalog|events)/\w+\.py)`", text):
            assert (ROOT / "kernel" / "faceforge_core" / name).is_file(), name
