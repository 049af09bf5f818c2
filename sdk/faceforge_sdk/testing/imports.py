"""The memory of imports, without a disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from faceforge_sdk.errors import InvalidInput, NotFound
from faceforge_sdk.models import EntityDraft, EntityFilter, EntityQuery, ImportCount, ImportSummary

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from faceforge_sdk.models import Entity
    from faceforge_sdk.protocols import FileOrigin

    from .assets import FakeAssets
    from .entities import FakeEntities

Kind = Literal["asset", "entity", "link"]


class FakeImports:
    """`faceforge_sdk.protocols.Imports` in memory, over the other stand-ins. An import is known once it created."""

    def __init__(self, assets: FakeAssets, entities: FakeEntities) -> None:
        self._assets = assets
        self._entities = entities
        self._seen: dict[bytes, tuple[FileOrigin, str]] = {}
        self._created: dict[str, dict[tuple[Kind, str, str], None]] = {}

    def remember(
        self, asset_id: str, *, created: bool = True, origin: FileOrigin | None = None, import_id: str | None = None
    ) -> None:
        """Note where an asset came from, and that the import created it, as `Storage.keep` does."""
        if origin is not None:
            self._seen[origin.path] = (origin, asset_id)
        if created and import_id is not None:
            self._note(import_id, "asset", asset_id)

    def unchanged(self, files: Sequence[FileOrigin]) -> Sequence[str | None]:
        found = [self._seen.get(file.path) for file in files]
        return [
            seen[1] if seen is not None and seen[0] == file and self._lives("asset", seen[1]) else None
            for seen, file in zip(found, files, strict=True)
        ]

    def link(self, import_id: str | None, links: Sequence[tuple[str, str, str | None]]) -> int:
        new = 0
        for entity_id, asset_id, role in links:
            ends = self._lives("entity", entity_id) and self._lives("asset", asset_id)
            if ends and not self._lives("link", asset_id, entity_id):
                self._assets.link(entity_id, asset_id, role)
                new += 1
                if import_id is not None:
                    self._note(import_id, "link", asset_id, entity_id)
        return new

    def entity(self, import_id: str, name: str, key: str, tags: Sequence[str]) -> str:
        if not name.strip():
            raise InvalidInput("An entity needs a name.")
        found = self._with_key(key) or self._with_name(name)
        if found is None:
            draft = EntityDraft(display_name=name, tags=list(dict.fromkeys(tags)), external_ids={"import": key})
            found = self._entities.create(draft)
            self._note(import_id, "entity", found.entity_id)
        self._entities.retag([found.entity_id], tags, [])
        return found.entity_id

    def summary(self, import_id: str) -> ImportSummary:
        if import_id not in self._created:
            raise NotFound(f"There is no import {import_id!r}.")
        return ImportSummary(
            job_id=import_id,
            assets=self._count(import_id, "asset"),
            entities=self._count(import_id, "entity"),
            links=self._count(import_id, "link"),
        )

    def undo(
        self, import_id: str, progress: Callable[[float, str | None], None], check_cancelled: Callable[[], None]
    ) -> Mapping[str, int]:
        self.summary(import_id)
        taken_back = {"links": 0, "assets": 0, "entities": 0}
        for kind, thing_id, of_entity_id in sorted(self._created[import_id], key=lambda one: one[0] != "link"):
            check_cancelled()
            if not self._lives(kind, thing_id, of_entity_id):
                continue
            if kind == "link":
                self._assets.unlink(of_entity_id, thing_id)
                taken_back["links"] += 1
            elif kind == "asset":
                self._assets.delete(thing_id)
                taken_back["assets"] += 1
            else:
                self._entities.delete(thing_id)
                taken_back["entities"] += 1
        progress(100, None)
        return taken_back

    def _note(self, import_id: str, kind: Kind, thing_id: str, of_entity_id: str = "") -> None:
        self._created.setdefault(import_id, {})[kind, thing_id, of_entity_id] = None

    def _count(self, import_id: str, kind: Kind) -> ImportCount:
        things = [one for one in self._created[import_id] if one[0] == kind]
        return ImportCount(created=len(things), live=sum(self._lives(*one) for one in things))

    def _lives(self, kind: Kind, thing_id: str, of_entity_id: str = "") -> bool:
        if kind == "link":
            return self._assets.is_linked(of_entity_id, thing_id)
        try:
            self._assets.get(thing_id) if kind == "asset" else self._entities.get(thing_id)
        except NotFound:
            return False
        return True

    def _with_key(self, key: str) -> Entity | None:
        return next((one for one in self._all() if one.external_ids.get("import") == key), None)

    def _with_name(self, name: str) -> Entity | None:
        wanted = name.casefold()
        found = [one for one in self._all() if wanted in map(str.casefold, (one.display_name, *one.aliases))]
        return found[0] if len(found) == 1 else None

    def _all(self) -> Sequence[Entity]:
        everybody = self._entities.count(EntityFilter())
        return self._entities.list(EntityQuery.model_construct(limit=everybody)).items
