"""The pages' texts: translated whole, filled in alike in every language, and never made of values."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
BUILTINS = ROOT / "builtin_plugins" / "faceforge_builtins"
CATALOGS = sorted(BUILTINS.glob("*/locales/*.po"))
TEMPLATES = sorted(BUILTINS.glob("*/templates/*.html"))
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def test_every_text_of_the_pages_is_translated() -> None:
    answer = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "texts.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_a_translation_fills_in_what_its_message_fills_in(path: Path) -> None:
    with path.open("rb") as file:
        catalog = read_po(file, abort_invalid=True)
    for message in catalog:
        english = [message.id] if isinstance(message.id, str) else list(message.id)
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        wanted = set(PLACEHOLDER.findall(english[-1]))
        for form in forms if message.id else ():
            assert set(PLACEHOLDER.findall(form)) | {"%(num)s"} == wanted | {"%(num)s"}, message.id


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parents[1].name}-{path.stem}")
def test_templates_translate_literals_alone(path: Path) -> None:
    """A message is markup, as the template around it is; a value that went through it would not be escaped."""
    calls = re.findall(r"""(?<![\w.])(?:_|n?gettext)\(\s*(?!["'])[^)]*\)""", path.read_text("utf-8"))
    assert calls == []
