#!/usr/bin/env python3
"""Write sdk/REFERENCE.md, the public names of the SDK, from their docstrings and signatures.

Needs the environment that core.py makes: run it with the Python in .venv. Standard library and the SDK alone; a test
holds the page to the sources.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from reference_pages import Page, Room

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE: Final = Path(__file__).resolve().parents[1] / "sdk" / "REFERENCE.md"
INTRODUCTION: Final = """\
# Reference of the SDK

Every public name of `faceforge_sdk`, and the pytest fixtures of `faceforge_core.testing`. [HOOKS.md](HOOKS.md) says
how to write a plugin and shows each hook with an example; this page is for looking things up.

It is made from the sources by `scripts/reference.py`: what is wrong here is wrong in a docstring.
"""


class Part(NamedTuple):
    """A part of the page: its title, what it is about, and the modules whose names it shows; ``*`` are all others."""

    title: str
    about: str
    modules: Sequence[str]


_PARTS: Final = (
    Part(
        "For plugins",
        "What hooks return and what they are handed. All of it is imported from `faceforge_sdk` itself.",
        (
            "faceforge_sdk",
            "faceforge_sdk.contributions",
            "faceforge_sdk.context",
            "faceforge_sdk.events",
            "faceforge_sdk.manifest",
        ),
    ),
    Part("Services", "", ("faceforge_sdk.protocols",)),
    Part("Models", "", ("faceforge_sdk.models",)),
    Part("Errors", "", ("faceforge_sdk.errors",)),
    Part(
        "Tools for plugins",
        "Modules of their own, each for one need; a plugin that has it imports it by this name.",
        ("*",),
    ),
    Part("The client", "", ("faceforge_sdk.client",)),
    Part("Testing without a Core", "", ("faceforge_sdk.testing", "faceforge_sdk.testing.providers")),
    Part("Testing with a Core", "", ("faceforge_core.testing",)),
)
_NOT_FOR_AUTHORS: Final = frozenset({"faceforge_sdk.own_tables"})
"""What Core and `faceforge_sdk.testing` share: no plugin imports it."""


def parts_of_the_page() -> list[Part]:
    """The parts, with every public module of the SDK that is for authors in one of them."""
    package = importlib.import_module("faceforge_sdk")
    public = [f"faceforge_sdk.{one.name}" for one in pkgutil.iter_modules(package.__path__) if one.name[0] != "_"]
    placed = {name for part in _PARTS for name in part.modules}
    others = sorted(set(public) - placed - _NOT_FOR_AUTHORS)
    return [part._replace(modules=others) if part.modules == ("*",) else part for part in _PARTS]


def reference() -> str:
    """The whole page."""
    wanted = parts_of_the_page()
    parts = [(part, [Room.of(importlib.import_module(name)) for name in part.modules]) for part in wanted]
    page = Page([room for _, rooms in parts for room in rooms])
    lines = [INTRODUCTION]
    lines += [f"- [{part.title}](#{_anchor(part.title)})\n  {page.names_of(rooms)}" for part, rooms in parts]
    for part, rooms in parts:
        lines += ["", f"## {part.title}", "", *([part.about, ""] if part.about else []), *map(page.module, rooms)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def main() -> int:
    """Write the page."""
    PAGE.write_text(reference(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
