"""Stand-ins for Core in a plugin's own tests: everything in memory, no kernel, no test framework.

::

    ctx = fake_context(config={"greeting": "Hi"}, data_dir=tmp_path)
    anna = ctx.entities.create(EntityDraft(display_name="Anna"))
    [panel] = plugin.register_entity_panels(ctx)
    assert panel.load(anna.entity_id)["name"] == "Anna"

They keep the promises that a plugin can see, not Core's speed or durability. The real thing on a temporary home is
`faceforge_core.testing`.
"""

from __future__ import annotations

import hashlib
import io
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .context import PluginContext
from .errors import (
    Conflict,
    ContributionFailed,
    InvalidInput,
    JobCancelled,
    NotFound,
    PreconditionFailed,
    Unauthorized,
)
from .models import (
    Asset,
    Entity,
    Job,
    LinkedAsset,
    Page,
    Plugin,
    PluginConfig,
    PluginList,
    SystemInfo,
    SystemPaths,
    TagCount,
    TrashedAsset,
    TrashedEntity,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType
    from typing import Self

    from starlette.requests import Request
    from starlette.responses import Response

    from .models import AssetPatch, AssetQuery, EntityDraft, EntityPatch, EntityQuery, LinkedAssetQuery, TrashQuery
    from .protocols import Contributed, Sidecar

T = TypeVar("T")
R = TypeVar("R")
InputT = TypeVar("InputT")

FAKE_TOKEN = "fake-token"  # noqa: S105  # it opens nothing: FakeSessions takes it for the install token


def fake_context(
    *, plugin_id: str = "test.plugin", config: Mapping[str, Any] | None = None, data_dir: Path | None = None
) -> PluginContext:
    """A context whose services live in memory and share what they hold, a new one each time.

    `data_dir` is never made; give the test's temporary folder if the plugin writes there.
    """
    assets, entities = FakeAssets(), FakeEntities()
    assets.entities = entities
    return PluginContext(
        plugin_id=plugin_id,
        config=dict(config or {}),
        log=logging.getLogger(f"faceforge.plugin.{plugin_id}"),
        data_dir=data_dir or Path("fake-data", plugin_id),
        entities=entities,
        assets=assets,
        storage=FakeStorage(assets),
        jobs=FakeJobs(),
        plugins=FakePlugins(),
        sessions=FakeSessions(),
        pages=FakePages(),
        system=FakeSystem(),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _page(items: Sequence[T], limit: int, offset: int) -> Page[T]:
    return Page(items=list(items[offset : offset + limit]), total=len(items), limit=limit, offset=offset)


class FakeEntities:
    """`faceforge_sdk.protocols.Entities` in memory. Lists come in the order of creation, the newest first."""

    def __init__(self) -> None:
        self._live: dict[str, Entity] = {}
        self._trashed: dict[str, TrashedEntity] = {}

    def create(self, draft: EntityDraft) -> Entity:
        now = _now()
        entity = Entity(entity_id=token_hex(32), created_at=now, updated_at=now, revision=1, **draft.model_dump())
        self._live[entity.entity_id] = entity
        return entity

    def get(self, entity_id: str) -> Entity:
        if entity_id not in self._live:
            raise NotFound(f"There is no entity {entity_id}.")
        return self._live[entity_id]

    def list(self, query: EntityQuery) -> Page[Entity]:
        needle = (query.q or "").casefold()
        found = [
            entity
            for entity in reversed(self._live.values())
            if needle in entity.model_dump_json().casefold() and (not query.tag or query.tag in entity.tags)
        ]
        return _page(found, query.limit, query.offset)

    def update(self, entity_id: str, patch: EntityPatch, *, expected_revision: int | None = None) -> Entity:
        entity = self.get(entity_id)
        if expected_revision not in {None, entity.revision}:
            raise PreconditionFailed("The entity was changed meanwhile.")
        changes = {**patch.model_dump(exclude_none=True), "revision": entity.revision + 1, "updated_at": _now()}
        self._live[entity_id] = entity.model_copy(update=changes)
        return self._live[entity_id]

    def delete(self, entity_id: str) -> None:
        entity = self.get(entity_id)
        self._trashed[entity_id] = TrashedEntity(**entity.model_dump(), deleted_at=_now())
        del self._live[entity_id]

    def restore(self, entity_id: str) -> Entity:
        if entity_id not in self._trashed:
            raise NotFound(f"There is no entity {entity_id} in the trash.")
        self._live[entity_id] = Entity(**self._trashed.pop(entity_id).model_dump(exclude={"deleted_at"}))
        return self._live[entity_id]

    def trash(self, query: TrashQuery) -> Page[TrashedEntity]:
        return _page(list(reversed(self._trashed.values())), query.limit, query.offset)

    def tags(self, limit: int = 100) -> Sequence[TagCount]:
        used = [tag for entity in self._live.values() for tag in entity.tags]
        counts = [TagCount(tag=tag, count=used.count(tag)) for tag in sorted(set(used))]
        return sorted(counts, key=lambda one: -one.count)[:limit]


class FakeAssets:
    """`faceforge_sdk.protocols.Assets` in memory. `add` stores bytes without an upload."""

    def __init__(self) -> None:
        self.entities: FakeEntities | None = None
        self.content: dict[str, bytes] = {}
        self._live: dict[str, Asset] = {}
        self._trashed: dict[str, TrashedAsset] = {}
        self._links: dict[tuple[str, str], LinkedAsset] = {}

    def add(
        self, content: bytes, *, filename: str = "file.bin", mime_type: str | None = None, kind: str = "file"
    ) -> Asset:
        """Store `content` as an asset, live even if it lay in the trash."""
        digest, now = hashlib.sha256(content).hexdigest(), _now()
        new = Asset(
            asset_id=digest,
            kind=kind,
            filename=filename,
            content_hash=digest,
            byte_size=len(content),
            mime_type=mime_type or "application/octet-stream",
            storage_provider="fs",
            storage_key=f"files/{digest[:2]}/{digest}",
            meta={},
            created_at=now,
            updated_at=now,
        )
        self.content[digest] = content
        if digest in self._trashed:
            return self.restore(digest)
        return self._live.setdefault(digest, new)

    def get(self, asset_id: str) -> Asset:
        if asset_id not in self._live:
            raise NotFound(f"There is no asset {asset_id}.")
        return self._live[asset_id]

    def list(self, query: AssetQuery) -> Page[Asset]:
        found = [asset for asset in reversed(self._live.values()) if _fits(asset, query.kind, query.mime_type)]
        return _page(found, query.limit, query.offset)

    def update(self, asset_id: str, patch: AssetPatch) -> Asset:
        changes = {**patch.model_dump(exclude_none=True), "updated_at": _now()}
        self._live[asset_id] = self.get(asset_id).model_copy(update=changes)
        return self._live[asset_id]

    def delete(self, asset_id: str) -> None:
        self._trashed[asset_id] = TrashedAsset(**self.get(asset_id).model_dump(), deleted_at=_now())
        del self._live[asset_id]

    def restore(self, asset_id: str) -> Asset:
        if asset_id not in self._trashed:
            raise NotFound(f"There is no asset {asset_id} in the trash.")
        self._live[asset_id] = Asset(**self._trashed.pop(asset_id).model_dump(exclude={"deleted_at"}))
        return self._live[asset_id]

    def trash(self, query: TrashQuery) -> Page[TrashedAsset]:
        return _page(list(reversed(self._trashed.values())), query.limit, query.offset)

    def link(self, entity_id: str, asset_id: str, role: str | None) -> None:
        if self.entities is not None:
            self.entities.get(entity_id)
        asset = self.get(asset_id)
        self._links[entity_id, asset_id] = LinkedAsset(**asset.model_dump(), role=role, linked_at=_now())

    def unlink(self, entity_id: str, asset_id: str) -> bool:
        return self._links.pop((entity_id, asset_id), None) is not None

    def of_entity(self, entity_id: str, query: LinkedAssetQuery) -> Page[LinkedAsset]:
        found = [
            linked
            for (owner, asset_id), linked in reversed(self._links.items())
            if owner == entity_id and asset_id in self._live and _fits(linked, query.kind, query.mime_type)
        ]
        return _page(found, query.limit, query.offset)

    def covers(self, entity_ids: Sequence[str]) -> Mapping[str, str]:
        return {
            entity_id: asset_id
            for (entity_id, asset_id), linked in self._links.items()
            if entity_id in entity_ids and asset_id in self._live and (linked.mime_type or "").startswith("image/")
        }


def _fits(asset: Asset, kind: str | None, mime_type: str | None) -> bool:
    actual = asset.mime_type or ""
    of_type = (
        actual.startswith(mime_type[:-1]) if (mime_type or "").endswith("/*") and mime_type else actual == mime_type
    )
    return (not kind or asset.kind == kind) and (not mime_type or of_type)


class FakeStorage:
    """`faceforge_sdk.protocols.Storage` over the bytes of `FakeAssets`."""

    def __init__(self, assets: FakeAssets) -> None:
        self._assets = assets

    def begin_upload(self, *, expected_size: int | None = None) -> FakeUpload:
        del expected_size  # there is always room
        return FakeUpload(self._assets)

    def open(self, asset: Asset, start: int = 0, end: int | None = None) -> io.BytesIO:
        return io.BytesIO(self._assets.content[asset.asset_id][start:end])

    def local_file(self, asset: Asset) -> Path | None:
        del asset  # nothing here is a file
        return None

    def adopt(
        self, progress: Callable[[float, str | None], None], check_cancelled: Callable[[], None]
    ) -> Mapping[str, int]:
        check_cancelled()
        progress(100, None)
        return {}


class FakeUpload:
    """`faceforge_sdk.protocols.Upload` in memory."""

    def __init__(self, assets: FakeAssets) -> None:
        self._assets = assets
        self._content = bytearray()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._content.clear()

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        self._content += chunk

    def commit(
        self, *, filename: str, content_type: str | None, kind: str = "file", sidecar: Sidecar | None = None
    ) -> Asset:
        del sidecar  # not kept
        if not self._content or not filename:
            raise InvalidInput("The file is empty, or has no name.")
        return self._assets.add(bytes(self._content), filename=filename, mime_type=content_type, kind=kind)


class FakeJobs:
    """`faceforge_sdk.protocols.Jobs` that only remembers: `queued` has what was asked for, oldest first."""

    def __init__(self) -> None:
        self.queued: list[Job] = []
        self._keys: dict[str, Job] = {}

    def enqueue(self, job_type: str, payload: Mapping[str, Any], *, dedupe_key: str | None = None) -> Job:
        if dedupe_key is not None and dedupe_key in self._keys:
            return self._keys[dedupe_key]
        empty = dict.fromkeys(Job.model_fields)
        known = {"job_id": token_hex(32), "job_type": job_type, "status": "queued", "created_at": _now()}
        job = Job.model_validate({**empty, **known, "input": dict(payload)})
        self.queued.append(job)
        if dedupe_key is not None:
            self._keys[dedupe_key] = job
        return job

    def get(self, job_id: str) -> Job:
        for job in self.queued:
            if job.job_id == job_id:
                return job
        raise NotFound(f"There is no job {job_id}.")


@dataclass
class FakeJobContext(Generic[InputT]):
    """`faceforge_sdk.context.JobContext` for a handler's `run`; set `cancelled` to ask it to stop."""

    input: InputT
    job_id: str = field(default_factory=lambda: token_hex(32))
    cancelled: bool = False
    messages: list[tuple[str, str]] = field(default_factory=list)
    percent: float = 0.0

    def log(self, level: str, message: str, data: Mapping[str, Any] | None = None) -> None:
        del data  # `messages` keeps (level, message)
        self.messages.append((level, message))

    def progress(self, percent: float, step: str | None = None) -> None:
        del step
        self.percent = max(self.percent, percent)

    def check_cancelled(self) -> None:
        if self.cancelled:
            raise JobCancelled


@dataclass(frozen=True)
class FakeContributed(Generic[T]):
    """`faceforge_sdk.protocols.Contributed` that calls at once, in the caller's thread and without a deadline."""

    plugin_id: str
    value: T

    def call(self, work: Callable[[], R], *, seconds: float = 5.0) -> R:
        del seconds
        try:
            return work()
        except JobCancelled:
            raise
        except Exception as error:
            raise ContributionFailed(self.plugin_id, str(error)) from error


class FakePlugins:
    """`faceforge_sdk.protocols.Plugins` that starts empty: `add` a plugin, `contribute` a value."""

    def __init__(self) -> None:
        self._rows: dict[str, Plugin] = {}
        self._values: list[FakeContributed[Any]] = []

    def add(self, plugin_id: str, **facts: Any) -> Plugin:
        """Make a plugin known, disabled unless `facts` say more."""
        row = {
            "plugin_id": plugin_id,
            "name": plugin_id,
            "enabled": False,
            "discovered": True,
            "source": "folder",
            "state": "disabled",
            "essential": False,
            "restart_required": False,
            **dict.fromkeys(("version", "config_schema", "error")),
            "config": {}, "contributions": {}, "capabilities": [], "permissions": [],
            **facts,
        }
        self._rows[plugin_id] = Plugin.model_validate(row)
        return self._rows[plugin_id]

    def contribute(self, plugin_id: str, value: object) -> None:
        """Make `value` one that an enabled plugin contributes."""
        self._values.append(FakeContributed(plugin_id, value))

    def list(self) -> PluginList:
        return PluginList(items=[*self._rows.values()], ignored=[])

    def get(self, plugin_id: str) -> Plugin:
        if plugin_id not in self._rows:
            raise NotFound(f"There is no plugin {plugin_id!r}.")
        return self._rows[plugin_id]

    def enable(self, plugin_id: str) -> Plugin:
        return self._change(plugin_id, enabled=True, state="active")

    def disable(self, plugin_id: str) -> Plugin:
        if self.get(plugin_id).essential:
            raise Conflict(f"{plugin_id} is essential and can't be disabled.")
        return self._change(plugin_id, enabled=False, state="disabled")

    def config(self, plugin_id: str) -> PluginConfig:
        return PluginConfig(plugin_id=plugin_id, config=self.get(plugin_id).config)

    def configure(self, plugin_id: str, config: Mapping[str, Any]) -> PluginConfig:
        self._change(plugin_id, config=dict(config))
        return self.config(plugin_id)

    def contributed(self, kind: type[T]) -> Sequence[Contributed[T]]:
        found = [one for one in self._values if isinstance(one.value, kind)]
        return sorted(found, key=lambda one: getattr(one.value, "order", 0))

    def _change(self, plugin_id: str, **changes: Any) -> Plugin:
        self._rows[plugin_id] = self.get(plugin_id).model_copy(update=changes)
        return self._rows[plugin_id]


class FakeSessions:
    """`faceforge_sdk.protocols.Sessions` whose install token is `FAKE_TOKEN`."""

    def __init__(self) -> None:
        self.valid: set[str] = set()

    def sign_in(self, token: str) -> str:
        if token != FAKE_TOKEN:
            raise Unauthorized("The token is not valid.")
        session_id = token_hex(32)
        self.valid.add(session_id)
        return session_id

    def sign_out(self, session_id: str) -> None:
        self.valid.discard(session_id)


class FakePages:
    """`faceforge_sdk.protocols.Pages` that remembers in `rendered` what it was to show, and answers nothing much."""

    def __init__(self) -> None:
        self.rendered: list[tuple[str, dict[str, object]]] = []

    def render(self, request: Request, template: str, /, *, status_code: int = 200, **values: object) -> Response:
        """Needs Starlette installed, which whatever makes a `Request` has."""
        from starlette.responses import PlainTextResponse

        del request
        self.rendered.append((template, values))
        return PlainTextResponse(template, status_code)


class FakeSystem:
    """`faceforge_sdk.protocols.System` of a Core that is nowhere."""

    def info(self) -> SystemInfo:
        from . import API_VERSION

        return SystemInfo(
            version="0.0.0",
            faceforge_home="/nowhere",
            paths=SystemPaths.model_validate({name: f"/nowhere/{name}" for name in SystemPaths.model_fields}),
            api_version=API_VERSION,
            safe_mode=False,
            warnings=[],
        )
