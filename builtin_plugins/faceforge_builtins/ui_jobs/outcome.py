"""What came out of a job: figures with words for imports and their undoing, labels and values for any other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .facts import Fact, facts_of
from .words import IMPORT, UNDO

if TYPE_CHECKING:
    from faceforge_sdk.models import Job
    from faceforge_sdk.protocols import Texts

_KINDS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that stands for itself, and in words of what."""

    number: int
    label: str
    bytes: int | None = None
    problem: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """So many files of one sort."""

    name: str
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures where we know what they mean, what a try found by sort, and the rest as facts."""

    figures: tuple[Figure, ...] = ()
    shares: tuple[Share, ...] = ()
    facts: tuple[Fact, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.figures or self.shares or self.facts)


def outcome_of(job: Job, texts: Texts) -> Outcome:
    """What its result says; a result of any shape can be shown."""
    result = job.result
    if not result:
        return Outcome()
    if job.job_type == IMPORT and number_in(result, "imported") is not None:
        return _of_import(result, texts)
    if job.job_type == UNDO and number_in(result, "assets") is not None:
        return Outcome(_of_undo(result, texts))
    return Outcome(facts=facts_of(result, texts))


def problems_of(job: Job) -> int:
    """How many things went wrong while it ran: what its result counts as errors, warnings or findings."""
    result = job.result or {}
    counts = result.get("counts")
    findings = counts if job.job_type == "storage.verify" and isinstance(counts, Mapping) else {}
    numbers = [number_in(result, name) for name in ("errors", "warnings", "failed")]
    return sum(number or 0 for number in [*numbers, *(number_in(findings, name) for name in findings)])


def number_in(data: Mapping[str, Any], name: str) -> int | None:
    """A count, if that is what stands there."""
    found = data.get(name)
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 10**15 else None


def _of_import(result: Mapping[str, Any], texts: Texts) -> Outcome:
    tried = result.get("would_import")
    rehearsal = tried if isinstance(tried, Mapping) else {}
    figures = _would_import(rehearsal, texts) if rehearsal else _imported(result, texts)
    return Outcome((*figures, *_remarks(result, texts)), _shares(rehearsal))


def _imported(result: Mapping[str, Any], texts: Texts) -> tuple[Figure, ...]:
    n = _numbers(result)
    figures = [
        Figure(
            n["imported"], texts.ngettext("file came in", "files came in", n["imported"]), number_in(result, "bytes")
        ),
    ]
    if n["entities_created"]:
        label = texts.ngettext("entity was made", "entities were made", n["entities_created"])
        figures.append(Figure(n["entities_created"], label))
    if n["linked"]:
        label = texts.ngettext("file was linked to an entity", "files were linked to entities", n["linked"])
        figures.append(Figure(n["linked"], label))
    return tuple(figures)


def _would_import(rehearsal: Mapping[str, Any], texts: Texts) -> tuple[Figure, ...]:
    files, folders = number_in(rehearsal, "files") or 0, number_in(rehearsal, "folders") or 0
    figures = [
        Figure(files, texts.ngettext("file would come in", "files would come in", files), number_in(rehearsal, "bytes"))
    ]
    if folders:
        label = texts.ngettext("folder would have its entity", "folders would have their entities", folders)
        figures.append(Figure(folders, label))
    return tuple(figures)


def _remarks(result: Mapping[str, Any], texts: Texts) -> list[Figure]:
    n, skipped = _numbers(result), result.get("skipped")
    left_out = sum(number_in(skipped, name) or 0 for name in skipped) if isinstance(skipped, Mapping) else 0
    told = [
        (n["skipped_existing"], texts.ngettext("is known already", "are known already", n["skipped_existing"]), False),
        (n["errors"], texts.ngettext("could not be read", "could not be read", n["errors"]), True),
        (n["warnings"], texts.ngettext("warning", "warnings", n["warnings"]), True),
        (left_out, texts.ngettext("is nothing to import", "are nothing to import", left_out), False),
        (n["displaced"], texts.ngettext("waits for its place", "wait for their place", n["displaced"]), False),
    ]
    return [Figure(number, label, problem=problem) for number, label, problem in told if number]


def _of_undo(result: Mapping[str, Any], texts: Texts) -> tuple[Figure, ...]:
    n = {name: number_in(result, name) or 0 for name in ("assets", "entities", "links")}
    return (
        Figure(n["assets"], texts.ngettext("file went to the trash", "files went to the trash", n["assets"])),
        Figure(n["entities"], texts.ngettext("entity went to the trash", "entities went to the trash", n["entities"])),
        Figure(n["links"], texts.ngettext("link was removed", "links were removed", n["links"])),
    )


_COUNTED = ("imported", "skipped_existing", "errors", "warnings", "entities_created", "linked", "displaced")


def _numbers(result: Mapping[str, Any]) -> Mapping[str, int]:
    return {name: number_in(result, name) or 0 for name in _COUNTED}


def _shares(rehearsal: Mapping[str, Any]) -> tuple[Share, ...]:
    """What a try would bring in, by the endings of the names, the most first."""
    sorts = rehearsal.get("by_extension")
    if not isinstance(sorts, Mapping):
        return ()
    found = [
        Share(name, number_in(one, "files") or 0, number_in(one, "bytes") or 0)
        for name, one in sorts.items()
        if isinstance(one, Mapping)
    ]
    return tuple(sorted(found, key=lambda share: (-share.files, share.name))[:_KINDS_SHOWN])
