"""What jobs do, in words: types that Core brings along by what they were asked for, others by their name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_sdk.models import Job, JsonObject
    from faceforge_sdk.protocols import Texts

IMPORT: Final = "assets.bulk-import"
UNDO: Final = "assets.undo-import"

_SEPARATORS = re.compile(r"[\s_\-]+")


def title_of(job: Job, texts: Texts) -> str:
    """What a job does: ``Import D:\\Photos\\2019``."""
    say = _TITLES.get(job.job_type)
    return say(job.input, texts) if say else kind_of(job.job_type, texts)


def kind_of(job_type: str, texts: Texts) -> str:
    """What all jobs of a type do: ``Import``; of a plugin's type ``workshop.count_faces`` that is its name in words."""
    kinds: Mapping[str, str] = {
        IMPORT: texts.gettext("Import"),
        UNDO: texts.gettext("Undo an import"),
        "assets.extract": texts.gettext("Read files"),
        "thumbnails.render": texts.gettext("Make thumbnails"),
        "storage.verify": texts.gettext("Check the storage"),
        "storage.migrate": texts.gettext("Move files"),
        "storage.settle": texts.gettext("Bring files to their place"),
        "storage.adopt": texts.gettext("Check files of an older version"),
        "entities.bulk": texts.gettext("Change many entities"),
        "jobs.prune": texts.gettext("Remove old jobs and logs"),
        "backup.create": texts.gettext("Back up the library"),
        "trash.purge": texts.gettext("Empty the trash"),
    }
    return kinds.get(job_type) or humanised(job_type)


def humanised(name: str) -> str:
    """An identifier as words: ``workshop.count_faces`` is ``Workshop: count faces``."""
    words = [_SEPARATORS.sub(" ", part).strip() for part in name.split(".")]
    text = ": ".join(part for part in words if part) or name
    return text[:1].upper() + text[1:]


def state_of(job: Job, texts: Texts) -> str:
    """How a job stands."""
    if job.status == "running" and job.cancel_requested_at is not None:
        return texts.gettext("Stopping")
    return states(texts)[job.status]


def states(texts: Texts) -> Mapping[str, str]:
    """All there are."""
    return {
        "running": texts.gettext("Running"),
        "queued": texts.gettext("Waiting"),
        "failed": texts.gettext("Failed"),
        "succeeded": texts.gettext("Done"),
        "canceled": texts.gettext("Canceled"),
    }


def _import(asked: JsonObject, texts: Texts) -> str:
    path = asked.get("path")
    if not isinstance(path, str) or not path.strip():
        return texts.gettext("Import")
    if asked.get("dry_run") is True:
        return texts.gettext("Try importing %(folder)s", folder=path)
    return texts.gettext("Import %(folder)s", folder=path)


def _extract(asked: JsonObject, texts: Texts) -> str:
    count = _count(asked, "asset_ids", "asset_id")
    return texts.ngettext("Read %(num)s file", "Read %(num)s files", count) if count else texts.gettext("Read files")


def _thumbnails(asked: JsonObject, texts: Texts) -> str:
    count = _count(asked, "asset_ids", "asset_id")
    if not count:
        return texts.gettext("Make thumbnails")
    return texts.ngettext("Make thumbnails of %(num)s file", "Make thumbnails of %(num)s files", count)


def _bulk(asked: JsonObject, texts: Texts) -> str:
    count = _count(asked, "ids")
    if asked.get("trash") is True:
        if not count:
            return texts.gettext("Move entities to the trash")
        return texts.ngettext("Move %(num)s entity to the trash", "Move %(num)s entities to the trash", count)
    if not count:
        return texts.gettext("Change the tags of entities")
    return texts.ngettext("Change the tags of %(num)s entity", "Change the tags of %(num)s entities", count)


def _migrate(asked: JsonObject, texts: Texts) -> str:
    place = asked.get("to")
    if isinstance(place, str) and place:
        return texts.gettext("Move files to %(place)s", place=place)
    return texts.gettext("Move files")


def _count(asked: JsonObject, many: str, one: str = "") -> int:
    """How many things an input names; 0 where it does not say."""
    found: Any = asked.get(many)
    if isinstance(found, list):
        return len(found)
    return int(bool(one) and isinstance(asked.get(one), str))


_TITLES: Mapping[str, Callable[[JsonObject, Texts], str]] = {
    IMPORT: _import,
    "assets.extract": _extract,
    "thumbnails.render": _thumbnails,
    "entities.bulk": _bulk,
    "storage.migrate": _migrate,
}
