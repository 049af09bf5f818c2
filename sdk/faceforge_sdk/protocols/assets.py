"""Files as the catalog knows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from faceforge_sdk.models import AssetFacts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk.models import (
        Asset,
        AssetPatch,
        AssetQuery,
        AssetStatistics,
        LinkedAsset,
        LinkedAssetQuery,
        Page,
        TrashedAsset,
        TrashQuery,
    )


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read out of one asset's bytes.

    `entries` are whole entries of ``meta.metadata`` (``Source, Type, Name, NameHashes, Data``); `words` are what `q` of
    the asset list finds it by beside its file name, each with the source it came from: a later reading replaces those
    of its sources.
    """

    asset_id: str
    facts: AssetFacts = field(default_factory=AssetFacts)
    entries: tuple[Mapping[str, Any], ...] = ()
    words: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Neighbours(NamedTuple):
    """The ids of what stands before and behind one thing in a list; None where that begins or ends."""

    before: str | None
    after: str | None


class Assets(Protocol):
    """The assets' facts and links. Their bytes come in by `Storage`."""

    def get(self, asset_id: str) -> Asset:
        """The live asset. Raises `NotFound`."""

    def list(self, query: AssetQuery) -> Page[Asset]:
        """Live assets."""

    def beside(self, asset_id: str, query: AssetQuery) -> Neighbours:
        """The live assets next to one in the list that `query` asks for, whose page does not matter.

        Of an asset that is not in the list: those it would stand between. Raises `NotFound`.
        """
        ...

    def update(self, asset_id: str, patch: AssetPatch) -> Asset:
        """Change name, kind or media type. Raises `NotFound`, `InvalidInput`."""

    def delete(self, asset_id: str) -> None:
        """Move to the trash; the bytes stay until it is emptied. Raises `NotFound`."""

    def restore(self, asset_id: str) -> Asset:
        """Bring back from the trash. Raises `NotFound` if it is not there."""

    def delete_many(self, asset_ids: Sequence[str]) -> int:
        """Move many to the trash in one transaction; returns how many were live."""
        ...

    def restore_many(self, asset_ids: Sequence[str]) -> int:
        """Bring many back from the trash in one transaction; returns how many were there."""
        ...

    def trash(self, query: TrashQuery) -> Page[TrashedAsset]:
        """What lies in the trash, latest first."""

    def link(self, entity_id: str, asset_id: str, role: str | None) -> None:
        """Link, or update the role of a link. Repeatable. Raises `NotFound` for either end."""

    def link_many(self, entity_id: str, asset_ids: Sequence[str]) -> int:
        """Link, without a role, what is live and not linked yet, in one transaction; returns how many that were.

        Raises `NotFound` for the entity.
        """
        ...

    def unlink(self, entity_id: str, asset_id: str) -> bool:
        """Remove a link; True if there was one."""

    def of_entity(self, entity_id: str, query: LinkedAssetQuery) -> Page[LinkedAsset]:
        """The live assets of a live entity, latest link first. Raises `NotFound` for the entity."""

    def beside_of_entity(self, entity_id: str, asset_id: str) -> Neighbours:
        """The live assets next to one among those of an entity, as `of_entity` lists them; none where it is not one."""
        ...

    def covers(self, entity_ids: Sequence[str]) -> Mapping[str, str]:
        """For each entity that has one: the asset id of its cover, chosen, or else its newest linked image."""

    def counts(self, entity_ids: Sequence[str], most: int = 1000) -> Mapping[str, int]:
        """How many live assets each of these entities has; `most` says "so many or more"."""
        ...

    def record(self, readings: Sequence[Reading]) -> Sequence[str]:
        """Keep what was read out of files, in one transaction; returns the ids of those that are assets still.

        Facts go over those from before (`AssetFacts.over`). An entry replaces the one of ``meta.metadata`` with the
        same ``Source`` and ``Name``, and is added where there is none; what others add meanwhile stays. An entry that
        would make an asset's metadata too large is left out. Repeatable; what changes nothing tells no event.
        """
        ...

    def statistics(self) -> AssetStatistics:
        """The live assets by family of media types, and those of the last twelve months by month; as old as
        `Entities.statistics` may be.
        """
        ...
