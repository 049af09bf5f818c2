"""What every `StorageProvider` has to keep, as checks that an author's tests run; no test framework is needed.

::

    @pytest.mark.parametrize("check", PROVIDER_CHECKS, ids=lambda check: check.__name__)
    def test_my_provider(check, tmp_path):
        check(lambda: MyProvider(tmp_path / "place"), tmp_path)

Each check gets a function that makes a provider over one and the same place (more than once: as Core does after a
restart) and a folder for files on their way in. A promise that is broken raises `AssertionError` with a sentence that
says which. What no check can see is durability: that bytes survive power loss once `put` has returned.
"""

from __future__ import annotations

import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from faceforge_sdk.errors import IntegrityError
from faceforge_sdk.protocols import StorageProvider

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[[], StorageProvider]
    Check = Callable[[Make, Path], None]

_SIZES: Final = (1, 4096, 100_001)


def it_has_a_name_and_keys(make: Make, folder: Path) -> None:
    """It is a provider, and one content has one key, whoever asks."""
    del folder
    provider = make()
    _expect(isinstance(provider, StorageProvider), "It lacks a method of StorageProvider.")
    _expect(isinstance(provider.name, str) and bool(provider.name), "Its name is not a text.")
    first, second = ("ab" * 32, "cd" * 32)
    _expect(provider.key_for(first) == make().key_for(first), "A content has two keys.")
    _expect(provider.key_for(first) != provider.key_for(second), "Two contents have one key.")
    _expect(provider.available() is True, "It is not available, so no other check says anything.")


def what_is_put_reads_back(make: Make, folder: Path) -> None:
    """Bytes of any size come back, also after a restart."""
    stored = {_put(make(), folder, content): content for content in map(secrets.token_bytes, _SIZES)}
    for provider in (make(), make()):
        for key, content in stored.items():
            _expect(provider.stat(key) == len(content), "The size is not that of what was put.")
            _expect(_read(provider, key, 0, len(content)) == content, "What is read is not what was put.")


def parts_are_exact(make: Make, folder: Path) -> None:
    """From `start` inclusive to `end` exclusive, in pieces of any size, and nothing behind."""
    content = secrets.token_bytes(100_001)
    provider = make()
    key = _put(provider, folder, content)
    for start, end in ((0, 1), (0, 100_001), (100_000, 100_001), (1, 4097), (65_535, 65_537), (5, 5)):
        for piece in (1 << 20, 4099):
            found = _read(provider, key, start, end, piece)
            _expect(found == content[start:end], f"The bytes {start} to {end} are others.")


def reading_ahead_changes_nothing(make: Make, folder: Path) -> None:
    """`read_ready` gives the next bytes or None, and never an end that is none."""
    content = secrets.token_bytes(50_000)
    provider = make()
    reader = provider.open(_put(provider, folder, content), 10, 50_000)
    found = b""
    while len(found) < 49_990:
        piece = reader.read_ready(7000)
        _expect(piece is None or 0 < len(piece) <= 7000, "`read_ready` gave nothing, or more than was asked for.")
        found += piece if piece is not None else reader.read(7000)
    _expect(found == content[10:], "`read_ready` and `read` together give other bytes.")
    _expect(reader.read(1) == b"", "There is something behind the end.")
    reader.close()
    reader.close()


def what_is_not_there_is_said_before_the_first_byte(make: Make, folder: Path) -> None:
    """Missing bytes are an `IntegrityError` of `open`, no size, no path, and nothing to delete."""
    provider = make()
    content = b"short"
    key = _put(provider, folder, content)
    missing = provider.key_for(hashlib.sha256(b"never put").hexdigest())
    _expect(provider.stat(missing) is None, "It tells a size of what was never put.")
    _expect(provider.local_path(missing) is None, "It tells a path of what was never put.")
    provider.delete(missing)
    for place, end in ((missing, 1), (key, len(content) + 1)):
        try:
            provider.open(place, 0, end).close()
        except IntegrityError:
            continue
        _expect(False, "`open` promises bytes that are not there.")


def the_same_again_is_no_error(make: Make, folder: Path) -> None:
    """Putting equal bytes twice leaves them once, and whole."""
    content = secrets.token_bytes(5000)
    first, second = _put(make(), folder, content), _put(make(), folder, content)
    provider = make()
    _expect(first == second, "A content has two keys.")
    _expect(provider.stat(first) == 5000, "Putting it again changed its size.")
    _expect(_read(provider, first, 0, 5000) == content, "Putting it again damaged it.")
    provider.delete(first)
    _expect(provider.stat(first) is None, "It was there twice.")


def what_is_deleted_is_gone_alone(make: Make, folder: Path) -> None:
    """Deleting is repeatable, harms no other, and what is put again is back."""
    contents = [secrets.token_bytes(1000) for _ in range(40)]
    provider = make()
    keys = [_put(provider, folder, content) for content in contents]
    for key in (*keys[::2], *keys[::2]):
        provider.delete(key)
    for number, key in enumerate(keys):
        gone = number % 2 == 0
        _expect(
            (make().stat(key) is None) is gone, "Deleting took the wrong one." if not gone else "It is still there."
        )
    _expect(all(provider.local_path(key) is None for key in keys[::2]), "A path leads to what is deleted.")
    again = _put(provider, folder, contents[0])
    _expect(_read(provider, again, 0, 1000) == contents[0], "What was deleted can't be put again.")
    _expect(_read(provider, keys[1], 0, 1000) == contents[1], "Putting one damaged another.")


def a_path_holds_exactly_the_bytes(make: Make, folder: Path) -> None:
    """`local_path` is None, or a file with these bytes and no others."""
    content = secrets.token_bytes(3000)
    provider = make()
    path = provider.local_path(_put(provider, folder, content))
    _expect(path is None or path.read_bytes() == content, "The local file holds other bytes.")


def readers_and_writers_do_not_disturb_each_other(make: Make, folder: Path) -> None:
    """Eight threads put, read and delete at once; a reader that began before goes on to its end."""
    provider = make()
    kept = secrets.token_bytes(200_000)
    key = _put(provider, folder, kept)
    reader = provider.open(key, 0, len(kept))
    begun = reader.read(1000)
    shared = secrets.token_bytes(10_000)

    def work(number: int) -> None:
        place = folder / f"thread-{number}"
        place.mkdir()
        for _ in range(5):
            own = secrets.token_bytes(2000)
            own_key, shared_key = _put(provider, place, own), _put(provider, place, shared)
            _expect(_read(provider, own_key, 0, 2000) == own, "A file is not what its own thread has put.")
            _expect(_read(provider, shared_key, 0, 10_000) == shared, "A file that many put at once is damaged.")
            provider.delete(own_key)
            _expect(provider.stat(own_key) is None, "A file came back while others were put.")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    while piece := reader.read(50_000):
        begun += piece
    reader.close()
    _expect(begun == kept, "A reader did not get what was there when it began.")


PROVIDER_CHECKS: Final[tuple[Check, ...]] = (
    it_has_a_name_and_keys,
    what_is_put_reads_back,
    parts_are_exact,
    reading_ahead_changes_nothing,
    what_is_not_there_is_said_before_the_first_byte,
    the_same_again_is_no_error,
    what_is_deleted_is_gone_alone,
    a_path_holds_exactly_the_bytes,
    readers_and_writers_do_not_disturb_each_other,
)
"""All of them, to be run one by one: each gets a function that makes the provider, and not a provider."""


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise AssertionError(otherwise)


def _put(provider: StorageProvider, folder: Path, content: bytes) -> str:
    """Put bytes as Core does: from a private file that the provider may move."""
    content_hash = hashlib.sha256(content).hexdigest()
    source = folder / f"{secrets.token_hex(8)}.part"
    source.write_bytes(content)
    key = provider.key_for(content_hash)
    provider.put(key, source, content_hash, len(content))
    _expect(not source.exists() or source.read_bytes() == content, "`put` altered its source.")
    source.unlink(missing_ok=True)
    return key


def _read(provider: StorageProvider, key: str, start: int, end: int, piece: int = 1 << 20) -> bytes:
    reader = provider.open(key, start, end)
    try:
        found = b""
        while chunk := reader.read(piece):
            _expect(len(chunk) <= piece, "`read` gave more than was asked for.")
            found += chunk
    finally:
        reader.close()
    return found
