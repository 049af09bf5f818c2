"""The checks of storage providers: our own pass them, and each broken promise is found."""

from __future__ import annotations

import io
import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from faceforge_builtins.storage_fs.provider import FileSystemProvider
from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.testing import providers
from faceforge_sdk.testing.providers import PROVIDER_CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("check", PROVIDER_CHECKS, ids=lambda check: check.__name__)
def test_the_file_system_provider_passes(check: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    check(lambda: FileSystemProvider(tmp_path / "assets", tmp_path / "quarantine", logging.getLogger("fs")), tmp_path)


@pytest.mark.parametrize("check", PROVIDER_CHECKS, ids=lambda check: check.__name__)
def test_the_provider_that_the_page_of_hooks_shows_passes(check: Callable[..., None], tmp_path: Path) -> None:
    section = (
        (Path(__file__).parents[2] / "sdk" / "HOOKS.md").read_text("utf-8").partition("## register_storage_prov")[2]
    )
    shown: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", section, re.DOTALL)[1], shown)
    check(lambda: shown["Drawer"](tmp_path / "drawer"), tmp_path)


def test_every_check_is_among_them() -> None:
    named = {name for name, value in vars(providers).items() if callable(value) and not name.startswith("_")}
    own = {name for name in named if getattr(providers, name).__module__ == providers.__name__}
    assert {check.__name__ for check in PROVIDER_CHECKS} == own


class Part(io.BytesIO):
    def read_ready(self, size: int, /) -> bytes | None:
        return self.read(size) or None


class Shelf:
    """A provider that is right, in a folder."""

    name = "shelf"
    part = Part

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def key_for(self, content_hash: str) -> str:
        return content_hash

    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        draft = source.with_suffix(".draft")
        draft.write_bytes(source.read_bytes())
        draft.replace(self.folder / key)

    def open(self, key: str, start: int, end: int) -> Any:
        if (self.stat(key) or 0) < end:
            raise IntegrityError("gone")
        return self.part((self.folder / key).read_bytes()[start:end])

    def stat(self, key: str) -> int | None:
        path = self.folder / key
        return path.stat().st_size if path.is_file() else None

    def local_path(self, key: str) -> Path | None:
        return None

    def delete(self, key: str) -> None:
        (self.folder / key).unlink(missing_ok=True)

    def available(self) -> bool:
        return True


class KeysByChance(Shelf):
    def key_for(self, content_hash: str) -> str:
        return os.urandom(8).hex()


class Forgetful(Shelf):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for path in folder.iterdir():
            path.unlink()


class OneTooMany(Shelf):
    def open(self, key: str, start: int, end: int) -> Any:
        super().open(key, start, end)
        return self.part((self.folder / key).read_bytes()[start : end + 1])


class Ending(Part):
    def read_ready(self, size: int, /) -> bytes | None:
        return b""


class EndsEarly(Shelf):
    part = Ending


class Promising(Shelf):
    def open(self, key: str, start: int, end: int) -> Any:
        return self.part((self.folder / key).read_bytes()[start:end] if self.stat(key) else b"")


class Twice(Shelf):
    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        with (self.folder / key).open("ab") as target:
            target.write(source.read_bytes())


class DeletesNeighbours(Shelf):
    def delete(self, key: str) -> None:
        for path in self.folder.iterdir():
            path.unlink()


class WrongPath(Shelf):
    def local_path(self, key: str) -> Path | None:
        path = self.folder.parent / "other"
        path.write_bytes(b"other")
        return path if self.stat(key) else None


class Careless(Shelf):
    """Empties the place before it is filled, so that readers in between see nothing."""

    def put(self, key: str, source: Path, content_hash: str, byte_size: int) -> None:
        with (self.folder / key).open("wb") as target:
            for byte in source.read_bytes():
                target.write(bytes([byte]))


@pytest.mark.parametrize("check", PROVIDER_CHECKS, ids=lambda check: check.__name__)
def test_a_provider_that_is_right_passes(check: Callable[..., None], tmp_path: Path) -> None:
    check(lambda: Shelf(tmp_path / "place"), tmp_path)


@pytest.mark.parametrize(
    ("broken", "check"),
    [
        (KeysByChance, providers.it_has_a_name_and_keys),
        (Forgetful, providers.what_is_put_reads_back),
        (OneTooMany, providers.parts_are_exact),
        (EndsEarly, providers.reading_ahead_changes_nothing),
        (Promising, providers.what_is_not_there_is_said_before_the_first_byte),
        (Twice, providers.the_same_again_is_no_error),
        (DeletesNeighbours, providers.what_is_deleted_is_gone_alone),
        (WrongPath, providers.a_path_holds_exactly_the_bytes),
        (Careless, providers.readers_and_writers_do_not_disturb_each_other),
    ],
)
def test_a_broken_promise_is_found(broken: type[Shelf], check: Callable[..., None], tmp_path: Path) -> None:
    with pytest.raises((AssertionError, IntegrityError)):
        check(lambda: broken(tmp_path / "place"), tmp_path)
