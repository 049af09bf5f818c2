"""``faceforge import`` and ``faceforge undo-import``: folders brought in, and taken out again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from faceforge_core.refusals import StartRefused

from .homes import HomeOption, existing_home
from .job_desks import job_desk
from .printable import printable
from .sizes import size_text
from .watching import watch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk.models import Job

# The plugin that runs these jobs is known to the kernel by them alone.
_IMPORT, _UNDO = "assets.bulk-import", "assets.undo-import"

ERRORS = 1
STOPPED = 130


def _folder(text: str) -> Path:
    if not text.strip():  # a variable of a script that is not set: never the folder that one happens to be in
        raise typer.BadParameter("It is empty; name a folder, or . for this one.")
    return Path(text).expanduser().absolute()


FolderArgument = Annotated[
    Path, typer.Argument(help="The folder whose files come in.", show_default=False, metavar="FOLDER", parser=_folder)
]


def import_folder(  # noqa: PLR0913, PLR0917  # a command has as many arguments as it has options
    path: FolderArgument,
    kind: Annotated[str | None, typer.Option(help="What kind of assets the files become.")] = None,
    kind_rule: Annotated[
        list[str] | None,
        typer.Option(help="A kind for some of them, as .jpg=photo or image/*=photo; may be repeated."),
    ] = None,
    include: Annotated[
        list[str] | None, typer.Option(help="Only what this pattern fits, like *.jpg or 2019/**; may be repeated.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="Nothing that this pattern fits, like *.tmp or Backups/; may be repeated.")
    ] = None,
    entity: Annotated[str | None, typer.Option(help="The id of an entity that all files are linked to.")] = None,
    entity_per_folder: Annotated[
        bool, typer.Option("--entity-per-folder", help="Link each file to the entity that is called like its folder.")
    ] = False,
    tag: Annotated[list[str] | None, typer.Option(help="A tag for the folders' entities; may be repeated.")] = None,
    role: Annotated[str | None, typer.Option(help="What the files are to their entities.")] = None,
    recursive: Annotated[bool, typer.Option(help="Look into the folders in it, too.")] = True,
    reread: Annotated[
        bool, typer.Option("--reread", help="Read again what looks as it did at its last import.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come in.")] = False,
    home: HomeOption = None,
) -> None:
    """Copy all files of a folder into a home. What is there already is not stored twice.

    Runs by the Core that has the home open, or else right here. Ctrl-C stops it; run again, it goes on where it was.
    Ends with 0: all came in; 1: some did not, or none; 130: stopped.
    """
    wanted = {
        "path": str(path),
        "recursive": recursive,
        "kind": kind,
        "kind_rules": [_rule(text) for text in kind_rule or ()],
        "include": include or [],
        "exclude": exclude or [],
        "entity_id": entity,
        "entity_per_folder": entity_per_folder,
        "tags": tag or [],
        "role": role,
        "reread": reread,
        "dry_run": dry_run,
    }
    job = _run(home, _IMPORT, wanted)
    result = job.result or {}
    typer.echo("\n".join(_dry_run_told(result) if dry_run else _told(job.job_id, result)))
    if job.status == "canceled":
        raise typer.Exit(STOPPED)
    raise typer.Exit(ERRORS if result["errors"] else 0)


def undo_import(
    import_id: Annotated[str, typer.Argument(help="The id that `faceforge import` printed.", show_default=False)],
    home: HomeOption = None,
) -> None:
    """Move what an import created to the trash, and remove the links that it made."""
    job = _run(home, _UNDO, {"import_id": import_id})
    if job.status == "canceled":
        raise typer.Exit(STOPPED)
    done = {name: number for name, number in (job.result or {}).items() if isinstance(number, int)}
    typer.echo(f"Undone: {', '.join(f'{number:,} {name}' for name, number in done.items())}.")


def _run(home: Path | None, job_type: str, payload: Mapping[str, Any]) -> Job:
    """Run a job to its end and show it. Raises `StartRefused` with its reason where it failed."""
    with job_desk(existing_home(home)) as desk:
        job = watch(desk, desk.enqueue(job_type, payload))
    if job.status == "failed":
        reason = job.error.message if job.error else "The job failed."
        raise StartRefused(reason, ERRORS)
    return job


def _rule(text: str) -> dict[str, str]:
    match, equals, kind = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is no rule: write .jpg=photo", param_hint="--kind-rule")
    return {"match": match.strip(), "kind": kind.strip()}


def _told(job_id: str, result: Mapping[str, Any]) -> Sequence[str]:
    lines = [
        f"{_files(result['imported'])} imported ({size_text(result['bytes'])}) in {result['seconds']:.1f} s.",
        *_known(result),
        *_linked(result),
        *_problems(result),
    ]
    if result["imported"] or result.get("linked"):
        lines.append(f"To take it back: faceforge undo-import {job_id}")
    return lines


def _dry_run_told(result: Mapping[str, Any]) -> Sequence[str]:
    would = result["would_import"]
    shares = sorted(would["by_extension"].items(), key=lambda share: -share[1]["bytes"])
    return [
        f"{_files(would['files'])} would be imported ({size_text(would['bytes'])}).",
        *(
            f"  {printable(name) or 'no extension':16} {one['files']:>10,} {size_text(one['bytes']):>10}"
            for name, one in shares
        ),
        *([f"{would['folders']:,} folders would have an entity."] if would.get("folders") else []),
        *_known(result),
        *_problems(result),
    ]


def _known(result: Mapping[str, Any]) -> Sequence[str]:
    if not result["skipped_existing"]:
        return []
    return [f"{_files(result['skipped_existing'])} known already, {result['unchanged']:,} of them unchanged."]


def _linked(result: Mapping[str, Any]) -> Sequence[str]:
    if "linked" not in result:
        return []
    return [f"{result['linked']:,} links to entities made, and {result['entities_created']:,} entities."]


def _problems(result: Mapping[str, Any]) -> Sequence[str]:
    said = [_counted(result[name], name.removesuffix("s")) for name in ("errors", "warnings") if result[name]]
    passed_over = [_counted(number, why.replace("_", " ")) for why, number in result.get("skipped", {}).items()]
    told = {"Problems": said, "Passed over": passed_over}
    return [f"{what}: {', '.join(words)}." for what, words in told.items() if words]


def _files(number: int) -> str:
    return _counted(number, "file")


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
