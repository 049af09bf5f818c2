"""Several pytest runs that share one suite: each takes the test files that no other has taken yet."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


class Sharing:
    """The plugin; `folder` is where the runs tell each other what is taken. Their order has to be the same."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run what is taken. Always one test is known beforehand: by the next one fixtures know how long to live."""
        if session.config.option.collectonly:
            return True
        items = self._taken(session.items)
        item = next(items, None)
        while item is not None:
            following = next(items, None)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.shouldfail:
                raise session.Failed(session.shouldfail)
            if session.shouldstop:
                raise session.Interrupted(session.shouldstop)
            item = following
        return True

    def _taken(self, items: list[pytest.Item]) -> Iterator[pytest.Item]:
        """What takes long comes first: begun as the last, it would go on when there is nothing left for the others."""
        files = [(path, list(of_file)) for path, of_file in groupby(items, key=lambda item: item.path)]
        files.sort(key=lambda file: not any(item.get_closest_marker("slow") for item in file[1]))
        for path, of_file in files:
            if self._take(path):
                yield from of_file

    def _take(self, path: Path) -> bool:
        with suppress(FileExistsError):
            (self._folder / sha256(str(path).encode()).hexdigest()).touch(exist_ok=False)
            return True
        return False
