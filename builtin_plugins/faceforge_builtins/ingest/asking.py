"""One extractor, asked about files: in its batches, for so long, and without harm to others whatever it answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from faceforge_sdk import Extracted
from faceforge_sdk.errors import ContributionFailed
from faceforge_sdk.models import AssetFacts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from faceforge_sdk import AssetExtractor, FileToRead
    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import Contributed

    from .report import Report

CHOICE_SECONDS = 5.0
CALL_SECONDS, FILE_SECONDS = 60.0, 10.0
"""How long an extractor may take: a minute, and so much more for each file of the batch."""

MAX_WORDS_LENGTH = 20_000
"""Characters of words that are kept of one extractor; the search reads no more of an asset altogether."""


class Question:
    """With `only_missing`, an extractor that made its entry of an asset is not asked about it again."""

    def __init__(self, extractor: Contributed[AssetExtractor], report: Report, *, only_missing: bool) -> None:
        self.source = extractor.value.source
        self._extractor = extractor
        self._report = report
        self._only_missing = only_missing

    def concerns(self, assets: Sequence[Asset]) -> list[str]:
        """The ids of those that the extractor is to be asked about."""
        extractor = self._extractor.value
        unread = [asset for asset in assets if not (self._only_missing and self._has_read(asset))]

        def choose() -> list[str]:
            return [asset.asset_id for asset in unread if extractor.accepts(asset)] if extractor.ready() else []

        try:
            return self._extractor.call(choose, seconds=CHOICE_SECONDS) if unread else []
        except ContributionFailed as error:
            self._report.extractor_failed(self._extractor.plugin_id, extractor.name, len(unread), str(error))
            return []

    def ask(self, files: Sequence[FileToRead]) -> Iterator[tuple[str, Extracted]]:
        """What it found in each file, with the asset's id; a batch that fails is told, and left out."""
        size = max(1, self._extractor.value.batch)
        for start in range(0, len(files), size):
            batch = files[start : start + size]
            yield from zip((file.asset.asset_id for file in batch), self._answers(batch), strict=False)

    def _answers(self, batch: Sequence[FileToRead]) -> Sequence[Extracted]:
        """One for each file, or none at all where the call failed."""
        extractor = self._extractor.value
        seconds = CALL_SECONDS + FILE_SECONDS * len(batch)
        try:
            answers = self._extractor.call(lambda: _checked(extractor.extract(batch), len(batch)), seconds=seconds)
        except ContributionFailed as error:
            self._report.extractor_failed(self._extractor.plugin_id, extractor.name, len(batch), str(error))
            return ()
        for file, answer in zip(batch, answers, strict=True):
            if answer.problem:
                self._report.found_wrong(extractor.name, file.asset.asset_id, answer.problem)
        return answers

    def _has_read(self, asset: Asset) -> bool:
        entries: Any = asset.meta.get("metadata")
        return any(
            isinstance(entry, dict) and entry.get("Source") == self.source and entry.get("Name") is None
            for entry in (entries if isinstance(entries, list) else ())
        )


def _checked(answers: Sequence[Extracted], wanted: int) -> list[Extracted]:
    """The answers, if they are what they are to be; raises within the call, so that it is the plugin's failure."""
    checked = [_checked_one(answer) for answer in answers]
    if len(checked) != wanted:
        raise ValueError(f"{len(checked)} answers about {wanted} files")
    return checked


def _checked_one(answer: Extracted) -> Extracted:
    if not isinstance(answer, Extracted):
        raise TypeError(f"an answer is {type(answer).__name__}, not Extracted")
    data: Mapping[str, Any] | None = None if answer.data is None else dict(answer.data)
    words = _within(tuple(answer.words))
    json.dumps([data, words], ensure_ascii=False, allow_nan=False).encode()
    facts = AssetFacts.model_validate(answer.facts.model_dump())
    problem = None if answer.problem is None else str(answer.problem)
    return replace(answer, data=data, facts=facts, words=words, problem=problem)


def _within(words: tuple[str, ...]) -> tuple[str, ...]:
    kept, left = [], MAX_WORDS_LENGTH
    for word in words:
        left -= len(word)
        if left < 0:
            break
        kept.append(word)
    return tuple(kept)
