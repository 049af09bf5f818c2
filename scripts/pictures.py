#!/usr/bin/env python3
"""Make the pictures of README and guide (docs/images) anew: a Core of its own with made-up data, in a real browser.

Needs the environment that core.py makes, and Chromium: run it with the Python in .venv. Nobody in the pictures is real.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pictures_drawn import landscape, portrait
from PIL import Image
from playwright.sync_api import sync_playwright

from faceforge_sdk.client import FaceForge
from faceforge_sdk.errors import FaceForgeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from playwright.sync_api import Browser, Page

ROOT: Final = Path(__file__).resolve().parents[1]
IMAGES: Final = ROOT / "docs" / "images"
EXAMPLES: Final = ("palette", "webhook", "hello_route")
SIZE: Final = (1280, 800)
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
START_SECONDS: Final = 60
MOST_BYTES: Final = 250_000
ALIKE_EVERYWHERE: Final = "document.querySelector('.attention')?.remove()"
"""What this computer lacks is not of interest."""


class Person(NamedTuple):
    """Somebody made up."""

    name: str
    tags: Sequence[str]
    fields: Mapping[str, Any] = {}
    aliases: Sequence[str] = ()


PEOPLE: Final = (
    Person("Tomas Reed", ("crew",), {"occupation": "Cook"}),
    Person("Nell Harrow", ("family", "painter"), {"occupation": "Painter"}),
    Person("Wilma Brandt", ("neighbours",)),
    Person("Ines Castell", ("crew", "painter"), {"occupation": "Botanist"}),
    Person("Jonas Marlow", ("family",), {"date_of_birth": "1958-11-03"}),
    Person("Mei Lindqvist", ("crew", "friends")),
    Person("Edda Okafor", ("friends",)),
    Person("Frida Winter", ("neighbours",)),
    Person("Otto Reed", ("crew",)),
    Person(
        "Clara Marlow",
        ("family", "crew"),
        {"date_of_birth": "1984-04-17", "place_of_birth": "Greyhaven", "occupation": "Boat builder", "boat": "Heron"},
        ("Clarrie",),
    ),
    Person("Ruben Hale", ("friends", "painter")),
    Person("Ida Marlow", ("family",), {"date_of_birth": "1987-09-02"}),
)
FACTS: Final = (
    ("date_of_birth", "Date of birth", "date"),
    ("place_of_birth", "Place of birth", "string"),
    ("occupation", "Occupation", "string"),
)
RELATIONSHIPS: Final = (
    ("Ida Marlow", "sister", "Clara Marlow"),
    ("Jonas Marlow", "father", "Clara Marlow"),
    ("Nell Harrow", "aunt", "Clara Marlow"),
    ("Mei Lindqvist", "friend", "Clara Marlow"),
    ("Otto Reed", "colleague", "Clara Marlow"),
    ("Otto Reed", "brother", "Tomas Reed"),
    ("Jonas Marlow", "father", "Ida Marlow"),
)
VIEWS: Final = ("Greyhaven harbour", "Morning over the bay", "Red evening", "The hills behind", "First snow", "Fog")
PAPERS: Final = {"Logbook 2019.txt": b"Wind from the west, fair.\n", "Crew.csv": b"name,role\nOtto,mate\n"}


def fill(ff: FaceForge) -> dict[str, str]:
    """A small library; the ids of its entities by name."""
    for order, (key, label, kind) in enumerate(FACTS):
        ff.field_defs.create(scope="entity", field_key=key, label=label, field_type=kind, order=order)
    ids = {}
    for seed, person in enumerate(PEOPLE):
        made = ff.entities.create(
            display_name=person.name, tags=list(person.tags), aliases=list(person.aliases), fields=dict(person.fields)
        )
        ids[person.name] = made.entity_id
        _attach(ff, made.entity_id, f"{person.name}.jpg", portrait(seed))
    for seed, name in enumerate(VIEWS):
        _attach(ff, ids["Clara Marlow"], f"{name}.jpg", landscape(seed))
    for name, content in PAPERS.items():
        _attach(ff, ids["Clara Marlow"], name, content)
    ff.entities.set_cover(ids["Clara Marlow"], next(_portraits_of(ff, ids["Clara Marlow"])))
    for one, kind, other in RELATIONSHIPS:
        ff.relationships.create(src_entity_id=ids[one], dst_entity_id=ids[other], relationship_type=kind)
    return ids


def _attach(ff: FaceForge, entity_id: str, name: str, content: bytes) -> None:
    asset = ff.assets.upload(content, filename=name, kind="photo" if name.endswith(".jpg") else "document")
    ff.assets.link(entity_id, asset.asset_id)


def _portraits_of(ff: FaceForge, entity_id: str) -> Iterator[str]:
    return (one.asset_id for one in ff.assets.all_of_entity(entity_id) if one.filename == "Clara Marlow.jpg")


def add_plugins(ff: FaceForge, folder: Path) -> None:
    """Some of the examples; the first is switched on."""
    for name in EXAMPLES:
        archive = shutil.make_archive(str(folder / "tmp" / name), "zip", ROOT / "examples", name)
        plugin = ff.plugins.install(archive).plugin
        if name == EXAMPLES[0]:
            ff.plugins.enable(plugin.plugin_id)


@contextlib.contextmanager
def running_core(home: Path) -> Iterator[FaceForge]:
    """A Core on a free port."""
    environ = {**os.environ, "FACEFORGE_PORT": "0"}
    command = [sys.executable, "-m", "faceforge_core", "serve", "--home", str(home)]
    core = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    try:
        yield _connected(home)
    finally:
        core.terminate()
        core.wait(30)


def _connected(home: Path) -> FaceForge:
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            ff = FaceForge.of_home(home)
            ff.entities.list(limit=1)
        except FaceForgeError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.2)
        else:
            return ff


def signed_in(browser: Browser, ff: FaceForge, home: Path, **options: Any) -> Page:
    """A page of a browser that has signed in."""
    width, height = SIZE
    context = browser.new_context(
        base_url=ff.base_url, viewport={"width": width, "height": height}, locale="en-GB", **options
    )
    context.request.post("/ui/login", form={"token": _token(home)})
    return context.new_page()


def _token(home: Path) -> str:
    from faceforge_sdk.client.homes import running_at

    return running_at(home).token


def take(page: Page, path: str, target: Path) -> None:
    """A picture of a page once it is at rest; with fewer colours where it would be large."""
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    page.evaluate(ALIKE_EVERYWHERE)
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    picture.save(target, optimize=True)
    if target.stat().st_size > MOST_BYTES:
        picture.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(target, optimize=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill a library, look at its pages, and keep what is seen."""
    parser = argparse.ArgumentParser(prog="pictures.py", description="Make the pictures of the documents anew.")
    parser.add_argument("--to", type=Path, default=IMAGES, metavar="FOLDER", help="where to write (docs/images)")
    target = parser.parse_args(arguments).to
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, running_core(Path(folder)) as ff:
        clara = fill(ff)["Clara Marlow"]
        pages = {
            "gallery": "/ui/entities",
            "entity": f"/ui/entities/{clara}",
            "relationships": f"/ui/entities/{clara}/graph?depth=2",
            "assets": "/ui/assets",
            "overview": "/ui/overview",
        }
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--force-color-profile=srgb"])
            page = signed_in(browser, ff, Path(folder))
            for name, path in pages.items():
                take(page, path, target / f"{name}.png")
            add_plugins(ff, Path(folder))
            take(page, "/ui/plugins", target / "plugins.png")
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
