"""What is to become of many assets at once: those that were chosen, or all that the list finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from faceforge_sdk.forms import text_of
from faceforge_sdk.paging import pages

from .listing import Listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.datastructures import FormData

    from faceforge_sdk import PluginContext

MOST: Final = 10_000
"""So many are changed at once; the page answers when all are."""

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen `ids`, or `all` that `listing` finds, and what is to become of them."""

    listing: Listing
    ids: tuple[str, ...]
    all: bool
    action: Literal["attach", "trash"]
    most: int = MOST

    @classmethod
    def posted(cls, form: FormData) -> Selection:
        """What the bar under the grid asks for; scripts send all ids in one field."""
        ids = [value for value in form.getlist("id") if isinstance(value, str)]
        ids += text_of(form, "ids").split()
        return cls(
            Listing.from_query(text_of(form, "query")),
            tuple(dict.fromkeys(ids)),
            text_of(form, "all") == "1",
            "trash" if text_of(form, "action") == "trash" else "attach",
        )


def found(ctx: PluginContext, wish: Selection) -> list[str]:
    """The ids that are meant; one more than may be, at most."""
    if not wish.all:
        return list(wish.ids[: wish.most + 1])
    ids: list[str] = []
    for page in pages(ctx.assets.list, wish.listing.query(limit=_BATCH, cursor=None, total="none")):
        ids += [asset.asset_id for asset in page.items]
        if len(ids) > wish.most:
            break
    return ids[: wish.most + 1]


def trash(ctx: PluginContext, ids: Sequence[str]) -> None:
    """Move them to the trash."""
    for batch in _batches(ids):
        ctx.assets.delete_many(batch)


def restore(ctx: PluginContext, ids: Sequence[str]) -> None:
    """Bring back what is still in the trash."""
    for batch in _batches(ids):
        ctx.assets.restore_many(batch)


def attach(ctx: PluginContext, entity_id: str, ids: Sequence[str]) -> None:
    """Link them to an entity; what is linked already stays as it is. Raises `NotFound` for the entity."""
    for batch in _batches(ids):
        ctx.assets.link_many(entity_id, batch)


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
