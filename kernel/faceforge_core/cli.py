"""The ``faceforge`` command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from faceforge_core import __version__
from faceforge_core.config import ConfigStore
from faceforge_core.home import Home, resolve_root
from faceforge_core.refusals import StartRefused
from faceforge_sdk.errors import FaceForgeError

app = typer.Typer(
    help="FaceForge Core: people, characters and things, and the files that belong to them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
token = typer.Typer(help="The install token, with which people sign in and programs call the API.")
app.add_typer(token, name="token")

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="The home folder; else FACEFORGE_HOME, else the usual place of this system."),
]


def home_root(home: Path | None) -> Path:
    """The home that a command means."""
    return resolve_root(os.environ, Path.home(), home)


@app.command()
def serve(home: HomeOption = None) -> None:
    """Start Core on this home, and serve until Ctrl-C."""
    from faceforge_core.app import serve as run

    raise typer.Exit(run(home_root(home)))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


@token.command("show")
def show_token(home: HomeOption = None) -> None:
    """Print the install token; whoever has it can do everything."""
    config = _config(home)
    config.ensure_token()
    typer.echo(config.current.auth.install_token)


@token.command("rotate")
def rotate_token(home: HomeOption = None) -> None:
    """Replace the install token: the old one and every sign-in end at once, also under a running Core."""
    config = _config(home)
    config.rotate_token()
    typer.echo("The install token is replaced. `faceforge token show` prints the new one.")


def _config(home: Path | None) -> ConfigStore:
    root = home_root(home)
    place = Home.at(root)
    if not place.config_dir.is_dir():
        raise StartRefused(f"{root} is no FaceForge home: it has no folder `config`.")
    config = ConfigStore(place.core_json)
    config.load()
    return config


def run(arguments: list[str]) -> int:
    """Run one command; refusals are printed as sentences and become exit codes."""
    try:
        result = app(arguments, standalone_mode=False)
    except typer.Abort:
        return 130
    except StartRefused as exc:
        typer.echo(str(exc), err=True)
        return exc.exit_code
    except FaceForgeError as exc:
        typer.echo(str(exc), err=True)
        return 1
    except typer.TyperException as exc:  # an unknown command, an option too many, no argument where one has to be
        typer.echo(exc.format_message(), err=True)
        return exc.exit_code
    return result if isinstance(result, int) else 0
