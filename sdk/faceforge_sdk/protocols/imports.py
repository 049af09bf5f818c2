"""What imports remember: where files came from, and what each import created."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faceforge_sdk.models import ImportSummary

    from .storage import FileOrigin


class Imports(Protocol):
    """The memory of imports, each known by the id of its job. All methods block.

    What it created is written in the transactions that create it, so an import that was killed is remembered as far as
    it came. It is forgotten with its job.
    """

    def unchanged(self, files: Sequence[FileOrigin]) -> Sequence[str | None]:
        """For each file: the asset that it became when it was last kept, if it is the same still; else None.

        The same means: equal in all that `FileOrigin` says, and the asset is live.
        """
        ...

    def link(self, import_id: str, links: Sequence[tuple[str, str, str | None]]) -> int:
        """Link assets to entities (entity, asset, role), as what the import created; returns how many are new.

        What is linked already stays as it is, and an end that is not live is passed over.
        """
        ...

    def entity(self, import_id: str, name: str, key: str, tags: Sequence[str]) -> str:
        """The live entity for a folder, found or made, and given these tags; returns its id.

        Found is who has the external id ``import:key``, else the one live entity with exactly this display name or
        alias without regard to case; where there is none, or several, a new one is made, with that external id.
        """
        ...

    def summary(self, import_id: str) -> ImportSummary:
        """What an import created and how much of that is live. Raises `NotFound` for a job that was no import."""
        ...

    def undo(
        self, import_id: str, progress: Callable[[float, str | None], None], check_cancelled: Callable[[], None]
    ) -> Mapping[str, int]:
        """Move what an import created to the trash, and remove the links that it made; returns how many of each.

        What was there before stays as it is, as do tags it gave. Repeatable; `check_cancelled` stops it by raising.
        """
        ...
