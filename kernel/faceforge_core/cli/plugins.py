"""``faceforge plugins``: making, checking, installing and switching plugins."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faceforge_core.refusals import StartRefused
from faceforge_sdk.scaffolds import folder_name, scaffold

from .homes import HomeOption, existing_home, home_root
from .plugin_desks import plugin_desk
from .printable import printable
from .sizes import size_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from faceforge_sdk.models import Plugin

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


IdArgument = Annotated[str, typer.Argument(help="The plugin's id.", show_default=False)]
FolderArgument = Annotated[Path, typer.Argument(help="The plugin's folder.", show_default=False)]


@app.command("list")
def list_plugins(
    everything: Annotated[bool, typer.Option("--all", help="Those that come with Core, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON, all.")] = False,
    home: HomeOption = None,
) -> None:
    """List the plugins of a home, and what lies there and is none."""
    with plugin_desk(existing_home(home)) as desk:
        found = desk.list()
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    shown = [plugin for plugin in found.items if everything or plugin.source != "builtin"]
    typer.echo("\n".join([*map(_line, shown), *(f"IGNORED   {one.path}: {one.reason}" for one in found.ignored)]))


@app.command("install")
def install_plugin(
    source: Annotated[Path, typer.Argument(help="A folder, a ZIP of one, or a wheel.", show_default=False)],
    home: HomeOption = None,
) -> None:
    """Copy a plugin into a home; one that is there already is replaced. It is not enabled by that.

    Its code runs with all your rights once it is enabled: compare the checksum with what its author published.
    """
    if not source.exists():
        raise StartRefused(f"{source} is not there.", ERRORS)
    with plugin_desk(existing_home(home)) as desk:
        installed = desk.install(source.absolute())
    plugin = installed.plugin
    instead = f" in place of {installed.replaced or 'one without a version'}" if installed.replaced is not None else ""
    typer.echo(f"Installed: {_named(plugin)}{instead}, {installed.files} files, {size_text(installed.byte_size)}.")
    typer.echo(f"SHA-256: {installed.sha256}")
    if plugin.state == "disabled":
        typer.echo(f"To switch it on: faceforge plugins enable {plugin.plugin_id}")
    _tell_state(plugin)


@app.command("remove")
def remove_plugin(plugin_id: IdArgument, home: HomeOption = None) -> None:
    """Disable a plugin and remove its folder; its configuration and data stay for the case it comes back."""
    with plugin_desk(existing_home(home)) as desk:
        desk.remove(plugin_id)
    typer.echo(f"Removed: {plugin_id}. Its configuration and data are kept.")


@app.command("enable")
def enable_plugin(plugin_id: IdArgument, home: HomeOption = None) -> None:
    """Switch a plugin on: its code runs with all your rights. Ends with 1 where it does not start."""
    with plugin_desk(existing_home(home)) as desk:
        plugin = desk.enable(plugin_id)
    if plugin.state == "active":
        typer.echo(f"Enabled: {_named(plugin)}.")
    _tell_state(plugin)


@app.command("disable")
def disable_plugin(plugin_id: IdArgument, home: HomeOption = None) -> None:
    """Switch a plugin off."""
    with plugin_desk(existing_home(home)) as desk:
        plugin = desk.disable(plugin_id)
    typer.echo(f"Disabled: {_named(plugin)}.")
    if plugin.restart_required:
        typer.echo("Something of it is still held: restart Core to be rid of it.")


def _line(plugin: Plugin) -> str:
    state = plugin.state if plugin.discovered else "gone"
    why = f"  {plain(plugin.error.summary)}" if plugin.error else ""
    named = f"{plain(plugin.plugin_id):32} {plain(plugin.version or ''):10} {plugin.source:8} {plain(plugin.name)}"
    return f"{state:9} {named}{why}"


def plain(text: str) -> str:
    """A stranger's text on one line of a terminal."""
    return printable(" ".join(text.split()))


def _named(plugin: Plugin) -> str:
    return plain(f"{plugin.plugin_id} {plugin.version or ''}".strip())


def _tell_state(plugin: Plugin) -> None:
    """Say why a plugin does not run, and end with 1 then."""
    if plugin.state == "error" and plugin.error is not None:
        raise StartRefused(f"{plugin.plugin_id} does not run: {plain(plugin.error.summary)}", ERRORS)


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


@app.command("dev")
def develop_plugin(path: FolderArgument, home: HomeOption = None) -> None:
    """Keep a plugin running in Core while you work on it: reloaded whenever you save a file, until Ctrl-C.

    Uses the Core that serves the home, or starts one. What is wrong is told, and the last version that ran goes on.
    """
    from .plugin_dev import develop

    develop(_folder(path), home_root(home))


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise StartRefused(f"{path} is no folder.")
    return path


def told_findings(path: Path, findings: Iterable[Finding]) -> list[str]:
    """Findings as lines that editors know how to follow."""
    return [f"{path / one.path}:{one.line}: {one.level}: {plain(one.message)}" for one in findings]


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
