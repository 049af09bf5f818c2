"""What a file is to be found by: its titles, texts, keywords, people and places."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .tags import Tags

MAX_WORD = 1000
MAX_WORDS = 200
MAX_CHARACTERS = 10_000

SPOKEN = frozenset(
    {
        # What it is
        *("Title", "ObjectName", "Headline", "XPTitle", "Album", "Label", "Event"),
        *("Description", "ImageDescription", "Caption-Abstract", "CaptionWriter", "XPComment", "XPSubject", "Subject"),
        *("Comment", "UserComment", "Keywords", "XPKeywords", "HierarchicalSubject", "TagsList", "Category", "Genre"),
        # Who made it, who is in it
        *("Artist", "Creator", "Author", "XPAuthor", "By-line", "Composer", "AlbumArtist", "Performer", "Director"),
        *("Copyright", "CopyrightNotice", "Rights", "Credit", "Source", "Make", "Model", "LensModel"),
        *("PersonInImage", "PersonDisplayName", "RegionName", "RegionPersonDisplayName"),
        # Where
        *("City", "State", "Province-State", "ProvinceState", "Country", "CountryName", "Location", "LocationName"),
        *("Country-PrimaryLocationName", "Sub-location", "Sublocation", "LocationShownCity", "GPSAreaInformation"),
    }
)
_REGIONS = frozenset({"RegionInfo", "RegionInfoMP", "RegionList", "Regions"})
_LANGUAGE = re.compile(r"-[a-z]{2,3}(-[A-Z]{2})?$")  # Description-de: a translation
_FOR_MACHINES = ("base64:", "charset=", "{", "<?xml")


def words_of(tags: Tags) -> tuple[str, ...]:
    """Each once, as they came; long ones and long lists are cut."""
    found: dict[str, None] = {}
    room = MAX_CHARACTERS
    for name, value in tags:
        for word in _spoken(name, value, in_region=False):
            if word in found:
                continue
            room -= len(word)
            if room < 0 or len(found) == MAX_WORDS:
                return tuple(found)
            found[word] = None
    return tuple(found)


def _spoken(name: str, value: Any, *, in_region: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for part, item in value.items():
            yield from _spoken(part, item, in_region=in_region or name in _REGIONS)
    elif isinstance(value, list):
        for item in value:
            yield from _spoken(name, item, in_region=in_region)
    elif _is_spoken(name, in_region=in_region) and isinstance(value, str | int | float):
        text = " ".join(str(value).split())
        if text and not isinstance(value, bool) and not text.startswith(_FOR_MACHINES):
            yield text[:MAX_WORD]


def _is_spoken(name: str, *, in_region: bool) -> bool:
    if in_region and name == "Name":  # a face's
        return True
    return name in SPOKEN or _LANGUAGE.sub("", name) in SPOKEN
