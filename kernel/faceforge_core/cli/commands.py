"""``faceforge run``: the commands that plugins offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from faceforge_sdk.commands import commands_of, run_command
from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import PluginCommand, PluginCommands

from .homes import HomeOption, existing_home
from .running import RunningCore, running_or_opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_core.kernel import Kernel

ANY_OPTIONS = {"allow_extra_args": True, "ignore_unknown_options": True}


def run(
    context: typer.Context,
    plugin: Annotated[str, typer.Argument(help="The plugin's id.")],
    command: Annotated[str | None, typer.Argument(help="The command; without one, what there is.")] = None,
    home: HomeOption = None,
) -> None:
    """Run a command of a plugin, by the Core that serves the home or without one; its options follow it."""
    with running_or_opened(existing_home(home), run_jobs=False) as core:
        offered = _offered(core, plugin)
        if command is None:
            typer.echo("\n".join(_described(offered)) or f"{plugin} has no commands, or is not active.")
            return
        wanted = next((one for one in offered if one.name == command), None)
        if wanted is None:
            names = ", ".join(one.name for one in offered)
            raise NotFound(f"{plugin} has no command {command!r}" + (f"; there are {names}." if names else "."))
        typer.echo(_ran(core, wanted, given_options(context.args, wanted.input_schema)))


def given_options(arguments: Sequence[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """What ``--name value``, ``--name=value``, ``--flag`` and ``--no-flag`` say, by the fields of a JSON Schema."""
    fields: Mapping[str, Any] = schema.get("properties", {})
    names = {f"--{field.replace('_', '-')}": field for field in fields}
    given: dict[str, Any] = {}
    waiting = list(arguments)
    while waiting:
        option, equals, value = waiting.pop(0).partition("=")
        field = names.get(option)
        if field is None and not equals and _is_flag(fields.get(names.get(f"--{option[5:]}", ""))):
            given[names[f"--{option[5:]}"]] = False  # --no-flag
            continue
        if field is None:
            raise typer.BadParameter(f"There is no option {option!r}; there are {', '.join(names) or 'none'}.")
        if _is_flag(fields[field]) and not equals:
            given[field] = True
            continue
        if not equals and not waiting:
            raise typer.BadParameter(f"{option} needs a value.")
        said = value if equals else waiting.pop(0)
        given[field] = [*given.get(field, []), said] if fields[field].get("type") == "array" else said
    return given


def _is_flag(field: Any) -> bool:
    return isinstance(field, dict) and field.get("type") == "boolean"


def _described(offered: Sequence[PluginCommand]) -> Sequence[str]:
    lines = []
    for one in offered:
        lines.append(f"{one.name}  {one.help}")
        for field, facts in one.input_schema.get("properties", {}).items():
            lines.append(f"  --{field.replace('_', '-')}  {facts.get('description', '')}".rstrip())
    return lines


def _offered(core: RunningCore | Kernel, plugin: str) -> Sequence[PluginCommand]:
    if isinstance(core, RunningCore):
        answer = core.ask("GET", f"/v1/plugins/{quote(plugin, safe='')}/commands")
        return PluginCommands.model_validate(answer).items
    return commands_of(core.plugins, plugin)


def _ran(core: RunningCore | Kernel, command: PluginCommand, given: Mapping[str, Any]) -> str:
    if isinstance(core, RunningCore):
        plugin, name = (quote(part, safe="") for part in (command.plugin_id, command.name))
        return str(core.ask("POST", f"/v1/plugins/{plugin}/commands/{name}", {"input": given})["output"])
    return run_command(core.plugins, command.plugin_id, command.name, given)
