"""The memory of imports, in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk.errors import NotFound
from faceforge_sdk.models import EntityDraft, ImportCount, ImportSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faceforge_sdk.protocols import Arrival, FileOrigin

    from .catalog import FakeAssets, FakeEntities

_Things = dict[str, list[tuple[str, ...]]]


class FakeImports:
    """`faceforge_sdk.protocols.Imports` over fakes of assets and entities.

    `seen` has where files came from. Any job is an import once it kept or made something, or after `created` of it.
    """

    def __init__(self, assets: FakeAssets, entities: FakeEntities) -> None:
        self.seen: dict[bytes, tuple[FileOrigin, str]] = {}
        self._assets = assets
        self._entities = entities
        self._keys: dict[str, str] = {}
        self._created: dict[str, _Things] = {}

    def created(self, import_id: str) -> _Things:
        """What an import created by now: ``assets``, ``entities``, and ``links`` (entity, asset)."""
        return self._created.setdefault(import_id, {"links": [], "assets": [], "entities": []})

    def unchanged(self, files: Sequence[FileOrigin]) -> Sequence[str | None]:
        return [self._known(file) for file in files]

    def link(self, import_id: str, links: Sequence[tuple[str, str, str | None]]) -> int:
        new = 0
        for entity_id, asset_id, role in links:
            if self._lives((entity_id, asset_id)) and not self._assets.is_linked(entity_id, asset_id):
                self._assets.link(entity_id, asset_id, role)
                self.created(import_id)["links"].append((entity_id, asset_id))
                new += 1
        return new

    def entity(self, import_id: str, name: str, key: str, tags: Sequence[str]) -> str:
        known = self._keys.get(key)
        found = [known] if known is not None and _there(self._entities.get, known) else self._entities.called(name)
        if len(found) == 1:
            self._entities.retag(found, tags, [])
            return found[0]
        draft = EntityDraft(display_name=name, tags=list(tags), external_ids={"import": key})
        entity_id = self._keys[key] = self._entities.create(draft).entity_id
        self.created(import_id)["entities"].append((entity_id,))
        return entity_id

    def summary(self, import_id: str) -> ImportSummary:
        if import_id not in self._created:
            raise NotFound(f"There is no import {import_id!r}.")
        links, assets, entities = (self._created[import_id][kind] for kind in ("links", "assets", "entities"))
        return ImportSummary(
            job_id=import_id,
            links=ImportCount(created=len(links), live=sum(self._assets.is_linked(*link) for link in links)),
            assets=ImportCount(created=len(assets), live=sum(_there(self._assets.get, *one) for one in assets)),
            entities=ImportCount(created=len(entities), live=sum(_there(self._entities.get, *one) for one in entities)),
        )

    def undo(
        self, import_id: str, progress: Callable[[float, str | None], None], check_cancelled: Callable[[], None]
    ) -> Mapping[str, int]:
        self.summary(import_id)
        check_cancelled()
        created = self._created[import_id]
        undone = {
            "links": sum(self._assets.unlink(*link) for link in created["links"]),
            "assets": sum(_there(self._assets.get, *one) for one in created["assets"]),
            "entities": self._entities.delete_many([entity_id for (entity_id,) in created["entities"]]),
        }
        for (asset_id,) in created["assets"]:
            if _there(self._assets.get, asset_id):
                self._assets.delete(asset_id)
        progress(100, None)
        return undone

    def remember(self, arrival: Arrival, asset_id: str, *, created: bool) -> None:
        """Note what `FakeStorage.keep` stored."""
        if arrival.origin is not None:
            self.seen[arrival.origin.path] = (arrival.origin, asset_id)
        if arrival.import_id is not None:
            self.created(arrival.import_id)["assets"] += [(asset_id,)] if created else []
            self.link(arrival.import_id, [(entity_id, asset_id, role) for entity_id, role in arrival.links])

    def _known(self, file: FileOrigin) -> str | None:
        origin, asset_id = self.seen.get(file.path, (None, ""))
        return asset_id if origin == file and _there(self._assets.get, asset_id) else None

    def _lives(self, link: tuple[str, str]) -> bool:
        entity_id, asset_id = link
        return _there(self._entities.get, entity_id) and _there(self._assets.get, asset_id)


def _there(get: Callable[[str], object], thing_id: str) -> bool:
    try:
        get(thing_id)
    except NotFound:
        return False
    return True
