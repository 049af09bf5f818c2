"""Staged files made durable: where the rules want each, or else in the home."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from faceforge_core.storage.migration import DISPLACED
from faceforge_core.storage.providers import FALLBACK, is_available
from faceforge_sdk.errors import Busy, FaceForgeError, InsufficientStorage, StorageUnavailable
from faceforge_sdk.files import flush, storage_error
from faceforge_sdk.protocols import BatchProvider, Put, UploadFacts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_core.storage.description import Description
    from faceforge_core.storage.providers import Choice, ProviderRegistry
    from faceforge_core.storage.staging import StagedFile
    from faceforge_sdk.protocols import StorageProvider

_AT_A_TIME = 4
"""Files on their way to one provider that takes them one by one: over a network, waiting is most of the time."""


class Place(NamedTuple):
    """Where a file is durable now; `state` is the row's `bytes_state`."""

    provider: str
    key: str
    state: str

    @property
    def displaced(self) -> bool:
        """Whether it is not where it belongs."""
        return self.state == DISPLACED


@dataclass(frozen=True, slots=True)
class Placement:
    """Puts files into providers; the home takes what another does not."""

    registry: ProviderRegistry

    def place(self, files: Sequence[tuple[StagedFile, Description]]) -> Sequence[Place | FaceForgeError]:
        """One answer each, in order: where its bytes survive power loss, or why they do not.

        Raises what concerns all of them: `InsufficientStorage` and `Busy` of the home, and `StorageUnavailable` where
        it takes none of them.
        """
        staged = [file for file, _ in files]
        choices = [self._choice(file, described) for file, described in files]
        answers: dict[int, Place | FaceForgeError] = {}
        for name, provider in {one.provider.name: one.provider for one in choices if one.provider}.items():
            chosen = [number for number, one in enumerate(choices) if one.provider and one.provider.name == name]
            answers.update(self._elsewhere(provider, {number: staged[number] for number in chosen}))
        homely = {number: file for number, file in enumerate(staged) if number not in answers}
        answers.update(self._at_home(homely, [choice.wanted for choice in choices]))
        return [answers[number] for number in range(len(files))]

    def _choice(self, file: StagedFile, described: Description) -> Choice:
        return self.registry.choice(
            UploadFacts(described.kind, described.filename, described.mime_type, file.byte_size)
        )

    def _elsewhere(self, provider: StorageProvider, files: dict[int, StagedFile]) -> dict[int, Place | FaceForgeError]:
        """What a provider took; and, as errors, what it took away and did not keep: there is nothing to fall back with.

        That it failed is said in the log.
        """
        outcomes = dict(zip(files, _put_all(provider, [*files.values()]), strict=True))
        failures = {number: outcome for number, outcome in outcomes.items() if not isinstance(outcome, str)}
        if not failures:
            self.registry.works(provider.name)
        for error in failures.values():
            self.registry.complain(provider.name, f"The storage provider {provider.name!r} failed ({error!r})")
        return {
            number: Place(provider.name, outcome, "ok") if isinstance(outcome, str) else _loss(provider, outcome)
            for number, outcome in outcomes.items()
            if isinstance(outcome, str) or not files[number].path.exists()
        }

    def _at_home(self, files: dict[int, StagedFile], wanted: Sequence[str]) -> dict[int, Place | FaceForgeError]:
        home = self.registry.named(FALLBACK)
        outcomes = dict(zip(files, _put_all(home, [*files.values()]), strict=True))
        for number, outcome in outcomes.items():
            files[number].moved = isinstance(outcome, str)
        errors = [outcome for outcome in outcomes.values() if not isinstance(outcome, str)]
        for error in errors:
            alone = isinstance(error, FaceForgeError) and not isinstance(error, (InsufficientStorage, Busy))
            if not alone or (isinstance(error, StorageUnavailable) and len(errors) == len(files)):
                raise error
        return {
            number: Place(FALLBACK, outcome, "ok" if wanted[number] == FALLBACK else DISPLACED)
            if isinstance(outcome, str)
            else _loss(home, outcome)
            for number, outcome in outcomes.items()
        }


def _loss(provider: StorageProvider, error: BaseException) -> FaceForgeError:
    if isinstance(error, FaceForgeError):
        return error
    lost = StorageUnavailable(f"The storage provider {provider.name!r} failed and took the file with it.")
    lost.__cause__ = error
    return lost


def _put_all(provider: StorageProvider, files: Sequence[StagedFile]) -> Sequence[str | BaseException]:
    """For each the key under which it is durable, or what its `put` raised."""
    if not all(file.flushed for file in files) and isinstance(provider, BatchProvider):
        return _put_together(provider, files)
    if len(files) == 1:
        return [_put_one(provider, files[0])]
    failed = threading.Event()

    def put(file: StagedFile) -> str | BaseException:
        if failed.is_set() and not is_available(provider):
            return StorageUnavailable(f"The storage provider {provider.name!r} does not take files any more.")
        outcome = _put_one(provider, file)
        if not isinstance(outcome, str):
            failed.set()
        return outcome

    with ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="put") as pool:
        return list(pool.map(put, files))


def _put_together(provider: BatchProvider, files: Sequence[StagedFile]) -> Sequence[str | BaseException]:
    try:
        keys = [provider.key_for(file.content_hash) for file in files]
        puts = [Put(key, file.path, file.content_hash, file.byte_size) for key, file in zip(keys, files, strict=True)]
        errors = provider.put_many(puts)
        return [key if error is None else error for key, error in zip(keys, errors, strict=True)]
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's provider may raise anything
        return [error] * len(files)


def _put_one(provider: StorageProvider, file: StagedFile) -> str | BaseException:
    try:
        key = provider.key_for(file.content_hash)
        if not file.flushed:
            _flush(file)
        provider.put(key, file.path, file.content_hash, file.byte_size)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a plugin's provider may raise anything
        return error
    return key


def _flush(file: StagedFile) -> None:
    try:
        with file.path.open("r+b") as opened:
            flush(opened.fileno())
    except OSError as error:
        raise storage_error(error) from error
    file.flushed = True
