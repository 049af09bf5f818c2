"""``faceforge plugins``: making, checking, installing and switching plugins."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faceforge_core.refusals import StartRefused
from faceforge_sdk.scaffolds import folder_name, scaffold

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .plugin_checks import Finding, Report

app = typer.Typer(help="Plugins: make one, check it, install it, switch it on and off.")

ERRORS = 1


class Kind(StrEnum):
    """What a new plugin begins as."""

    ROUTE = "route"
    EXTRACTOR = "extractor"
    STORAGE = "storage"
    PANEL = "panel"
    JOB = "job"


FolderArgument = Annotated[Path, typer.Argument(help="The plugin's folder.", show_default=False)]


@app.command("new")
def new_plugin(
    plugin_id: Annotated[str, typer.Argument(help="Its id, like anna.palette.", show_default=False)],
    kind: Annotated[Kind, typer.Option(help="What it begins as.")] = Kind.ROUTE,
    folder: Annotated[
        Path | None, typer.Option(help="The folder to write; else one here that is called like the id.")
    ] = None,
) -> None:
    """Write a whole plugin to begin with: manifest, code, a test that passes, README."""
    files = scaffold(kind, plugin_id)
    place = folder if folder is not None else Path(folder_name(plugin_id))
    _write(place, files)
    typer.echo(
        f"{plugin_id} is in {place}. Try it: pytest {place}\nKeep it running in Core: faceforge plugins dev {place}"
    )


def _write(place: Path, files: Mapping[str, str]) -> None:
    try:
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            raise StartRefused(f"{place} is there already and not empty.", ERRORS)
        for name, text in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StartRefused(f"{place} can't be written: {error.strerror or error}", ERRORS) from error


@app.command("check")
def check_plugin(
    path: FolderArgument,
    run: Annotated[bool, typer.Option("--run/--no-run", help="Start it once, on a home of its own.")] = True,
) -> None:
    """Tell what is wrong with a plugin, as FILE:LINE: and a sentence.

    Its code runs once, in a process and on a home of its own. Ends with 0, or with 1 where something does not work.
    """
    from .plugin_checks import check

    report = check(_folder(path), run=run)
    typer.echo("\n".join([*told_findings(path, report.findings), _summary(report)]))
    raise typer.Exit(ERRORS if report.errors else 0)


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise StartRefused(f"{path} is no folder.")
    return path


def told_findings(path: Path, findings: Iterable[Finding]) -> list[str]:
    """Findings as lines that editors know how to follow."""
    return [f"{path / one.path}:{one.line}: {one.level}: {one.message}" for one in findings]


def _summary(report: Report) -> str:
    if report.findings:
        return f"{_counted(report.errors, 'error')}, {_counted(report.warnings, 'warning')}."
    manifest, outcome = report.manifest, report.outcome
    named = f"{manifest.id} {manifest.version}" if manifest else "It"
    if outcome is None:
        return f"{named}: nothing is wrong. It was not started."
    made = ", ".join(f"{number} {kind}" for kind, number in outcome.contributions.items()) or "nothing"
    return f"{named}: nothing is wrong. It starts in {outcome.seconds:.2f} s and contributes {made}."


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
