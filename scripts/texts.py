#!/usr/bin/env python3
"""Bring the translations of the pages up to date with what the sources say: ``python scripts/texts.py [--check]``.

Each plugin with pages has ``locales/<language>.po``. New messages come in empty, for a person to fill; what nobody
says any more goes. With ``--check`` nothing is written, and the exit code is 1 if something would be or is not
translated.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
BUILTINS = ROOT / "builtin_plugins" / "faceforge_builtins"
KERNEL = ROOT / "kernel" / "faceforge_core"
KERNEL_TEXTS = (KERNEL / "web", KERNEL / "health")
SDK = ROOT / "sdk" / "faceforge_sdk"
SHELL = BUILTINS / "ui_shell"
PLUGIN_PAGES = BUILTINS / "ui_plugins"
LANGUAGES = ("de",)
METHODS = [("**/templates/**.html", "jinja2"), ("**/static/**.js", "javascript"), ("**.py", "python")]
OPTIONS = {"**/templates/**.html": {"newstyle_gettext": "true", "trimmed": "true"}}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "to_translate": None, "t": None, "tn": (1, 2)}


def sources() -> Iterator[tuple[Path, list[Path]]]:
    """Each folder that brings texts along, and the folders whose texts it brings.

    The kernel's and the SDK's come with the shell, what manifests say with the pages of plugins.
    """
    for folder in sorted(BUILTINS.iterdir()):
        if (folder / "templates").is_dir() or (folder / "locales").is_dir():
            yield folder, [folder, *KERNEL_TEXTS, SDK] if folder == SHELL else [folder]


def said(folders: list[Path]) -> Catalog:
    """What these sources say."""
    catalog = Catalog()
    for folder in folders:
        found = extract_from_dir(folder, METHODS, OPTIONS, KEYWORDS)
        for name, _line, message, _comments, context in found:
            place = (Path(folder.name) / name).as_posix()
            catalog.add(message, locations=[(place, 1)], context=context)
    return catalog


def say_manifests(catalog: Catalog) -> None:
    """Add what the built-ins' manifests say to people: names, descriptions, and the words of their settings."""
    for path in sorted(BUILTINS.glob("*/plugin.json")):
        manifest = json.loads(path.read_text("utf-8"))
        words = [manifest["name"], manifest.get("description", ""), *words_of(manifest.get("config_schema"))]
        for message in filter(None, words):
            catalog.add(message, locations=[(f"{path.parent.name}/{path.name}", 1)])


def words_of(schema: Any) -> Iterator[str]:
    """The titles and descriptions in a schema."""
    inner = list(schema.values()) if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    for one in inner:
        yield from words_of(one)
    for keyword in ("title", "description") if isinstance(schema, dict) else ():
        if isinstance(schema.get(keyword), str):
            yield schema[keyword]


def updated(path: Path, language: str, template: Catalog) -> Catalog:
    """The translations in `path`, with exactly the messages of `template`."""
    catalog = Catalog(locale=language)
    if path.exists():
        with path.open("rb") as file:
            catalog = read_po(file, locale=language, ignore_obsolete=True)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def text_of(catalog: Catalog) -> bytes:
    """The file, without dates and line numbers: it changes only when a message does."""
    facts = (
        "Language: " + str(catalog.locale),
        "Content-Type: text/plain; charset=utf-8",
        "Plural-Forms: " + catalog.plural_forms,
    )
    header = "".join(f'"{fact}\\n"\n' for fact in facts)
    out = io.BytesIO(f'msgid ""\nmsgstr ""\n{header}\n'.encode())
    out.seek(0, io.SEEK_END)
    write_po(out, catalog, width=120, omit_header=True, sort_output=True, include_lineno=False)
    return out.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """The messages without words."""
    return [str(message.id) for message in catalog if message.id and not (message.string and all(message.string))]


def main(arguments: list[str]) -> int:
    """Write, or say what is to be done; returns the exit code."""
    check = "--check" in arguments
    problems = 0
    for folder, read in sources():
        template = said(read)
        if folder == PLUGIN_PAGES:
            say_manifests(template)
        if not len(template):
            continue
        for language in LANGUAGES:
            path = folder / "locales" / f"{language}.po"
            catalog = updated(path, language, template)
            text = text_of(catalog)
            name = path.relative_to(ROOT)
            if not path.exists() or path.read_bytes() != text:
                if check:
                    print(f"{name} is not what the sources say; run scripts/texts.py")
                    problems += 1
                else:
                    path.parent.mkdir(exist_ok=True)
                    path.write_bytes(text)
            for message in untranslated(catalog):
                print(f"{name}: not translated: {message}")
                problems += 1
    return 1 if problems and check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
