"""Assets over HTTP: what is known of files, their links, and their bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from faceforge_sdk.models import (
    Asset,
    AssetPatch,
    AssetQuery,
    Deleted,
    Linked,
    LinkedAsset,
    LinkedAssetQuery,
    Page,
    TrashedAsset,
    TrashQuery,
)

from .downloads import Download, download_into, safe_name
from .exchange import at
from .uploads import Upload
from .wishes import everything, wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .exchange import Exchange

_ROOT = "/v1/assets"


class Assets:
    """Files, each known by the SHA-256 of its bytes."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._ask = exchange.ask

    def upload(
        self,
        source: str | Path | bytes | BinaryIO,
        *,
        filename: str | None = None,
        mime_type: str | None = None,
        kind: str = "file",
        meta: Any = None,
        progress: Callable[[int, int | None], None] | None = None,
    ) -> Asset:
        """Store a file: a path, bytes, or what is left of a file opened for reading. Never held in memory as a whole.

        Known bytes give the asset that is there already, out of the trash if it lay in it. `meta` is JSON that is kept
        among the asset's metadata, or the bytes of such a file. `progress` hears of the bytes that were sent, and of
        how many there are (None where the file can't tell), and may stop it by raising.

        Raises `InvalidInput`, `PayloadTooLarge`, `InsufficientStorage`, and `IntegrityError` if what came in is not
        what was read here. Nothing is stored then. OSError, where the source can't be read.
        """
        with Upload(source, filename=filename, mime_type=mime_type, meta=meta, progress=progress) as upload:
            response = upload.send(self._exchange, f"{_ROOT}/upload", {"kind": kind})
            asset = self._exchange.data_of(response, Asset)
            upload.require_same(asset.content_hash)
            return asset

    def download(
        self, asset_id: str, to: str | Path | BinaryIO, *, progress: Callable[[int, int | None], None] | None = None
    ) -> Path | None:
        """Fetch an asset's bytes into a file; returns its path, None for one that was opened by the caller.

        In a folder that is there the file gets the asset's name. A broken connection is taken up where it broke. What
        came is compared with its SHA-256, and takes its place, over a file that is there, whole or not at all; an
        opened file simply gets the bytes as they come. `progress` hears of the bytes that came, and of how many there
        are, and may stop it by raising.

        Raises `NotFound`, `IntegrityError` for bytes that are not the asset's, `StorageUnavailable`, `CoreUnreachable`.
        """
        download = Download(self._exchange, asset_id, progress)
        if not isinstance(to, str | Path):
            download.write_to(to)
            return None
        target = Path(to)
        if target.is_dir():
            target /= safe_name(self.get(asset_id).filename) or asset_id
        return download_into(target, download)

    def read(self, asset_id: str) -> bytes:
        """An asset's bytes, in memory. Raises as `download`."""
        return Download(self._exchange, asset_id).content()

    def thumbnail(self, asset_id: str, size: int = 256) -> bytes | None:
        """A WebP whose longer side is 256, 512 or 1024 pixels; None while there is none, or if none can be made.

        Raises `NotFound` for files of which no plugin makes pictures, too.
        """
        request = self._exchange.request("GET", _ROOT + at(asset_id, "thumbnail"), query={"size": size})
        with self._exchange.stream(lambda: request) as response:
            return response.read() if response.status_code == 200 else None

    def get(self, asset_id: str) -> Asset:
        """What is known of a live asset. Raises `NotFound`."""
        return self._ask("GET", _ROOT + at(asset_id), Asset)

    def list(self, query: AssetQuery | None = None, /, **conditions: Any) -> Page[Asset]:
        """One page of the live assets: ``list(media_type="image/*", taken_after="2024-05")``."""
        return self._ask("GET", _ROOT, Page[Asset], query=wish(AssetQuery, query, conditions))

    def all(self, query: AssetQuery | None = None, /, **conditions: Any) -> Iterator[Asset]:
        """All live assets that the conditions of `list` find, whatever changes meanwhile."""
        return everything(self.list, wish(AssetQuery, query, conditions))

    def update(self, asset_id: str, patch: AssetPatch | None = None, /, **facts: Any) -> Asset:
        """Change name, kind or media type: ``update(asset_id, filename="ada.jpg")``. Raises `NotFound`."""
        return self._ask("PATCH", _ROOT + at(asset_id), Asset, body=wish(AssetPatch, patch, facts))

    def delete(self, asset_id: str) -> None:
        """Move to the trash. Raises `NotFound`."""
        self._ask("DELETE", _ROOT + at(asset_id), Deleted)

    def restore(self, asset_id: str) -> Asset:
        """Bring back from the trash. Raises `NotFound` if it is not there."""
        return self._ask("POST", _ROOT + at(asset_id, "restore"), Asset)

    def trash(self, query: TrashQuery | None = None, /, **conditions: Any) -> Page[TrashedAsset]:
        """One page of those in the trash, the latest first."""
        return self._ask("GET", "/v1/trash/assets", Page[TrashedAsset], query=wish(TrashQuery, query, conditions))

    def link(self, entity_id: str, asset_id: str, role: str | None = None) -> None:
        """Link to an entity, or change the role that a link has. Raises `NotFound` for either end."""
        self._ask("POST", _of(entity_id, asset_id), Linked, body={"role": role})

    def unlink(self, entity_id: str, asset_id: str) -> bool:
        """Remove a link; True if there was one."""
        return self._ask("DELETE", _of(entity_id, asset_id), Linked).linked

    def of_entity(
        self, entity_id: str, query: LinkedAssetQuery | None = None, /, **conditions: Any
    ) -> Page[LinkedAsset]:
        """One page of an entity's live assets, the latest link first. Raises `NotFound` for the entity."""
        return self._ask("GET", _of(entity_id), Page[LinkedAsset], query=wish(LinkedAssetQuery, query, conditions))

    def all_of_entity(
        self, entity_id: str, query: LinkedAssetQuery | None = None, /, **conditions: Any
    ) -> Iterator[LinkedAsset]:
        """All of an entity's live assets."""
        return everything(lambda page: self.of_entity(entity_id, page), wish(LinkedAssetQuery, query, conditions))


def _of(entity_id: str, *asset_id: str) -> str:
    return "/v1/entities" + at(entity_id, "assets", *asset_id)
