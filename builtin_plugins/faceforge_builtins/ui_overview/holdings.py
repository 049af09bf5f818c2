"""How much the library holds: numbers, kinds of files, and where they lie."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .charts import Bar, share

if TYPE_CHECKING:
    from faceforge_sdk import PluginContext
    from faceforge_sdk.models import AssetStatistics, EntityStatistics, StorageUsage, TrashSummary
    from faceforge_sdk.protocols import Texts


@dataclass(frozen=True, slots=True)
class Holdings:
    """The numbers that the page shows."""

    entities: EntityStatistics
    assets: AssetStatistics
    storage: StorageUsage
    trash: TrashSummary

    @classmethod
    def read(cls, ctx: PluginContext) -> Holdings:
        """As of now."""
        return cls(ctx.entities.statistics(), ctx.assets.statistics(), ctx.storage.usage(), ctx.trash.summary())

    @property
    def trashed(self) -> int:
        """What lies in the trash and can be seen there: entities and files."""
        return self.trash.entities + self.trash.assets

    @property
    def nothing(self) -> bool:
        """Whether nobody has put anything into this library yet."""
        return not (self.entities.total or self.assets.total or self.trashed)

    @property
    def total_bytes(self) -> int:
        """Of all files, those in the trash too: their bytes are still there."""
        return sum(provider.total_bytes for provider in self.storage.providers)

    def families(self, texts: Texts) -> list[Bar]:
        """The kinds of files, the most frequent first."""
        names = _family_names(texts)
        counted: Counter[str] = Counter()
        for one in self.assets.families:
            counted[names.get(one.family, names[""])] += one.assets
        largest = max(counted.values(), default=0)
        return [Bar(name, count, share(count, largest)) for name, count in counted.most_common()]

    def places(self, texts: Texts) -> list[Bar]:
        """The storage places that hold anything, the fullest first."""
        names = {"fs": texts.gettext("Local folder"), "s3": texts.gettext("S3 server")}
        held = sorted((one for one in self.storage.providers if one.assets), key=lambda one: -one.total_bytes)
        largest = max((one.total_bytes for one in held), default=0)
        return [Bar(names.get(one.name, one.name), one.total_bytes, share(one.total_bytes, largest)) for one in held]


def _family_names(texts: Texts) -> dict[str, str]:
    _ = texts.gettext
    documents = _("Documents")
    return {
        "image": _("Pictures"),
        "video": _("Videos"),
        "audio": _("Sound"),
        "text": documents,
        "application": documents,
        "": _("Other files"),
    }
