"""``faceforge backup``, ``backups`` and ``restore``: copies of a whole home in another place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from faceforge_core.refusals import StartRefused
from faceforge_sdk.models import BackupList

from .homes import HomeOption, existing_home, home_root
from .job_desks import job_desk
from .running import RunningCore, running_or_opened
from .sizes import size_text
from .watching import watch

if TYPE_CHECKING:
    from faceforge_core.home import Home

_JOB = "backup.create"
_PLUGIN = "faceforge.backup"

PROBLEMS = 1
STOPPED = 130


def backup(
    to: Annotated[
        Path | None, typer.Option("--to", help="A folder of its own on another disk: backups go there from now on.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Copy the whole library, but for what an earlier backup has; the running Core does it, or else this command.

    Ends with 0: all is in it; 1: some files could not be read, or there is no backup; 130: stopped.
    """
    place = existing_home(home)
    if to is not None:
        _choose(place, to.expanduser().absolute())
    with job_desk(place) as desk:
        job = watch(desk, desk.enqueue(_JOB, {}))
    if job.status == "canceled":
        raise typer.Exit(STOPPED)
    if job.status == "failed":
        raise StartRefused(job.error.message if job.error else "The job failed.", PROBLEMS)
    made = job.result or {}
    typer.echo(
        f"Backup {made['name']}: {made['assets']:,} files ({size_text(made['total_bytes'])}). "
        f"New in it, configuration and plugins included: {made['added_files']:,} ({size_text(made['added_bytes'])})."
    )
    if made["problems"]:
        typer.echo(f"{made['problems']:,} files could not be read; `faceforge fsck --deep` says more.")
        raise typer.Exit(PROBLEMS)


def backups(
    check: Annotated[
        bool, typer.Option("--check", help="Read all of them through, and compare every file with its hash.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """List the backups of this home, the newest first.

    With --check it ends with 1 where something is damaged; the next backup then brings those files again.
    """
    with running_or_opened(existing_home(home)) as core:
        if isinstance(core, RunningCore):
            found = BackupList.model_validate(core.ask("GET", "/v1/backups"))
        else:
            found = core.services.backups.list()
    if found.folder is None:
        typer.echo("No folder for backups is chosen: `faceforge backup --to FOLDER` makes the first.")
        return
    typer.echo(f"In {found.folder}" + ("" if found.available else ", which is not there now") + ":")
    for one in found.items:
        problems = f", {one.problems} problems" if one.problems else ""
        typer.echo(f"{one.name}  {one.assets:>10,} files {size_text(one.total_bytes):>10}{problems}")
    if check:
        _check(Path(found.folder))


def restore(
    place: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of backups.", show_default=False)],
    name: Annotated[str | None, typer.Option("--backup", help="Which; else the newest.")] = None,
    home: HomeOption = None,
) -> None:
    """Make a home anew from a backup, in a folder that is empty or not there yet.

    Ends with 0, or with 1 where some files were lost or damaged in the backup.
    """
    from faceforge_core.backup.place import BackupPlace
    from faceforge_core.backup.restoring import restore as run

    root = home_root(home)
    outcome = run(BackupPlace(place.expanduser().absolute()), name, root, _shown)
    lost = f", but for {len(outcome.missing):,}" if outcome.missing else ""
    typer.echo(f"{root} is the home as it was in the backup {outcome.name}: {outcome.assets:,} files{lost}.")
    for sentence in outcome.missing:
        typer.echo(sentence, err=True)
    raise typer.Exit(PROBLEMS if outcome.missing else 0)


def _check(folder: Path) -> None:
    from faceforge_core.backup.checking import check as run
    from faceforge_core.backup.place import BackupPlace

    checked = run(BackupPlace(folder), _shown)
    for sentence in checked.problems:
        typer.echo(sentence, err=True)
    if checked.problems:
        raise typer.Exit(PROBLEMS)
    typer.echo(f"All is well: {checked.files:,} files in {checked.backups:,} backups are what they were.")


def _choose(home: Home, folder: Path) -> None:
    """Make `folder` the one of the configuration."""
    with running_or_opened(home) as core:
        if isinstance(core, RunningCore):
            config = core.ask("GET", f"/v1/plugins/{_PLUGIN}/config")["config"]
            core.ask("PUT", f"/v1/plugins/{_PLUGIN}/config", {"config": {**config, "folder": str(folder)}})
        else:
            config = core.plugins.config(_PLUGIN).config
            core.plugins.configure(_PLUGIN, {**config, "folder": str(folder)})


def _shown(done: int, total: int) -> None:
    if done % 1000 == 0 or done == total:
        typer.echo(f"{done:,} of {total:,} files", err=True)
