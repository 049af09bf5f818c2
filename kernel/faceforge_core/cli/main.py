"""The commands of their own, the groups, and how a command ends."""

from __future__ import annotations

import typer

from faceforge_core import __version__
from faceforge_core.refusals import StartRefused
from faceforge_sdk.errors import FaceForgeError

from . import backups, commands, doctor, forgetting, imports, plugins, storage, support, tokens, tools, trash
from .homes import HomeOption, home_root

app = typer.Typer(
    help="FaceForge Core: people, characters and things, and the files that belong to them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
plugins.app.command("forget")(forgetting.forget_plugin)
app.add_typer(plugins.app, name="plugins")
app.add_typer(tokens.app, name="token")
app.add_typer(trash.app, name="trash")
app.add_typer(storage.app, name="storage")
app.add_typer(tools.app, name="tools")
app.command()(storage.fsck)
app.command()(doctor.doctor)
app.command()(support.support_bundle)
app.command()(backups.backup)
app.command()(backups.backups)
app.command()(backups.restore)
app.command("run", context_settings=commands.ANY_OPTIONS)(commands.run)
app.command("import")(imports.import_folder)
app.command("undo-import")(imports.undo_import)


@app.command()
def serve(home: HomeOption = None) -> None:
    """Start Core on this home, and serve until Ctrl-C."""
    from faceforge_core.app import serve as run

    raise typer.Exit(run(home_root(home)))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


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
        # Typer has pydantic read values, and puts its sentence, class and all, behind the argument's name.
        typer.echo(exc.format_message().replace("Value error, ", ""), err=True)
        return exc.exit_code
    return result if isinstance(result, int) else 0
