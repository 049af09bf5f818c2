"""What stands behind a plugin's context, and what a plugin may stand in for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from starlette.requests import Request
    from starlette.responses import Response

    from .models import (
        Asset,
        AssetPatch,
        AssetQuery,
        Entity,
        EntityDraft,
        EntityPatch,
        EntityQuery,
        Job,
        LinkedAsset,
        LinkedAssetQuery,
        Page,
        Plugin,
        PluginConfig,
        PluginList,
        SystemInfo,
        TagCount,
        TrashedAsset,
        TrashedEntity,
        TrashQuery,
    )

T = TypeVar("T")
R = TypeVar("R")
T_co = TypeVar("T_co", covariant=True)


# --- Catalog --------------------------------------------------------------------------------------------------------


class Entities(Protocol):
    """The entities. All methods block; `get` takes well under a millisecond, the others belong on a thread."""

    def create(self, draft: EntityDraft) -> Entity:
        """Store a new entity; durable when this returns."""
        ...

    def get(self, entity_id: str) -> Entity:
        """The live entity. Raises `NotFound`."""
        ...

    def list(self, query: EntityQuery) -> Page[Entity]:
        """Live entities. Raises `InvalidInput` for a cursor that does not belong to this query."""
        ...

    def update(self, entity_id: str, patch: EntityPatch, *, expected_revision: int | None = None) -> Entity:
        """Change what `patch` names. Raises `NotFound`, or `PreconditionFailed` if the revision is another by now."""
        ...

    def delete(self, entity_id: str) -> None:
        """Move to the trash: links, descriptors and relationships hide with it. Raises `NotFound`."""
        ...

    def restore(self, entity_id: str) -> Entity:
        """Bring back from the trash, with exactly what its deletion hid. Raises `NotFound` if it is not there."""
        ...

    def trash(self, query: TrashQuery) -> Page[TrashedEntity]:
        """What lies in the trash, latest first."""
        ...

    def tags(self, limit: int = 100) -> Sequence[TagCount]:
        """The tags in use by live entities, most used first."""
        ...


class Assets(Protocol):
    """The assets' facts and links. Their bytes come in by `Storage`."""

    def get(self, asset_id: str) -> Asset:
        """The live asset. Raises `NotFound`."""
        ...

    def list(self, query: AssetQuery) -> Page[Asset]:
        """Live assets."""
        ...

    def update(self, asset_id: str, patch: AssetPatch) -> Asset:
        """Change name, kind or media type. Raises `NotFound`, `InvalidInput`."""
        ...

    def delete(self, asset_id: str) -> None:
        """Move to the trash; the bytes stay until it is emptied. Raises `NotFound`."""
        ...

    def restore(self, asset_id: str) -> Asset:
        """Bring back from the trash. Raises `NotFound` if it is not there."""
        ...

    def trash(self, query: TrashQuery) -> Page[TrashedAsset]:
        """What lies in the trash, latest first."""
        ...

    def link(self, entity_id: str, asset_id: str, role: str | None) -> None:
        """Link, or update the role of a link. Repeatable. Raises `NotFound` for either end."""
        ...

    def unlink(self, entity_id: str, asset_id: str) -> bool:
        """Remove a link; True if there was one."""
        ...

    def of_entity(self, entity_id: str, query: LinkedAssetQuery) -> Page[LinkedAsset]:
        """The live assets of a live entity, latest link first. Raises `NotFound` for the entity."""
        ...

    def covers(self, entity_ids: Sequence[str]) -> Mapping[str, str]:
        """For each entity that has one: the asset id of its newest linked image."""
        ...


# --- Bytes ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UploadFacts:
    """What storage rules may decide by. `byte_size` is in bytes."""

    kind: str
    filename: str
    mime_type: str
    byte_size: int


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A companion JSON file, as it was sent: not parsed yet."""

    filename: str
    content: bytes


class Upload(Protocol):
    """One file on its way in, hashed while it is written to a private temporary file.

    A context manager: leaving it without `commit` removes every trace. All methods block and none may run on the
    event loop.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append. Raises `PayloadTooLarge` past ``limits.upload_bytes`` and `InsufficientStorage` on a full disk."""
        ...

    def commit(
        self, *, filename: str, content_type: str | None, kind: str = "file", sidecar: Sidecar | None = None
    ) -> Asset:
        """Store what was written; durable when this returns.

        Known bytes give the existing asset, brought back from the trash if it lay there, with a new sidecar added
        once. Raises `InvalidInput` (empty file, bad name, bad sidecar), `InsufficientStorage`; nothing is kept then.
        """
        ...


class ByteReader(Protocol):
    """Bytes of a stored file, in order. `read` blocks."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, and b"" at the end of the asked range."""
        ...

    def read_ready(self, size: int, /) -> bytes | None:
        """At most `size` bytes, and at least one, if that needs no waiting for a disk or a network; else None.

        May be called on the event loop. Returning None always is correct.
        """
        ...

    def close(self) -> None: ...


@runtime_checkable
class StorageProvider(Protocol):
    """A place for bytes. Keys are chosen by the provider's `key_for` and mean nothing outside it.

    Every method blocks, may be called from several threads, and raises `StorageUnavailable` when the place does not
    answer, `InsufficientStorage` when it is full.
    """

    @property
    def name(self) -> str:
        """What rows say in ``storage_provider``; unique among enabled plugins."""
        ...

    def key_for(self, content_hash: str) -> str:
        """Where bytes with this SHA-256 (64 hex characters) go."""
        ...

    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        """Make the bytes of `source` durable under `key`.

        When this returns they survive power loss. `source` is a flushed private file on the home's volume; the
        provider may move it. What already stands there is kept only if it is proven equal.
        """
        ...

    def open(self, key: str, start: int, end: int) -> ByteReader:
        """Read bytes `start` (inclusive) to `end` (exclusive). Raises `IntegrityError` if they are not there."""
        ...

    def stat(self, key: str) -> int | None:
        """The size in bytes, or None when nothing readable stands there."""
        ...

    def local_path(self, key: str) -> Path | None:
        """A file that holds exactly these bytes and must not be written to, if the place has one."""
        ...

    def delete(self, key: str) -> None:
        """Remove; nothing happens if it is gone already."""
        ...

    def available(self) -> bool:
        """Whether a `put` would be tried now; cheap."""
        ...


class Storage(Protocol):
    """Bytes of assets, whichever provider holds them."""

    def begin_upload(self, *, expected_size: int | None = None) -> Upload:
        """Start an upload. Raises `InsufficientStorage` at once when `expected_size` bytes can't fit."""
        ...

    def open(self, asset: Asset, start: int = 0, end: int | None = None) -> ByteReader:
        """Read an asset's bytes.

        Raises `IntegrityError` when they are missing or short, before the first byte, and `StorageUnavailable`.
        """
        ...

    def local_file(self, asset: Asset) -> Path | None:
        """A file that holds the asset's bytes, to be read only, or None where the provider has no such thing."""
        ...

    def adopt(
        self, progress: Callable[[float, str | None], None], check_cancelled: Callable[[], None]
    ) -> Mapping[str, int]:
        """Verify the files that v0.1.9 left behind, and give those that share their bytes with others their own.

        Repeatable; does only what is left. Returns how many files were ``copied``, and how many are now ``ok``,
        ``missing``, ``altered``, ``shared``, ``external`` or ``unchecked``. `check_cancelled` stops it by raising.
        """
        ...


# --- Work, events, plugins, pages -----------------------------------------------------------------------------------


class Jobs(Protocol):
    """Durable work."""

    def enqueue(self, job_type: str, payload: Mapping[str, Any], *, dedupe_key: str | None = None) -> Job:
        """Queue a job. While a job with the same `dedupe_key` is queued, that one is returned instead.

        Raises `InvalidInput` for an unknown type or an input its model refuses, `TooManyRequests` when the queue is
        full.
        """
        ...

    def get(self, job_id: str) -> Job:
        """Raises `NotFound`."""
        ...


class Contributed(Protocol[T_co]):
    """A value that some enabled plugin contributed, with a safe way to call into it."""

    @property
    def plugin_id(self) -> str: ...

    @property
    def value(self) -> T_co: ...

    def call(self, work: Callable[[], R], *, seconds: float = 5.0) -> R:
        """Run `work`, which calls into the value, away from the caller's thread.

        Raises `ContributionFailed`, whatever went wrong: an exception, `SystemExit`, endless
        recursion, or no answer in time. Three failures in a row put the plugin into state ``error``.
        """
        ...


class Plugins(Protocol):
    """The plugins themselves."""

    def list(self) -> PluginList:
        """All that are or once were known, built-ins first; folders are looked at again."""
        ...

    def get(self, plugin_id: str) -> Plugin:
        """Raises `NotFound`."""
        ...

    def enable(self, plugin_id: str) -> Plugin:
        """Keep the wish and try to activate; `state` tells what became of it. Raises `NotFound` if not discovered."""
        ...

    def disable(self, plugin_id: str) -> Plugin:
        """Its routes are gone when this returns. Raises `NotFound`, or `Conflict` for an essential built-in."""
        ...

    def config(self, plugin_id: str) -> PluginConfig:
        """Raises `NotFound`."""
        ...

    def configure(self, plugin_id: str, config: Mapping[str, Any]) -> PluginConfig:
        """Replace the configuration; an active plugin is activated anew with it.

        Raises `NotFound`, and `InvalidInput` whose details are ``{plugin_id, errors: [{path, message, schema_path,
        validator}]}``.
        """
        ...

    def contributed(self, kind: type[T]) -> Sequence[Contributed[T]]:
        """The values of this contribution class from all active plugins, by their `order`."""
        ...


class System(Protocol):
    """The running Core."""

    def info(self) -> SystemInfo:
        """Version, places, warnings; no secrets."""
        ...


class Sessions(Protocol):
    """Browser sign-ins."""

    def sign_in(self, token: str) -> str:
        """A new session id for the install token. Raises `Unauthorized`, `TooManyRequests` after too many failures."""
        ...

    def sign_out(self, session_id: str) -> None:
        """Revoke; nothing happens if it was not valid."""
        ...


class Pages(Protocol):
    """Server-rendered pages in the shell."""

    def render(self, request: Request, template: str, /, *, status_code: int = 200, **values: object) -> Response:
        """A page from the plugin's own ``templates`` folder, or from another's as ``plugin_id/name.html``.

        Templates get, besides `values`: `request`, `nav` (the side bar's entries), `static(path)` (the address of a
        file in the plugin's ``static`` folder, or ``plugin_id/path``), and `version`. Everything is escaped.
        """
        ...
