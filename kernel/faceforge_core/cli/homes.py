"""Which home a command means."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from faceforge_core.config import ConfigStore
from faceforge_core.home import Home, resolve_root
from faceforge_core.refusals import StartRefused

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="The home folder; else FACEFORGE_HOME, else the usual place of this system."),
]


def home_root(home: Path | None) -> Path:
    """The home that a command means; it need not exist."""
    return resolve_root(os.environ, Path.home(), home)


def existing_home(home: Path | None) -> Home:
    """The home that a command means. Raises `StartRefused` if there is none: nothing is made by looking at it."""
    place = Home.at(home_root(home))
    if not place.config_dir.is_dir():
        raise StartRefused(
            f"{place.root} is no FaceForge home: it has no folder `config`. The first start of Core makes one; "
            "--home or FACEFORGE_HOME names another."
        )
    return place


def config_of(home: Home) -> ConfigStore:
    """The configuration of a home, read. Raises `StartRefused`."""
    config = ConfigStore(home.core_json)
    config.load()
    return config
