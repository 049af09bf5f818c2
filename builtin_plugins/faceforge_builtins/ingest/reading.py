"""A few files at once: what they are, what each extractor finds in them, and all of it recorded together."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from faceforge_sdk import AssetExtractor, FileToRead
from faceforge_sdk.errors import FaceForgeError, StorageUnavailable
from faceforge_sdk.models import AssetFacts
from faceforge_sdk.protocols import Reading

from .asking import Question
from .sniffing import sniff

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from faceforge_sdk import Extracted, PluginContext
    from faceforge_sdk.models import Asset

    from .report import Report
    from .sniffing import Sniffed


@dataclass(slots=True)
class _Found:
    """What is known of one file by now."""

    asset: Asset
    path: Path
    """What is lent to extractors; the stored file itself until one of them wants it."""
    lent: bool
    sniffed: Sniffed | None
    facts: AssetFacts = field(default_factory=AssetFacts)
    entries: list[Mapping[str, Any]] = field(default_factory=list)
    words: dict[str, Sequence[str]] = field(default_factory=dict)

    def so_far(self) -> Asset:
        """The asset with the facts up to now, as the next extractor is to see it."""
        facts = self._typed(self.facts.over(self.asset.facts))
        return self.asset.model_copy(update={"facts": facts})

    def add(self, source: str, extracted: Extracted) -> None:
        """What was found before is believed."""
        self.facts = self.facts.over(extracted.facts)
        self.words[source] = extracted.words
        if extracted.data is not None:
            named = {"Source": source, "Type": "JsonMetadata", "Name": None, "NameHashes": None}
            self.entries.append({**named, "Data": extracted.data})

    def reading(self) -> Reading:
        return Reading(self.asset.asset_id, self._typed(self.facts), tuple(self.entries), self.words)

    def _typed(self, facts: AssetFacts) -> AssetFacts:
        """What the bytes surely are stands over what others say, and that over the mere family."""
        if self.sniffed is not None and (self.sniffed.sure or facts.media_type is None):
            return facts.model_copy(update={"media_type": self.sniffed.media_type})
        return facts


class Reader:
    """Reads groups of assets for one job."""

    def __init__(self, ctx: PluginContext, report: Report, *, only_missing: bool) -> None:
        self._ctx = ctx
        self._report = report
        self._only_missing = only_missing

    def read(self, assets: Sequence[Asset]) -> None:
        """Read what is to be read of these, and record it in one transaction."""
        self._report.looked_at(len(assets))
        extractors = self._ctx.plugins.contributed(AssetExtractor)
        questions = [Question(one, self._report, only_missing=self._only_missing) for one in extractors]
        with ExitStack() as files:
            opened = (self._open(asset, files) for asset in self._wanted(assets, questions))
            found = {one.asset.asset_id: one for one in opened if one is not None}
            for question in questions:
                self._put(question, found, files)
        if found:
            readings = [one.reading() for one in found.values()]
            self._report.recorded(len(self._ctx.assets.record(readings)))

    def _wanted(self, assets: Sequence[Asset], questions: Sequence[Question]) -> Sequence[Asset]:
        if not self._only_missing:
            return assets
        concerned = {asset_id for question in questions for asset_id in question.concerns(assets)}
        return [asset for asset in assets if asset.facts.media_type is None or asset.asset_id in concerned]

    def _open(self, asset: Asset, files: ExitStack) -> _Found | None:
        """The asset's file, held until `files` is closed, and what its bytes are."""
        with self._told(asset):
            self._ctx.storage.open(asset).close()  # raises unless it is whole
            local = self._ctx.storage.local_file(asset)
            path = local or files.enter_context(self._ctx.storage.as_file(asset))
            return _Found(asset, path, local is None, sniff(path, asset.filename))
        return None

    def _put(self, question: Question, found: Mapping[str, _Found], files: ExitStack) -> None:
        assets = {asset_id: one.so_far() for asset_id, one in found.items()}
        concerned = question.concerns([*assets.values()])
        lent = [asset_id for asset_id in concerned if self._lend(found[asset_id], files)]
        wanted = [FileToRead(assets[asset_id], found[asset_id].path) for asset_id in lent]
        for asset_id, extracted in question.ask(wanted):
            found[asset_id].add(question.source, extracted)

    def _lend(self, one: _Found, files: ExitStack) -> bool:
        """Give the file a harmless name, which costs more than a look at it: most are wanted by nobody."""
        with self._told(one.asset):
            if not one.lent:
                one.path, one.lent = files.enter_context(self._ctx.storage.as_file(one.asset)), True
            return True
        return False

    @contextmanager
    def _told(self, asset: Asset) -> Iterator[None]:
        """What speaks against reading a file is told, and ends here."""
        try:
            yield
        except StorageUnavailable as error:
            self._report.storage_silent(asset.asset_id, str(error))
        except (FaceForgeError, OSError) as error:
            self._report.unreadable(asset.asset_id, str(error))
