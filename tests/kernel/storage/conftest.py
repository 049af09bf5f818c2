"""A home with a storage service over the real catalog, database and file system provider, and its trash."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from faceforge_builtins.storage_fs.provider import FileSystemProvider
from faceforge_core.catalog.assets import AssetCatalog
from faceforge_core.catalog.entity_rows import EntityRows
from faceforge_core.catalog.ids import new_id
from faceforge_core.catalog.imports import ImportCatalog
from faceforge_core.catalog.links import LinkCatalog
from faceforge_core.clock import text_of
from faceforge_core.config import CoreConfig
from faceforge_core.db import identity
from faceforge_core.db.engine import Database
from faceforge_core.db.statements import prepare
from faceforge_core.events import EventLog
from faceforge_core.home import Home, HomeMarker, write_marker
from faceforge_core.owned import Owned
from faceforge_core.storage.service import StorageService
from faceforge_core.storage.trash import TrashService
from faceforge_sdk.protocols import Sidecar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faceforge_sdk.contributions import StorageRule
    from faceforge_sdk.models import Asset, TrashKind
    from faceforge_sdk.protocols import StorageProvider

TABLES: dict[TrashKind, tuple[str, str]] = {
    "entities": ("entities", "entity_id"),
    "assets": ("assets", "asset_id"),
    "descriptors": ("descriptors", "descriptor_id"),
    "field-defs": ("field_definitions", "field_def_id"),
    "relationships": ("relationships", "relationship_id"),
}
LONG_AGO = "2020-01-01T00:00:00.000Z"


@dataclass
class House:
    """What a test of storage holds in its hands."""

    home: Home
    database: Database
    fs: FileSystemProvider
    limits: dict[str, Any] = field(default_factory=dict)
    providers: list[Owned[StorageProvider]] = field(default_factory=list)
    rules: list[Owned[StorageRule]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.providers.append(Owned("faceforge.storage_fs", self.fs))
        self.events = EventLog(self.database)
        self.assets = AssetCatalog(self.database, self.events)
        self.links = LinkCatalog(self.database, self.events)
        self.imports = ImportCatalog(self.database, self.assets, self.links, EntityRows(self.events))
        self.storage = StorageService(
            database=self.database,
            events=self.events,
            assets=self.assets,
            imports=self.imports,
            staging_dir=self.home.staging_dir,
            tmp_dir=self.home.tmp_dir,
            config=lambda: CoreConfig.model_validate({"limits": self.limits}),
            providers=lambda: self.providers,
            rules=lambda: self.rules,
        )

    def store(
        self,
        content: bytes,
        filename: str = "photo.jpg",
        *,
        content_type: str | None = None,
        kind: str = "file",
        sidecar: bytes | None = None,
    ) -> Asset:
        """Upload in one piece."""
        with self.storage.begin_upload(expected_size=len(content)) as upload:
            upload.write(content)
            return upload.commit(
                filename=filename,
                content_type=content_type,
                kind=kind,
                sidecar=None if sidecar is None else Sidecar("_meta.json", sidecar),
            )

    def content_of(self, asset: Asset) -> bytes:
        reader = self.storage.open(asset)
        try:
            return b"".join(iter(lambda: reader.read(65536), b""))
        finally:
            reader.close()

    def blob(self, asset: Asset) -> Path:
        """Where the contract says that the bytes lie."""
        return self.home.assets_dir / "files" / asset.asset_id[:2] / asset.asset_id

    def files(self) -> list[str]:
        """Everything that an upload may have left: names below assets and staging, without marks."""
        found = [*self.home.assets_dir.rglob("*"), *self.home.staging_dir.rglob("*")]
        return sorted(path.name for path in found if path.is_file() and not path.name.startswith("."))

    def rows(self) -> int:
        with self.database.read() as reader:
            return int(reader.value(prepare(text("SELECT count(*) FROM assets"))))

    def execute(self, sql: str, **values: object) -> None:
        self.database.write(lambda tx: tx.run(prepare(text(sql)), **values))

    def placed(self, asset: Asset, storage_key: str, meta: object = None) -> Asset:
        """The asset after somebody gave its row another key, and `meta`."""
        self.execute(
            "UPDATE assets SET storage_key = :key, meta_json = :meta WHERE asset_id = :id",
            key=storage_key,
            meta=json.dumps(meta or {}),
            id=asset.asset_id,
        )
        return self.assets.get(asset.asset_id)

    def state_of(self, asset_id: str) -> str:
        with self.database.read() as reader:
            return str(reader.value(prepare(text("SELECT bytes_state FROM assets WHERE asset_id = :id")), id=asset_id))


@pytest.fixture
def house(tmp_path: Path, put_database: Callable[[Path], None]) -> Iterator[House]:
    home = Home.at(tmp_path / "home")
    home.prepare()
    put_database(home.database)
    fs = FileSystemProvider(home.assets_dir, home.quarantine_dir, logging.getLogger("storage_fs"))
    with Database(home.database) as database:
        yield House(home, database, fs)


class Can:
    """A house whose trash can be emptied; things are made as rows, and come back as their ids."""

    def __init__(self, house: Any) -> None:
        self.house = house
        self.keep_days: int | str = 30
        self.trash = TrashService(
            house.database,
            house.events,
            house.storage,
            lambda: CoreConfig.model_validate({"trash": {"keep_days": self.keep_days}}),
            house.home.assets_dir,
        )
        identity.set_home_uuid(house.database, "the-home")
        write_marker(house.home.assets_dir, HomeMarker("the-home"))
        self.upgraded_at(LONG_AGO)

    def upgraded_at(self, moment: str) -> None:
        self.house.execute("UPDATE home_identity SET value = :at WHERE key = 'trash_counts_from'", at=moment)

    def row(self, table: str, **values: object) -> None:
        names = ", ".join(values)
        self.house.execute(
            f"INSERT INTO {table} ({names}) VALUES ({', '.join(':' + name for name in values)})", **values
        )

    def entity(self, deleted_at: str | None = None) -> str:
        entity_id = new_id()
        self.row("entities", entity_id=entity_id, display_name="Ada", deleted_at=deleted_at)
        return entity_id

    def descriptor(self, entity_id: str, deleted_at: str | None = None) -> str:
        descriptor_id = new_id()
        self.row(
            "descriptors",
            descriptor_id=descriptor_id,
            entity_id=entity_id,
            field_key=descriptor_id[:8],
            deleted_at=deleted_at,
        )
        return descriptor_id

    def relationship(self, src: str, dst: str, deleted_at: str | None = None) -> str:
        relationship_id = new_id()
        self.row(
            "relationships",
            relationship_id=relationship_id,
            src_entity_id=src,
            dst_entity_id=dst,
            relationship_type="knows",
            deleted_at=deleted_at,
        )
        return relationship_id

    def field_def(self, deleted_at: str | None = None) -> str:
        field_def_id = new_id()
        self.row(
            "field_definitions",
            field_def_id=field_def_id,
            field_key=field_def_id[:8],
            field_type="text",
            deleted_at=deleted_at,
        )
        return field_def_id

    def asset(self, content: bytes, *, trashed_at: str | None = LONG_AGO) -> Asset:
        asset: Asset = self.house.store(content)
        if trashed_at is not None:
            self.house.assets.delete(asset.asset_id)
            self.house.execute(
                "UPDATE assets SET deleted_at = :at WHERE asset_id = :id", at=trashed_at, id=asset.asset_id
            )
        return asset

    def ago(self, **age: float) -> str:
        """A moment so long ago: ``ago(days=3)``."""
        return text_of(datetime.now(UTC) - timedelta(**age))

    def change(self, asset: Asset, **values: object) -> None:
        sets = ", ".join(f"{name} = :{name}" for name in values)
        self.house.execute(f"UPDATE assets SET {sets} WHERE asset_id = :id", id=asset.asset_id, **values)

    def has(self, kind: TrashKind, thing_id: str) -> bool:
        table, column = TABLES[kind]
        return bool(self.value(f"SELECT count(*) FROM {table} WHERE {column} = :id", id=thing_id))

    def value(self, sql: str, **values: object) -> Any:
        with self.house.database.read() as reader:
            return reader.value(prepare(text(sql)), **values)

    def events(self, event_type: str) -> list[str]:
        with self.house.database.read() as reader:
            return [event.subject for event in self.house.events.after(reader, 0, [event_type], limit=10_000)]

    def empty(self, *kinds: TrashKind, days: int = 0, check_cancelled: Callable[[], None] = lambda: None) -> Any:
        return self.trash.purge_older(kinds or list(TABLES), days, lambda _percent, _step: None, check_cancelled)


@pytest.fixture
def can(house: Any) -> Can:
    return Can(house)
