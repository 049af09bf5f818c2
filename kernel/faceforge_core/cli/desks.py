"""The trash as commands get at it: of a home that is opened here, or asked of the Core that has it open."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from faceforge_sdk.models import TrashQuery, TrashSummary

from .running import RunningCore, running_or_opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from faceforge_core.home import Home
    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import TrashKind


class TrashDesk(Protocol):
    """The trash of one home. All of it raises `FaceForgeError` with a sentence for people."""

    def summary(self, older_than_days: int | None = None) -> TrashSummary:
        """How much lies in it, or how much of it is so old."""
        ...

    def items(self, kind: TrashKind, limit: int) -> Sequence[Mapping[str, Any]]:
        """The latest of a kind, as they travel over the wire."""
        ...

    def restore(self, kind: TrashKind, thing_id: str) -> None:
        """Bring back one thing."""
        ...

    def purge(self, kinds: Sequence[TrashKind], older_than_days: int) -> str:
        """Remove for good; returns what to say of it."""
        ...


@contextmanager
def trash_desk(home: Home) -> Iterator[TrashDesk]:
    """The trash of a home, whether a Core has it open or not. Raises `StartRefused`, also for one that is starting."""
    with running_or_opened(home) as core:
        yield _AskedCore(core) if isinstance(core, RunningCore) else _OpenedHome(core.services)


class _OpenedHome:
    """A home that no other process has open."""

    def __init__(self, services: PluginContext) -> None:
        self._trash = services.trash
        self._kinds: Mapping[TrashKind, Any] = {  # each with `trash` and `restore` for what it holds
            "entities": services.entities,
            "assets": services.assets,
            "descriptors": services.descriptors,
            "field-defs": services.field_defs,
            "relationships": services.relationships,
        }

    def summary(self, older_than_days: int | None = None) -> TrashSummary:
        return self._trash.summary(older_than_days)

    def items(self, kind: TrashKind, limit: int) -> Sequence[Mapping[str, Any]]:
        page = self._kinds[kind].trash(TrashQuery(limit=limit, total="none"))
        return [item.model_dump() for item in page.items]

    def restore(self, kind: TrashKind, thing_id: str) -> None:
        self._kinds[kind].restore(thing_id)

    def purge(self, kinds: Sequence[TrashKind], older_than_days: int) -> str:
        done = dict(self._trash.purge_older(kinds, older_than_days, lambda _percent, _step: None, lambda: None))
        skipped = done.pop("skipped", 0)
        said = f"Removed for good: {', '.join(f'{number} {kind}' for kind, number in done.items())}."
        if skipped:
            said += f"\n{skipped} assets stay in the trash: whoever keeps their bytes does not answer."
        return said


class _AskedCore:
    """The Core that has the home open, by its API."""

    def __init__(self, core: RunningCore) -> None:
        self._ask = core.ask

    def summary(self, older_than_days: int | None = None) -> TrashSummary:
        age = "" if older_than_days is None else f"?older_than_days={older_than_days}"
        return TrashSummary.model_validate(self._ask("GET", f"/v1/trash{age}"))

    def items(self, kind: TrashKind, limit: int) -> Sequence[Mapping[str, Any]]:
        items: Sequence[Mapping[str, Any]] = self._ask("GET", f"/v1/trash/{kind}?limit={limit}&total=none")["items"]
        return items

    def restore(self, kind: TrashKind, thing_id: str) -> None:
        area = "/v1/admin" if kind == "field-defs" else "/v1"
        self._ask("POST", f"{area}/{kind}/{quote(thing_id, safe='')}/restore")

    def purge(self, kinds: Sequence[TrashKind], older_than_days: int) -> str:
        job = self._ask("POST", "/v1/trash/purge", {"kinds": kinds, "older_than_days": older_than_days})
        return f"The running Core removes them, as job {job['job_id']}."
