"""Field definitions over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from faceforge_sdk.models import (
    Deleted,
    FieldDef,
    FieldDefChange,
    FieldDefDraft,
    FieldDefPatch,
    Items,
    KnownType,
    Page,
    TrashedFieldDef,
    TrashQuery,
)

from .exchange import SLOW, at
from .wishes import wish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .exchange import Exchange

_ROOT = "/v1/admin/field-defs"


class FieldDefs:
    """What values may stand under which keys."""

    def __init__(self, exchange: Exchange) -> None:
        self._ask = exchange.ask

    def create(self, draft: FieldDefDraft | None = None, /, **facts: Any) -> FieldDef:
        """Define a key: ``create(field_key="born", field_type="date")``.

        Raises `InvalidInput`, and `Conflict` if the key is defined.
        """
        return self._ask("POST", _ROOT, FieldDef, body=wish(FieldDefDraft, draft, facts))

    def get(self, field_def_id: str) -> FieldDef:
        """The live definition. Raises `NotFound`."""
        return self._ask("GET", _ROOT + at(field_def_id), FieldDef)

    def list(self, scope: str | None = None) -> Sequence[FieldDef]:
        """All, or those of a scope; by scope and key."""
        return self._ask("GET", _ROOT, Items[FieldDef], query={"scope": scope}).items

    def update(
        self, field_def_id: str, patch: FieldDefPatch | None = None, /, *, dry_run: bool = False, **facts: Any
    ) -> FieldDefChange:
        """Change a definition, and learn which stored values no longer fit; with `dry_run` only that.

        Raises `NotFound`, `InvalidInput`, `Conflict`.
        """
        wanted = wish(FieldDefPatch, patch, facts)
        path, query = _ROOT + at(field_def_id), {"dry_run": dry_run}
        return self._ask("PATCH", path, FieldDefChange, query=query, body=wanted, timeout=SLOW)

    def delete(self, field_def_id: str) -> None:
        """Move to the trash; stored values stay. Raises `NotFound`."""
        self._ask("DELETE", _ROOT + at(field_def_id), Deleted)

    def restore(self, field_def_id: str) -> FieldDef:
        """Bring back from the trash. Raises `NotFound`, and `Conflict` if the key is taken meanwhile."""
        return self._ask("POST", _ROOT + at(field_def_id, "restore"), FieldDef)

    def trash(self, query: TrashQuery | None = None, /, **conditions: Any) -> Page[TrashedFieldDef]:
        """One page of those in the trash, the latest first."""
        wanted = wish(TrashQuery, query, conditions)
        return self._ask("GET", "/v1/trash/field-defs", Page[TrashedFieldDef], query=wanted)

    def types(self) -> Sequence[KnownType]:
        """The types that a definition can have now; plugins bring more."""
        return self._ask("GET", "/v1/admin/field-types", Items[KnownType]).items
