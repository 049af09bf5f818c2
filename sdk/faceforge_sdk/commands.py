"""Finding and running the commands that plugins contribute, for whoever offers them to people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from .contributions import Command
from .errors import ContributionFailed, FaceForgeError, InvalidInput, NotFound
from .models import PluginCommand
from .problems import first_of, problems_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .protocols import Contributed, Plugins

RUN_SECONDS = 60.0


def commands_of(plugins: Plugins, plugin_id: str | None = None) -> Sequence[PluginCommand]:
    """What all active plugins offer, or one does. Raises `NotFound` for a plugin that nobody knows."""
    if plugin_id is not None:
        plugins.get(plugin_id)
    return [
        PluginCommand(
            plugin_id=one.plugin_id,
            name=one.value.name,
            help=one.value.help,
            input_schema=one.value.input_model.model_json_schema(),
        )
        for one in plugins.contributed(Command)
        if plugin_id in {None, one.plugin_id}
    ]


def run_command(plugins: Plugins, plugin_id: str, name: str, given: Mapping[str, Any]) -> str:
    """Run a command, and return what it says.

    Raises `NotFound` where no active plugin offers it, `InvalidInput` for what it is given, `ContributionFailed`, and
    what of the tree the command raises.
    """
    command = _found(plugins, plugin_id, name)
    try:
        wanted = command.value.input_model.model_validate(given)
    except ValidationError as error:
        details = problems_of(error)
        reason = first_of(details)
        raise InvalidInput(f"The input of the command {name!r} is not valid: {reason}.", details=details) from error
    try:
        said: object = command.call(lambda: command.value.run(wanted), seconds=RUN_SECONDS)
    except ContributionFailed as error:
        if isinstance(error.__cause__, FaceForgeError):
            raise error.__cause__ from error
        raise
    if not isinstance(said, str):
        raise ContributionFailed(plugin_id, f"The command {name!r} returned {type(said).__name__}, not a text.")
    return said


def _found(plugins: Plugins, plugin_id: str, name: str) -> Contributed[Command[Any]]:
    for one in plugins.contributed(Command):
        if (one.plugin_id, one.value.name) == (plugin_id, name):
            return one
    raise NotFound(f"No enabled plugin {plugin_id[:80]!r} has a command {name[:80]!r}.")
