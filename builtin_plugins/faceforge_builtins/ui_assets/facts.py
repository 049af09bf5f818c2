"""What is known of a file, as rows of a table: the file itself, then what it says of its making."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from .metadata import entries_of
from .tiles import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk.models import Asset, AssetFacts
    from faceforge_sdk.protocols import Texts

_EXIFTOOL: Final = "ExifTool"


@dataclass(frozen=True, slots=True)
class Row:
    """A label and a value in words; `title` is the value in full, where the words round it."""

    label: str
    text: str
    title: str = ""


def rows_of(asset: Asset, texts: Texts) -> list[Row]:
    """What the file says about itself; size and name stand elsewhere, in the template's own words."""
    return [*_measures(asset.facts, texts), *_taken(asset, texts), *_whereabouts(asset.facts, texts)]


def _measures(facts: AssetFacts, texts: Texts) -> Iterator[Row]:
    _ = texts.gettext
    if facts.width and facts.height:
        pixels = f"{texts.number(facts.width)} × {texts.number(facts.height)}"
        mega = texts.number(round(facts.width * facts.height / 1_000_000, 1))
        yield Row(_("Dimensions"), pixels, _("%(mega)s megapixels", mega=mega))
    if facts.duration_seconds is not None:
        seconds = texts.number(round(facts.duration_seconds, 2))
        yield Row(_("Duration"), clock(facts.duration_seconds), _("%(seconds)s seconds", seconds=seconds))
    if facts.page_count:
        yield Row(_("Pages"), texts.number(facts.page_count))


def _taken(asset: Asset, texts: Texts) -> Iterator[Row]:
    _ = texts.gettext
    facts = asset.facts
    if facts.taken_at:
        offset = f" (UTC{facts.taken_offset})" if facts.taken_offset else ""
        yield Row(_("Taken"), facts.taken_at[:19].replace("T", " ") + offset, _("By the clock at the place"))
    tags = _exif(asset)
    make, model = _tag(tags, "Make"), _tag(tags, "Model")
    if model:
        yield Row(_("Camera"), model if not make or model.lower().startswith(make.lower()) else f"{make} {model}")
    lens = _tag(tags, "LensModel") or _tag(tags, "LensID")
    if lens:
        yield Row(_("Lens"), lens)


def _whereabouts(facts: AssetFacts, texts: Texts) -> Iterator[Row]:
    if facts.latitude is not None and facts.longitude is not None:
        north = texts.gettext("N") if facts.latitude >= 0 else texts.gettext("S")
        east = texts.gettext("E") if facts.longitude >= 0 else texts.gettext("W")
        text = f"{abs(facts.latitude):.5f}° {north}, {abs(facts.longitude):.5f}° {east}"
        yield Row(texts.gettext("Place"), text, texts.gettext("Where it was taken, as the file says"))


def _exif(asset: Asset) -> dict[str, Any]:
    """What ExifTool read, its tags by their names alone; those of EXIF go before others of the same name."""
    found: dict[str, Any] = {}
    for entry in entries_of(asset):
        data = entry.get("Data") if entry.get("Source") == _EXIFTOOL else None
        if isinstance(data, dict):
            for key, value in sorted(data.items(), key=lambda item: not item[0].startswith(("EXIF:", "IFD0:"))):
                found.setdefault(key.rpartition(":")[2], value)
    return found


def _tag(tags: dict[str, Any], name: str) -> str:
    value = tags.get(name)
    return str(value).strip()[:200] if isinstance(value, str | int) else ""
