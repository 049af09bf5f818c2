"""Saved views of the list: names for addresses, kept in the home so that every browser has them."""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from faceforge_sdk.errors import Conflict, InvalidInput, NotFound, StorageUnavailable
from faceforge_sdk.files import write_private

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOST_VIEWS = 100
MAX_NAME = 100
_REMOVED_KEPT = 20


@dataclass(frozen=True, slots=True)
class SavedView:
    """A name, and the query string of the list it stands for. A removed one waits to be brought back."""

    view_id: str
    name: str
    query: str
    removed: bool = False


class SavedViews:
    """The views in the file at `path`, in the order in which they were saved. Safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def all(self) -> Sequence[SavedView]:
        """Those that are not removed; none where the file can't be read."""
        try:
            return [view for view in self._read() if not view.removed]
        except StorageUnavailable:
            return []

    def save(self, name: str, query: str) -> SavedView:
        """Keep a view; one of the same name is replaced. Raises `InvalidInput`, `Conflict` when there are too many."""
        name = name.strip()
        if not name or len(name) > MAX_NAME or "\0" in name:
            raise InvalidInput(f"A view needs a name of at most {MAX_NAME} characters.")
        with self._lock:
            views = [view for view in self._read() if view.removed or view.name != name]
            if sum(not view.removed for view in views) >= MOST_VIEWS:
                raise Conflict(f"There are {MOST_VIEWS} views already; remove one first.")
            saved = SavedView(secrets.token_hex(32), name, query)
            self._write([*views, saved])
            return saved

    def remove(self, view_id: str) -> None:
        """Take a view away; `restore` brings it back. Raises `NotFound`."""
        self._mark(view_id, removed=True)

    def restore(self, view_id: str) -> None:
        """Bring a removed view back. Raises `NotFound`."""
        self._mark(view_id, removed=False)

    def _mark(self, view_id: str, *, removed: bool) -> None:
        with self._lock:
            views = self._read()
            if not any(view.view_id == view_id for view in views):
                raise NotFound("There is no such view.")
            self._write([replace(view, removed=removed) if view.view_id == view_id else view for view in views])

    def _read(self) -> list[SavedView]:
        """What the file holds. Raises `StorageUnavailable` for one that is not ours, which is never written over."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageUnavailable(f"The saved views can't be read: {error.strerror}.") from error
        try:
            return [_view(one) for one in json.loads(content)["views"]]
        except (ValueError, TypeError, KeyError) as error:
            raise StorageUnavailable(f"The saved views can't be read: {self._path.name} is damaged.") from error

    def _write(self, views: Sequence[SavedView]) -> None:
        removed = [view for view in views if view.removed][-_REMOVED_KEPT:]
        kept = [asdict(view) for view in views if not view.removed or view in removed]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_private(self._path, json.dumps({"views": kept}, ensure_ascii=False, indent=2).encode())
        except OSError as error:
            raise StorageUnavailable(f"The view can't be saved: {error.strerror}.") from error


def _view(found: Any) -> SavedView:
    view_id, name, query = (str(found[key]) for key in ("view_id", "name", "query"))
    return SavedView(view_id, name, query, bool(found.get("removed")))
