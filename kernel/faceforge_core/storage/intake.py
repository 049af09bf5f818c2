"""From staged files to assets: bytes first and rows last, one file or many together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from faceforge_core.catalog.assets import NewAsset
from faceforge_core.storage.description import Description, describe, require_bytes, sidecar_entry
from faceforge_core.storage.placing import Place, Placement
from faceforge_core.storage.staging import StagedFile
from faceforge_core.storage.upload import Stored
from faceforge_sdk.errors import InvalidInput, PayloadTooLarge
from faceforge_sdk.protocols import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from faceforge_core.catalog.assets import AssetCatalog
    from faceforge_core.catalog.imports import ImportCatalog
    from faceforge_core.config_model import Limits
    from faceforge_core.db.engine import Database, Transaction
    from faceforge_core.storage.providers import ProviderRegistry
    from faceforge_sdk.errors import FaceForgeError
    from faceforge_sdk.locks import KeyLocks
    from faceforge_sdk.protocols import Arrival

T = TypeVar("T")
Places: TypeAlias = "Mapping[str, Place | FaceForgeError]"


@dataclass(frozen=True, slots=True)
class _Described:
    """An arrival whose description was accepted, and why its sidecar was left out, if it was."""

    arrival: Arrival
    file: StagedFile
    description: Description
    sidecar_problem: str | None = None


class Intake:
    """Keeps staged files. `contents` is held by content hash while bytes and rows are not in step."""

    def __init__(
        self,
        database: Database,
        assets: AssetCatalog,
        imports: ImportCatalog,
        registry: ProviderRegistry,
        contents: KeyLocks,
        limits: Callable[[], Limits],
    ) -> None:
        self._database = database
        self._assets = assets
        self._imports = imports
        self._placement = Placement(registry)
        self._contents = contents
        self._limits = limits

    def keep_one(self, file: StagedFile, description: Description) -> Stored:
        """Make an upload durable and record it. Raises all that speaks against it."""

        def record(tx: Transaction, places: Places) -> Stored:
            place = _found(places[file.content_hash])
            known = self._assets.store(tx, _row(file, description, place))
            return Stored(self._assets.of(tx, file.content_hash), known, place.displaced)

        return self._keep({file.content_hash: (file, description)}, record)

    def keep(self, arrivals: Sequence[Arrival], before_recording: Callable[[], None] | None = None) -> Sequence[Kept]:
        """See the SDK's `Storage.keep`."""
        try:
            described = [self._describe(arrival) for arrival in arrivals]
            taken: dict[str, tuple[StagedFile, Description]] = {}
            for one in described:
                if isinstance(one, _Described):
                    taken.setdefault(one.file.content_hash, (one.file, one.description))

            def record(tx: Transaction, places: Places) -> Sequence[Kept]:
                new = self._assets.store_unknown(tx, _rows(described, places))
                answers = [
                    self._record(tx, one, places, new) if isinstance(one, _Described) else one for one in described
                ]
                stored = zip(arrivals, answers, strict=True)
                self._imports.remember(tx, [(one, not kept.known) for one, kept in stored if kept.error is None])
                return answers

            return self._keep(taken, record, before_recording)
        finally:
            for arrival in arrivals:
                arrival.received.discard()

    def _keep(
        self,
        files: Mapping[str, tuple[StagedFile, Description]],
        record: Callable[[Transaction, Places], T],
        before_recording: Callable[[], None] | None = None,
    ) -> T:
        """Bytes first, rows last. If the rows fail the bytes stay, unreferenced, for fsck to report: another upload of
        the same bytes may have adopted them already."""
        with self._contents.holding_all(files):
            places = dict(zip(files, self._placement.place([*files.values()]), strict=True))
            if before_recording is not None:
                before_recording()
            return self._database.write(lambda tx: record(tx, places))

    def _describe(self, arrival: Arrival) -> _Described | Kept:
        file = arrival.received
        if not isinstance(file, StagedFile):
            raise TypeError("Only what `receive` gave can be kept.")
        depth = self._limits().json_depth
        try:
            require_bytes(file.byte_size)
            description = describe(
                filename=arrival.filename,
                content_type=arrival.content_type,
                kind=arrival.kind,
                sidecar=None,
                max_depth=depth,
            )
        except InvalidInput as error:
            return Kept(file.content_hash, file.byte_size, error=error)
        if arrival.sidecar is None:
            return _Described(arrival, file, description)
        try:
            entry = sidecar_entry(arrival.sidecar, max_depth=depth)
        except InvalidInput as error:
            return _Described(arrival, file, description, str(error))
        return _Described(arrival, file, replace(description, sidecar=entry))

    def _record(self, tx: Transaction, one: _Described, places: Places, new: set[str]) -> Kept:
        """What became of one; `new` are those that are recorded already, each taken out by the first that has it."""
        asset_id, place, problem = one.file.content_hash, places[one.file.content_hash], one.sidecar_problem
        if not isinstance(place, Place):
            return Kept(asset_id, one.file.byte_size, error=place)
        if asset_id in new:
            new.remove(asset_id)
            return Kept(asset_id, one.file.byte_size, False, place.displaced, problem)
        row = _row(one.file, one.description, place)
        try:
            known = self._assets.store(tx, row)
        except PayloadTooLarge as error:
            problem = str(error)
            known = self._assets.store(tx, row._replace(sidecar=None))
        return Kept(asset_id, one.file.byte_size, known, place.displaced, problem)


def _rows(described: Sequence[_Described | Kept], places: Places) -> Iterator[NewAsset]:
    for one in described:
        if isinstance(one, _Described) and isinstance(place := places[one.file.content_hash], Place):
            yield _row(one.file, one.description, place)


def _row(file: StagedFile, description: Description, place: Place) -> NewAsset:
    return NewAsset(
        content_hash=file.content_hash,
        byte_size=file.byte_size,
        kind=description.kind,
        filename=description.filename,
        mime_type=description.mime_type,
        storage_provider=place.provider,
        storage_key=place.key,
        bytes_state=place.state,
        sidecar=description.sidecar,
    )


def _found(place: Place | FaceForgeError) -> Place:
    if isinstance(place, Place):
        return place
    raise place
