"""The language of a page: chosen, asked for, or English; with the numbers, dates and plural forms of that language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from faceforge_core.web.filters import human_bytes, moment
from faceforge_core.web.texts import Languages

if TYPE_CHECKING:
    from pathlib import Path

GERMAN = """
msgid ""
msgstr ""
"Language: de\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

#: pages/templates/list.html
msgid "Hello %(name)s"
msgstr "Guten Tag, %(name)s"

#: pages/static/list.js
msgid "%(num)s file"
msgid_plural "%(num)s files"
msgstr[0] "%(num)s Datei"
msgstr[1] "%(num)s Dateien"

#, fuzzy
msgid "A guess"
msgstr "Geraten"

msgid "Not yet"
msgstr ""
"""
POLISH = """
msgid ""
msgstr ""
"Language: pl\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"

msgid "%(num)s file"
msgid_plural "%(num)s files"
msgstr[0] "%(num)s plik"
msgstr[1] "%(num)s pliki"
msgstr[2] "%(num)s plików"
"""


@pytest.fixture
def languages(tmp_path: Path) -> Languages:
    (tmp_path / "de.po").write_text(GERMAN, encoding="utf-8")
    (tmp_path / "pl.po").write_text(POLISH, encoding="utf-8")
    return Languages([tmp_path])


def asking(cookie: str | None = None, accept: str | None = None) -> Request:
    headers: list[tuple[bytes, bytes]] = []
    if cookie is not None:
        headers.append((b"cookie", f"ff_language={cookie}".encode()))
    if accept is not None:
        headers.append((b"accept-language", accept.encode()))
    return Request({"type": "http", "headers": headers})


@pytest.mark.parametrize(
    ("cookie", "accept", "language"),
    [
        (None, None, "en"),
        (None, "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, "fr,de;q=0.3,en;q=0.5", "en"),
        (None, "fr, pl;q=0.1", "pl"),
        (None, "de;q=0", "en"),
        (None, "de;q=much,;;;,*", "en"),
        ("pl", "de", "pl"),
        ("xx", "de", "en"),
        ("../de", None, "en"),
    ],
)
def test_a_choice_counts_before_what_the_browser_asks_for(
    languages: Languages, cookie: str | None, accept: str | None, language: str
) -> None:
    assert languages.of(asking(cookie, accept)).language == language


def test_messages_are_filled_in_and_stay_english_where_nobody_translated_them(languages: Languages) -> None:
    german = languages.named("de")
    assert german.gettext("Hello %(name)s", name="Ada") == "Guten Tag, Ada"
    assert german.gettext("A guess") == "A guess"
    assert german.gettext("Not yet") == "Not yet"
    assert german.gettext("100 % unknown") == "100 % unknown"


@pytest.mark.parametrize(
    ("language", "n", "shown"),
    [
        ("en", 1, "1 file"),
        ("en", 12345, "12,345 files"),
        ("de", 0, "0 Dateien"),
        ("de", 12345, "12.345 Dateien"),
        ("pl", 1, "1 plik"),
        ("pl", 3, "3 pliki"),
        ("pl", 5, "5 plików"),
    ],
)
def test_numbers_take_the_form_and_the_separators_of_the_language(
    languages: Languages, language: str, n: int, shown: str
) -> None:
    assert languages.named(language).ngettext("%(num)s file", "%(num)s files", n) == shown


def test_scripts_get_what_scripts_say(languages: Languages) -> None:
    assert languages.named("de").script == {"%(num)s file": ("%(num)s Datei", "%(num)s Dateien")}
    assert languages.named("en").script == {}


def test_sizes_and_times_are_those_of_the_language(languages: Languages) -> None:
    german = languages.named("de")
    assert human_bytes(3_400_000_000, german) == "3,4 GB"
    assert "Mär" in str(moment("2019-03-04T12:00:00.000Z", german))


def test_a_file_that_is_no_catalog_costs_its_translations_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    for folder, content in ((good, GERMAN), (bad, 'msgid "a\nnonsense')):
        folder.mkdir()
        (folder / "de.po").write_text(content, encoding="utf-8")

    german: Any = Languages([bad, good]).named("de")

    assert german.gettext("Hello %(name)s", name="Ada") == "Guten Tag, Ada"
    assert "texts stay English" in caplog.text
