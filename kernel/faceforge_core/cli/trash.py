"""``faceforge trash``: what was deleted, and the end of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from faceforge_sdk.models import TrashKind

from .desks import trash_desk
from .homes import HomeOption, existing_home
from .printable import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from faceforge_sdk.models import TrashSummary

app = typer.Typer(help="What was deleted: look at it, bring it back, or remove it for good.")

KINDS: tuple[TrashKind, ...] = get_args(TrashKind)
_SHOWN: Mapping[TrashKind, tuple[str, str]] = {  # what identifies a thing, and what people call it
    "entities": ("entity_id", "display_name"),
    "assets": ("asset_id", "filename"),
    "descriptors": ("descriptor_id", "field_key"),
    "field-defs": ("field_def_id", "field_key"),
    "relationships": ("relationship_id", "relationship_type"),
}


class Kind(StrEnum):
    """The kinds as an option takes them: Typer knows no lists of literals."""

    ENTITIES = "entities"
    ASSETS = "assets"
    DESCRIPTORS = "descriptors"
    FIELD_DEFS = "field-defs"
    RELATIONSHIPS = "relationships"


KindsOption = Annotated[list[Kind] | None, typer.Option("--kind", help="Only this kind; may be repeated.")]


@app.command("list")
def list_trash(
    kind: KindsOption = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="How many of each kind, the latest first.")] = 50,
    home: HomeOption = None,
) -> None:
    """Print what lies in the trash: kind, id, when it was deleted, name."""
    with trash_desk(existing_home(home)) as desk:
        summary = desk.summary()
        for one in _wanted(kind):
            there = _count(summary, one)
            if there:
                for item in desk.items(one, limit):
                    typer.echo(_line(one, item))
                if there > limit:
                    typer.echo(f"… and {there - limit} more {one}")
    typer.echo(f"In the trash: {_told(summary, _wanted(kind))}. {_kept(summary.keep_days)}")


@app.command("restore")
def restore_from_trash(
    kind: Annotated[TrashKind, typer.Argument(help="What it is.")],
    thing_id: Annotated[str, typer.Argument(help="Its id.")],
    home: HomeOption = None,
) -> None:
    """Bring a thing back, with exactly what its deletion hid."""
    with trash_desk(existing_home(home)) as desk:
        desk.restore(kind, thing_id)
    typer.echo(f"Restored: {kind} {thing_id}")


@app.command("purge")
def purge_trash(
    kind: KindsOption = None,
    older_than_days: Annotated[
        int | None,
        typer.Option(
            min=0, max=100_000, help="Only what was deleted so long ago; 0 is everything. Else trash.keep_days decides."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    home: HomeOption = None,
) -> None:
    """Remove for good what has been in the trash for long enough, files too."""
    kinds = _wanted(kind)
    with trash_desk(existing_home(home)) as desk:
        days = desk.summary().keep_days if older_than_days is None else older_than_days
        if days is None:
            typer.echo("The trash is kept for ever (trash.keep_days): name an age with --older-than-days.")
            return
        due = desk.summary(days)
        age = f" for {days} days or more" if days else ""
        typer.echo(f"In the trash{age}: {_told(due, kinds)}.")
        if not any(_count(due, one) for one in kinds):
            return
        if not yes and not typer.confirm("Remove that for good? It can't be brought back."):
            typer.echo("Nothing is removed.")
            raise typer.Exit(1)
        typer.echo(desk.purge(kinds, days))


def _wanted(chosen: Collection[Kind] | None) -> Sequence[TrashKind]:
    return [kind for kind in KINDS if not chosen or kind in chosen]


def _count(summary: TrashSummary, kind: TrashKind) -> int:
    return int(getattr(summary, kind.replace("-", "_")))


def _told(summary: TrashSummary, kinds: Sequence[TrashKind]) -> str:
    return ", ".join(f"{_count(summary, kind)} {kind}" for kind in kinds)


def _kept(days: int | None) -> str:
    return "It is kept for ever." if days is None else f"It is kept for {days} days."


def _line(kind: TrashKind, item: Mapping[str, Any]) -> str:
    id_key, name_key = _SHOWN[kind]
    name = printable(item[name_key] or "")
    return f"{kind:13}  {item[id_key]}  {item['deleted_at']}  {name}".rstrip()
