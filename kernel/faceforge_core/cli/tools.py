"""``faceforge tools``: programs that Core may call, put where it looks for them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faceforge_core.refusals import StartRefused

from .homes import HomeOption, existing_home

if TYPE_CHECKING:
    from collections.abc import Mapping

app = typer.Typer(help="ExifTool and SeaweedFS: Core itself looks only into the home's folder tools/.")

_SECONDS = 20.0
_NUMBER = re.compile(r"\d+\.[\d.]+")


class Tool(StrEnum):
    """What can be put there."""

    WEED = "weed"
    EXIFTOOL = "exiftool"


_VERSION: Mapping[Tool, tuple[str, ...]] = {Tool.WEED: ("version",), Tool.EXIFTOOL: ("-ver",)}
_BESIDE: Mapping[Tool, tuple[str, ...]] = {Tool.EXIFTOOL: ("exiftool_files", "lib/Image")}
"""Folders that a copied program needs next to itself: ExifTool's own, on Windows and where it was unpacked."""


@app.command("use")
def use(
    tool: Annotated[Tool, typer.Argument(help="Which program.")],
    path: Annotated[
        Path | None, typer.Argument(help="The program's file; else it is looked for where programs are on this system.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Copy a program into the home's folder tools/: it stays the same whatever becomes of the original."""
    place = existing_home(home)
    program = _found(tool, path)
    version = _version(tool, program)
    target = place.tools_dir / f"{tool}{program.suffix if program.suffix == '.exe' else ''}"
    _copy(program, target, _BESIDE.get(tool, ()))
    typer.echo(f"{tool} {version} was copied from {program} to {target}. Core uses it from its next start.")


def _found(tool: Tool, path: Path | None) -> Path:
    if path is not None:
        if not path.is_file():
            raise StartRefused(f"{path} is no file.")
        return path.absolute()
    scripts = sysconfig.get_path("scripts")
    for places in (scripts, None):  # what pip installed beside us, then the system's own search path
        found = shutil.which(tool, path=places)
        if found is not None:
            return Path(found).absolute()
    raise StartRefused(f"{tool} is not installed here; name its file: faceforge tools use {tool} PATH")


def _version(tool: Tool, program: Path) -> str:
    """Proof that it runs."""
    command = [str(program), *_VERSION[tool]]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise StartRefused(f"{program} does not run: {error}") from error
    return next((word for word in done.stdout.split() if _NUMBER.fullmatch(word)), "of an unknown version")


def _copy(program: Path, target: Path, beside: tuple[str, ...]) -> None:
    new = target.with_name(f"{target.name}.new")
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        shutil.copy2(program, new)
        for folder in beside:
            if (program.parent / folder).is_dir() and program.parent != target.parent:
                shutil.copytree(program.parent / folder, target.parent / folder, dirs_exist_ok=True)
        new.replace(target)
    except OSError as error:
        raise StartRefused(f"{target} can't be written: {error.strerror or error}") from error
