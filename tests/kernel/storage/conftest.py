"""A home with a storage service over the real catalog, database and file system provider."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from faceforge_builtins.storage_fs.provider import FileSystemProvider
from faceforge_core.catalog.assets import AssetCatalog
from faceforge_core.config import CoreConfig
from faceforge_core.db.engine import Database
from faceforge_core.db.migrate import migrate
from faceforge_core.db.statements import prepare
from faceforge_core.events import EventLog
from faceforge_core.home import Home
from faceforge_core.owned import Owned
from faceforge_core.storage.service import StorageService
from faceforge_sdk.protocols import Sidecar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faceforge_sdk.contributions import StorageRule
    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import StorageProvider


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
        self.storage = StorageService(
            database=self.database,
            events=self.events,
            assets=self.assets,
            staging_dir=self.home.staging_dir,
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
def house(tmp_path: Path) -> Iterator[House]:
    home = Home.at(tmp_path / "home")
    home.prepare()
    migrate(home.database, home.backups_dir)
    fs = FileSystemProvider(home.assets_dir, home.quarantine_dir, logging.getLogger("storage_fs"))
    with Database(home.database) as database:
        yield House(home, database, fs)
