"""From ExifTool's words to facts, moments and words: tables of what it says and what that means."""

from __future__ import annotations

from typing import Any

import pytest

from faceforge_builtins.exiftool.facts import degrees, duration, facts_of
from faceforge_builtins.exiftool.moments import taken, written
from faceforge_builtins.exiftool.tags import Tags
from faceforge_builtins.exiftool.words import MAX_CHARACTERS, MAX_WORD, words_of


def facts(**found: Any) -> dict[str, Any]:
    """The facts that are said, of tags written as Group__Name."""
    tags = Tags({key.replace("__", ":"): value for key, value in found.items()})
    return facts_of(tags).model_dump(exclude_none=True)


def moment(data: dict[str, Any]) -> tuple[str, str | None] | None:
    found = taken(Tags(data))
    return None if found is None else tuple(found)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0 s", 0.0),
        ("12.34 s", 12.34),
        ("0:01:23", 83.0),
        ("0:03:12 (approx)", 192.0),
        ("1:02:03", 3723.0),
        ("2 days 3:04:05", 183_845.0),
        (7, 7.0),
        (1.5, 1.5),
        ("00:00:10.52", 10.52),
        ("-3.00 s", None),
        ("about a minute", None),
        ("1:99:00", None),
        ([1, 2], None),
        (True, None),
    ],
)
def test_a_duration_is_seconds_however_it_is_written(said: Any, seconds: float | None) -> None:
    assert duration(said) == seconds


def test_the_duration_of_the_whole_goes_before_that_of_a_track() -> None:
    assert facts(Track1__Duration="9.00 s", Composite__Duration="0:01:00") == {"duration_seconds": 60.0}


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("52 deg 31' 12.00\" N", 52.52),
        ("52 deg 31' 12.00\" S", -52.52),
        ("52 deg 30' N", 52.5),
        ("52.52 N", 52.52),
        (52.52, 52.52),
        (-52.52, -52.52),
        ("-52.52", -52.52),
        ("0 deg 0' 0.00\" S", 0.0),
        ("north", None),
        ("", None),
        ("52 deg 31' 12.00\" E", None),
    ],
)
def test_degrees_have_a_sign(said: Any, number: float | None) -> None:
    assert degrees(said, "S", "N") == number


def test_a_place_is_both_or_nothing_and_never_without_its_directions() -> None:
    berlin = {"latitude": 52.52, "longitude": -13.405}
    assert (
        facts(Composite__GPSLatitude="52 deg 31' 12.00\" N", Composite__GPSLongitude="13 deg 24' 18.00\" W") == berlin
    )
    assert facts(**{"XMP-exif__GPSLatitude": "52.52 N", "XMP-exif__GPSLongitude": "13.405 W"}) == berlin
    assert facts(Composite__GPSLatitude="52 deg 31' 12.00\" N") == {}
    assert facts(GPS__GPSLatitude="52 deg 31' 12.00\"", GPS__GPSLongitude="13 deg 24' 18.00\"") == {}
    assert facts(Composite__GPSLatitude="0 deg 0' 0.00\" N", Composite__GPSLongitude="0 deg 0' 0.00\" E") == {}
    assert facts(Composite__GPSLatitude="95 deg 0' 0.00\" N", Composite__GPSLongitude="13 deg 0' 0.00\" E") == {}


@pytest.mark.parametrize(
    ("word", "number", "turned"),
    [
        ("Horizontal (normal)", 1, False),
        ("Mirror horizontal", 2, False),
        ("Rotate 180", 3, False),
        ("Mirror vertical", 4, False),
        ("Mirror horizontal and rotate 270 CW", 5, True),
        ("Rotate 90 CW", 6, True),
        ("Mirror horizontal and rotate 90 CW", 7, True),
        ("Rotate 270 CW", 8, True),
    ],
)
def test_width_and_height_are_those_of_the_picture_as_it_is_shown(word: str, number: int, turned: bool) -> None:
    found = facts(Composite__ImageSize="40x30", IFD0__Orientation=word)
    assert found == {
        "orientation": number,
        "width": 30 if turned else 40,
        "height": 40 if turned else 30,
    }


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"File__ImageWidth": 40, "File__ImageHeight": 30}, {"width": 40, "height": 30}),
        ({"Composite__ImageSize": "40 30"}, {"width": 40, "height": 30}),
        ({"PNG__ImageWidth": 40, "PNG__ImageHeight": 30, "IFD1__ImageWidth": 4}, {"width": 40, "height": 30}),
        ({"SVG__ImageWidth": "100%", "SVG__ImageHeight": "12cm"}, {}),
        ({"File__ImageWidth": 0, "File__ImageHeight": 0}, {}),
        ({"File__ImageWidth": 40}, {}),
        ({"Composite__ImageSize": "99999999999x1"}, {}),
        ({"IFD0__Orientation": "Rotate 90 CW"}, {}),
        ({"Composite__ImageSize": "40x30", "IFD0__Orientation": "Unknown (9)"}, {"width": 40, "height": 30}),
        (
            {"Composite__ImageSize": "40x30", "Composite__Rotation": 90},
            {"width": 30, "height": 40, "orientation": 6},
        ),
        (
            {"Composite__ImageSize": "40x30", "Meta__Rotation": "Rotate 270 CW", "IFD0__Orientation": "Rotate 180"},
            {"width": 30, "height": 40, "orientation": 8},
        ),
        ({"Doc1__File__ImageWidth": 4, "Doc1__File__ImageHeight": 3}, {}),
    ],
)
def test_a_size_is_a_pair_that_makes_sense(tags: dict[str, Any], expected: dict[str, Any]) -> None:
    assert facts(**tags) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"File__MIMEType": "image/JPEG"}, {"media_type": "image/jpeg"}),
        ({"File__MIMEType": "no type"}, {}),
        ({"File__MIMEType": 12}, {}),
        ({"PDF__PageCount": 12}, {"page_count": 12}),
        ({"XML__Pages": 3}, {"page_count": 3}),
        ({"XMP-xmpTPg__NPages": 3}, {"page_count": 3}),
        ({"FlashPix__Slides": 3}, {"page_count": 3}),
        ({"PDF__PageCount": 0, "XMP__PageCount": 4}, {"page_count": 4}),
        ({"PDF__PageCount": "many"}, {}),
    ],
)
def test_types_and_pages(tags: dict[str, Any], expected: dict[str, Any]) -> None:
    assert facts(**tags) == expected


@pytest.mark.parametrize(
    ("said", "clock", "offset"),
    [
        ("2024:05:01 10:30:59", "2024-05-01T10:30:59.000", None),
        ("2024:05:01 10:30:59.25+02:00", "2024-05-01T10:30:59.250", "+02:00"),
        ("2024:05:01 10:30:59Z", "2024-05-01T10:30:59.000", "+00:00"),
        ("2024:05:01 10:30-0330", "2024-05-01T10:30:00.000", "-03:30"),
        ("2024-05-01T10:30:59", "2024-05-01T10:30:59.000", None),
        ("2024:05:01", "2024-05-01T00:00:00.000", None),
        ("2024:05:01 10:30:60", "2024-05-01T10:30:59.000", None),
        ("1826:01:01 00:00:01", "1826-01-01T00:00:01.000", None),
        ("2024:05:01 10:30:59+25:00", "2024-05-01T10:30:59.000", None),
    ],
)
def test_a_date_is_the_clock_at_the_place(said: str, clock: str, offset: str | None) -> None:
    assert written(said) == (clock, offset)


@pytest.mark.parametrize(
    "said",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "1825:12:31 23:59:59",
        "1904:01:01 00:00:00",
        "1970:01:01 00:00:00",
        "2024:02:30 10:00:00",
        "2024:05:01 24:30:00",
        "2024",
        "last summer",
        "",
        2024,
        None,
        ["2024:05:01 10:30:59"],
    ],
)
def test_a_date_that_makes_no_sense_is_none(said: Any) -> None:
    assert written(said) is None


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (
            {"ExifIFD:DateTimeOriginal": "2024:05:01 10:00:00", "ExifIFD:OffsetTimeOriginal": "+02:00"},
            ("2024-05-01T10:00:00.000", "+02:00"),
        ),
        (
            {
                "ExifIFD:DateTimeOriginal": "2024:05:01 10:00:00",
                "Composite:SubSecDateTimeOriginal": "2024:05:01 10:00:00.5",
            },
            ("2024-05-01T10:00:00.500", None),
        ),
        (
            {"ExifIFD:CreateDate": "2024:05:02 10:00:00", "ExifIFD:DateTimeOriginal": "0000:00:00 00:00:00"},
            ("2024-05-02T10:00:00.000", None),
        ),
        (
            {"XMP-xmp:CreateDate": "2019:01:01 00:00:01", "XMP-exif:DateTimeOriginal": "2024:05:01 10:00:00+01:00"},
            ("2024-05-01T10:00:00.000", "+01:00"),
        ),
        (
            {"QuickTime:CreateDate": "2024:05:01 08:00:00", "Keys:CreationDate": "2024:05:01 10:00:00+02:00"},
            ("2024-05-01T10:00:00.000", "+02:00"),
        ),
        ({"QuickTime:CreateDate": "2024:05:01 08:00:00"}, ("2024-05-01T08:00:00.000", "+00:00")),
        ({"QuickTime:CreateDate": "0000:00:00 00:00:00"}, None),
        (
            {"Composite:DateTimeCreated": "2024:05:01 10:00:00+01:00", "IPTC:DateCreated": "2024:05:01"},
            ("2024-05-01T10:00:00.000", "+01:00"),
        ),
        ({"IPTC:DateCreated": "2024:05:01"}, ("2024-05-01T00:00:00.000", None)),
        ({"PDF:CreateDate": "2024:05:01 10:00:00+02:00"}, ("2024-05-01T10:00:00.000", "+02:00")),
        ({"PNG:CreationTime": "2024:05:01 10:00:00"}, ("2024-05-01T10:00:00.000", None)),
        ({"System:FileModifyDate": "2024:05:01 10:00:00+02:00", "IFD0:ModifyDate": "2024:05:01 10:00:00"}, None),
        ({"Doc1:ExifIFD:DateTimeOriginal": "2024:05:01 10:00:00"}, None),
        # The clock of one tag never gets the offset of another.
        (
            {"XMP-photoshop:DateCreated": "2024:05:01 10:00:00", "ExifIFD:OffsetTimeDigitized": "+09:00"},
            ("2024-05-01T10:00:00.000", None),
        ),
    ],
)
def test_the_best_date_says_when_a_picture_was_taken(
    tags: dict[str, Any], expected: tuple[str, str | None] | None
) -> None:
    assert moment(tags) == expected


def test_words_are_titles_texts_people_and_places_each_once() -> None:
    tags = Tags(
        {
            "IFD0:Make": "Canon",
            "XMP-dc:Title": "At the  lake\n",
            "XMP-dc:Title-de": "Am See",
            "XMP-dc:Subject": ["summer", "Anna", "summer"],
            "IPTC:By-line": "Berta",
            "IPTC:Keywords": 1984,
            "XMP-mwg-rs:RegionInfo": {"RegionList": [{"Name": "Clara", "Type": "Face", "Area": {"X": 0.5}}]},
            "XMP-MP:RegionInfoMP": {"Regions": [{"PersonDisplayName": "Dora"}]},
            "XMP-iptcExt:LocationCreated": [{"City": "Ulm", "WorldRegion": "-"}],
            "File:Comment": "base64:AAAA",
            "XMP-xmp:CreatorTool": "a program",
            "Doc1:IFD0:Artist": "of another file",
        }
    )
    assert words_of(tags) == (
        *("Canon", "At the lake", "Am See", "summer", "Anna", "Berta", "1984"),
        *("Clara", "Dora", "Ulm"),
    )


def test_words_are_bounded() -> None:
    found = words_of(Tags({"XMP-dc:Description": "x" * 5000, "XMP-dc:Subject": [f"{n:0900}" for n in range(500)]}))
    assert len(found[0]) == MAX_WORD
    assert sum(map(len, found)) <= MAX_CHARACTERS
