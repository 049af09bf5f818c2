#!/usr/bin/env python3
"""Write the API's description to docs/openapi.json; at a release, note it as promised.

Needs the environment that core.py makes: run it with the Python in .venv.
docs/openapi.json is what the code of today serves. docs/openapi-promised.json is what the last release served: clients
are written by it, so the tests let the API grow beyond it and never fall behind it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from openapi_changes import incompatible_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
TODAY: Final = "openapi.json"
PROMISED: Final = "openapi-promised.json"


def describe() -> dict[str, Any]:
    """What a fresh Core of this code serves, without the number that each release changes."""
    from faceforge_core.kernel import Kernel  # takes a moment, and --help needs none of it

    with tempfile.TemporaryDirectory() as folder, Kernel(Path(folder) / "home", environ={}) as kernel:
        document = json.loads(json.dumps(kernel.live.app.openapi()))
    return without_version(document)


def without_version(document: dict[str, Any]) -> dict[str, Any]:
    """`document` with a version that never changes, since OpenAPI demands one."""
    return {**document, "info": {**document["info"], "version": "0"}}


def read(path: Path) -> dict[str, Any]:
    """A description from a file."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def write(path: Path, document: dict[str, Any]) -> None:
    """A description into a file, the same on every system."""
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks; 1 when a promise would be broken."""
    parser = argparse.ArgumentParser(prog="openapi.py", description="Write the description of the API.")
    parser.add_argument("--promise", action="store_true", help="at a release: note it as promised to clients")
    parser.add_argument("--break", dest="breaking", action="store_true", help="with --promise: even if it breaks some")
    parser.add_argument("--docs", type=Path, default=DOCS, metavar="FOLDER", help="where to write (docs)")
    options = parser.parse_args(arguments)
    document, promised = describe(), options.docs / PROMISED
    write(options.docs / TODAY, document)
    broken = incompatible_changes(read(promised), document) if promised.exists() else []
    for sentence in broken:
        print(f"Breaks a promise: {sentence}")
    if broken and not (options.promise and options.breaking):
        return 1
    if options.promise:
        write(promised, document)
    return 0


if __name__ == "__main__":
    sys.exit(main())
