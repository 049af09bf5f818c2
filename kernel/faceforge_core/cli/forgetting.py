"""``faceforge plugins forget``: the end of all that a plugin kept."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from faceforge_sdk.models import ForgottenPlugin

from .homes import HomeOption, existing_home
from .running import RunningCore, running_or_opened


def forget_plugin(
    plugin: Annotated[str, typer.Argument(help="The plugin's id.", show_default=False)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    home: HomeOption = None,
) -> None:
    """Remove for good what a disabled or removed plugin kept: tables, data, files, configuration."""
    place = existing_home(home)
    if not yes and not typer.confirm(f"Remove all that {plugin} kept for good? It can't be brought back."):
        typer.echo("Nothing is removed.")
        raise typer.Exit(1)
    with running_or_opened(place, run_jobs=False) as core:
        if isinstance(core, RunningCore):
            answer = core.ask("DELETE", f"/v1/plugins/{quote(plugin, safe='')}/data")
            gone = ForgottenPlugin.model_validate(answer)
        else:
            gone = core.plugins.forget(plugin)
    typer.echo(
        f"Removed: {_counted(gone.tables, 'table')}, what it kept about {gone.subjects} entities and assets, "
        f"{_counted(gone.files, 'file')}, its configuration."
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
