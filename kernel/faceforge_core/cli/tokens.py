"""``faceforge token``: the install token."""

from __future__ import annotations

import typer

from .homes import HomeOption, config_of, existing_home

app = typer.Typer(help="The install token, with which people sign in and programs call the API.")


@app.command("show")
def show_token(home: HomeOption = None) -> None:
    """Print the install token; whoever has it can do everything."""
    config = config_of(existing_home(home))
    config.ensure_token()
    typer.echo(config.current.auth.install_token)


@app.command("rotate")
def rotate_token(home: HomeOption = None) -> None:
    """Replace the install token: the old one and every sign-in end at once, also under a running Core."""
    config_of(existing_home(home)).rotate_token()
    typer.echo("The install token is replaced. `faceforge token show` prints the new one.")
