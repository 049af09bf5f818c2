"""The bytes of assets: taken in, and read from whichever provider holds them."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faceforge_core.storage.adoption import Adoption
from faceforge_core.storage.fsck import Fsck
from faceforge_core.storage.intake import Intake
from faceforge_core.storage.lending import Lending
from faceforge_core.storage.migration import Migration
from faceforge_core.storage.providers import FALLBACK, ProviderRegistry, ask_directly, discard, is_available
from faceforge_core.storage.receiving import Receiver
from faceforge_core.storage.small_files import SmallFileReceiver
from faceforge_core.storage.staging import Staging
from faceforge_core.storage.upload import IncomingFile
from faceforge_core.storage.usage import Usage
from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.files import FileReader
from faceforge_sdk.locks import KeyLocks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import BinaryIO

    from faceforge_core.catalog.assets import AssetCatalog
    from faceforge_core.catalog.imports import ImportCatalog
    from faceforge_core.catalog.trashed import StoredFile
    from faceforge_core.config import CoreConfig
    from faceforge_core.db.engine import Database
    from faceforge_core.events import EventLog
    from faceforge_core.owned import Owned
    from faceforge_core.storage.migration import Progress, Report
    from faceforge_core.storage.providers import RuleCall
    from faceforge_core.storage.staging import StagedFile
    from faceforge_sdk.contributions import StorageRule
    from faceforge_sdk.models import Asset, MigratePlan, MigrateRequest, StorageUsage, VerifyOptions, VerifyReport
    from faceforge_sdk.protocols import Arrival, ByteReader, Kept, StorageProvider


class StorageService:
    """The SDK's `Storage`. `providers` and `rules` give what the current generation has, the rules in their order."""

    def __init__(  # noqa: PLR0913 - all that the parts of storage stand on
        self,
        *,
        database: Database,
        events: EventLog,
        assets: AssetCatalog,
        imports: ImportCatalog,
        staging_dir: Path,
        tmp_dir: Path,
        config: Callable[[], CoreConfig],
        providers: Callable[[], Sequence[Owned[StorageProvider]]],
        rules: Callable[[], Sequence[Owned[StorageRule]]],
        ask: RuleCall = ask_directly,
    ) -> None:
        self._assets = assets
        self._config = config
        self._providers = providers
        self._registry = ProviderRegistry(providers, rules, ask)
        self._staging = Staging(staging_dir, config)
        self._contents = KeyLocks()
        """Held by content hash while bytes and row are not in step: whoever stores, moves or removes them waits."""
        self._receiver = Receiver(self._staging, lambda: config().limits)
        self._intake = Intake(database, assets, imports, self._registry, self._contents, lambda: config().limits)
        self._lending = Lending(tmp_dir, self.open, self.local_file)
        self._adoption = Adoption(database, events, self._registry, self._staging)
        self._migration = Migration(database, self._registry, self._staging, self._contents)
        self._fsck = Fsck(database, assets, self._registry, self._staging, self.open)
        self._usage = Usage(database, self._registry)

    def begin_upload(self, *, expected_size: int | None = None) -> IncomingFile:
        """Start an upload. Raises `InsufficientStorage` before a byte is read."""
        self._staging.require_space(expected_size or 0)
        return IncomingFile(self._staging, self._config().limits, self._intake.keep_one)

    def receive(self, source: BinaryIO, byte_size: int, copied: Callable[[int], None]) -> StagedFile:
        """Copy and hash the next bytes of a file; see `Receiver.receive`."""
        return self._receiver.receive(source, byte_size, copied)

    def small_files(self) -> SmallFileReceiver:
        """Receives many small files; see `SmallFileReceiver`."""
        return SmallFileReceiver(self._staging, lambda: self._config().limits)

    def keep(self, arrivals: Sequence[Arrival], before_recording: Callable[[], None] | None = None) -> Sequence[Kept]:
        """Make received files durable and record them; see `Intake.keep`."""
        return self._intake.keep(arrivals, before_recording)

    def as_file(self, asset: Asset) -> AbstractContextManager[Path]:
        """A file with the asset's bytes for as long as it is needed; see `Lending.as_file`."""
        return self._lending.as_file(asset)

    def open(self, asset: Asset, start: int = 0, end: int | None = None) -> ByteReader:
        """Read an asset's bytes; that they are there, and as many as the row says, is known before the first one."""
        stop = asset.byte_size if end is None else end
        try:
            return self._open(asset, start, stop)
        except IntegrityError:
            present = self._assets.get_any(asset.asset_id)
            if present is None or _place(present) == _place(asset):
                raise
            return self._open(present, start, stop)  # it was moved just now

    def _open(self, asset: Asset, start: int, stop: int) -> ByteReader:
        external = external_path(asset)
        try:
            if external is not None:
                _require_size(_size_of(external), asset)
                return FileReader(external, start, stop)
            provider = self._registry.named(asset.storage_provider)
            if provider.name == FALLBACK:  # a place elsewhere is asked once: its `open` answers for what is not there
                _require_size(provider.stat(asset.storage_key), asset)
            return provider.open(asset.storage_key, start, stop)
        except IntegrityError as error:
            reason = error.details.get("reason") if isinstance(error.details, dict) else None
            raise IntegrityError(str(error), details={"asset_id": asset.asset_id, "reason": reason}) from error

    def local_file(self, asset: Asset) -> Path | None:
        """A file that holds the asset's bytes, if there is one on this computer."""
        external = external_path(asset)
        if external is not None:
            return external if _size_of(external) is not None else None
        return self._registry.named(asset.storage_provider).local_path(asset.storage_key)

    def available(self) -> Mapping[str, bool]:
        """Each place for files, and whether it can be used now; asks those that are elsewhere."""
        return {one.value.name: is_available(one.value) for one in self._providers()}

    def usage(self) -> StorageUsage:
        """What each provider holds."""
        return self._usage.read(displaced=self._migration.waiting())

    def verify(self, options: VerifyOptions, progress: Progress, check_cancelled: Callable[[], None]) -> VerifyReport:
        """Check the facts and the bytes; see `Fsck.run`."""
        return self._fsck.run(options, progress, check_cancelled)

    def plan_migration(self, request: MigrateRequest) -> MigratePlan:
        """What `migrate` would move. Raises `InvalidInput` for a provider that no enabled plugin offers."""
        return self._migration.plan(request)

    def migrate(
        self, request: MigrateRequest, progress: Progress, check_cancelled: Callable[[], None], report: Report
    ) -> Mapping[str, int]:
        """Move the bytes of assets; see `Migration.run`."""
        return self._migration.run(request, progress, check_cancelled, report)

    def settle(self, progress: Progress, check_cancelled: Callable[[], None]) -> Mapping[str, int]:
        """Move what lies in the home for want of its own place; see `Migration.settle`."""
        return self._migration.settle(progress, check_cancelled)

    def warnings(self) -> Sequence[str]:
        """What the owner should know of where files went."""
        waiting = self._migration.waiting()
        if not waiting:
            return ()
        return (
            f"{waiting} files went to this computer's disk because their own place did not take them; "
            "they are moved there once it does.",
        )

    def adopt(
        self, progress: Callable[[float, str | None], None], check_cancelled: Callable[[], None]
    ) -> Mapping[str, int]:
        """Verify and take over what v0.1.9 left behind; see `Adoption.run`."""
        return self._adoption.run(progress, check_cancelled)

    def needs_adoption(self) -> bool:
        """Whether files of v0.1.9 wait to be taken over: then a job of the type ``storage.adopt`` is due."""
        return self._adoption.waiting()

    def remove(self, stored: StoredFile, *, forget: Callable[[], bool], needed: Callable[[], bool]) -> bool:
        """Remove a file for good: its row first, by `forget`, and the bytes last, unless they are `needed`.

        False, and nothing is removed, if `forget` says that there is no such row any more. The same bytes do not come
        in meanwhile. Raises `StorageUnavailable`, before anything is removed, where the holder of the bytes does not
        answer; one that fails after the row is gone costs bytes without a row. Files that v0.1.9 left with the user
        are never touched.
        """
        with self._contents.holding(stored.content_hash):
            provider = self._registry.holder_of(stored)
            if not forget():
                return False
            if provider is not None and not needed():
                discard(provider, stored)
            return True

    def clear_staging(self) -> int:
        """Remove what a Core that died left unfinished, or lent; called once at start, under the home's lock."""
        self._lending.clear()
        return self._staging.clear()


def _place(asset: Asset) -> tuple[str, str]:
    return asset.storage_provider, asset.storage_key


def external_path(asset: Asset) -> Path | None:
    """Where v0.1.9 merely pointed to the user's own file: such a row has no key, and names its source."""
    if asset.storage_key:
        return None
    source: Any = asset.meta.get("source")
    path = source.get("path") if isinstance(source, dict) else None
    if not isinstance(path, str) or not path or "\0" in path:
        raise IntegrityError(
            "The row names no place for the bytes.", details={"asset_id": asset.asset_id, "reason": "missing"}
        )
    return Path(path)


def _size_of(path: Path) -> int | None:
    try:
        facts = path.stat()
    except (OSError, ValueError):
        return None
    return facts.st_size if stat.S_ISREG(facts.st_mode) else None


def _require_size(found: int | None, asset: Asset) -> None:
    if found is None:
        raise IntegrityError("The file's bytes are missing.", details={"reason": "missing"})
    if found != asset.byte_size:
        raise IntegrityError(f"The file has {found} bytes instead of {asset.byte_size}.", details={"reason": "size"})
