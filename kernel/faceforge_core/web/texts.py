"""The words of the pages in the languages of their readers: gettext catalogs that plugins bring along.

The texts in the sources are English. A plugin's folder ``locales`` holds one ``<language>.po`` for each further
language; those of all active plugins together are the catalog of that language.
"""

from __future__ import annotations

import logging
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from babel import Locale
    from babel.messages import Catalog
    from starlette.requests import Request

_log = logging.getLogger(__name__)

ENGLISH: Final = "en"
LANGUAGE_COOKIE: Final = "ff_language"
_ENGLISH_FORMATS: Final = "en_GB"
"""Days before months, as the English texts have them."""


class Texts:
    """The SDK's `Texts` in one language. `plural` gives the form of a number, counted from 0."""

    def __init__(
        self, language: str, messages: Mapping[str, Sequence[str]], plural: Callable[[int], int], script: frozenset[str]
    ) -> None:
        self.language = language
        self._messages = messages
        self._plural = plural
        self._script = script

    def gettext(self, message: str, **values: object) -> str:
        """The message in this language, or as it is; ``%(name)s`` is filled in from `values`."""
        found = self._messages.get(message)
        return (found[0] if found else message) % values if values else (found[0] if found else message)

    def ngettext(self, singular: str, plural: str, n: int, **values: object) -> str:
        """The form that fits the number `n`, which ``%(num)s`` shows as people write it."""
        found = self._messages.get(singular)
        form = self._plural(n) if found else int(n != 1)
        forms = found or (singular, plural)
        return forms[min(form, len(forms) - 1)] % {"num": self.number(n), **values}

    def number(self, value: float) -> str:
        """A number with this language's separators."""
        from babel.numbers import format_decimal  # not at the top: Core starts without it

        return format_decimal(value, locale=self.locale)

    @cached_property
    def locale(self) -> Locale:
        """Babel's knowledge of this language's numbers and dates."""
        from babel import Locale

        return Locale.parse(_ENGLISH_FORMATS if self.language == ENGLISH else self.language)

    @cached_property
    def script(self) -> Mapping[str, Sequence[str]]:
        """What the pages' scripts say, by its English text: each form of it."""
        return {message: self._messages[message] for message in sorted(self._script)}


class Languages:
    """The languages of one generation, each read when it is first asked for. `folders` are the plugins' ``locales``."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = tuple(folders)
        self._lock = threading.Lock()
        self._known: dict[str, Texts] = {ENGLISH: Texts(ENGLISH, {}, _as_english, frozenset())}

    @cached_property
    def available(self) -> tuple[str, ...]:
        """What there is, English first; a file that is named after no language is nobody's."""
        found = {path.stem for folder in self._folders for path in folder.glob("*.po") if _is_language(path.stem)}
        return (ENGLISH, *sorted(found - {ENGLISH}))

    def of(self, request: Request) -> Texts:
        """The language that this reader chose, else the first that their browser asks for and we have, else English."""
        chosen = request.cookies.get(LANGUAGE_COOKIE)
        wanted = [chosen] if chosen else _accepted(request.headers.get("accept-language", ""))
        return self.named(next((one for one in wanted if one in self.available), ENGLISH))

    def named(self, language: str) -> Texts:
        """One of `available`."""
        with self._lock:
            if language not in self._known:
                self._known[language] = self._read(language)
            return self._known[language]

    def _read(self, language: str) -> Texts:
        messages: dict[str, Sequence[str]] = {}
        script: set[str] = set()
        plural: Callable[[int], int] = _as_english
        for path in (folder / f"{language}.po" for folder in self._folders):
            catalog = _catalog(path, language)
            if catalog is None:
                continue
            plural = _plural_of(catalog)
            for message in catalog:
                forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
                english = message.id if isinstance(message.id, str) else message.id[0]
                if not english or message.fuzzy or not forms or not all(forms):
                    continue
                messages.setdefault(english, forms)
                if any(place.endswith(".js") for place, _ in message.locations):
                    script.add(english)
        return Texts(language, messages, plural, frozenset(script))


def own_name(language: str) -> str:
    """What its speakers call a language: "Deutsch"."""
    from babel import Locale

    name = Locale.parse(language).get_language_name(language) or language
    return name[:1].upper() + name[1:]


def _is_language(name: str) -> bool:
    from babel import Locale, UnknownLocaleError

    try:
        Locale.parse(name)
    except (ValueError, UnknownLocaleError):
        _log.warning("%s.po is named after no language that is known, so nobody can choose it.", name)
        return False
    return True


def _as_english(n: int) -> int:
    return int(n != 1)


def _catalog(path: Path, language: str) -> Catalog | None:
    from babel.messages.pofile import read_po

    try:
        with path.open("rb") as file:
            return read_po(file, locale=language, ignore_obsolete=True, abort_invalid=True)
    except FileNotFoundError:
        return None
    except Exception as error:  # noqa: BLE001 - the file may be a plugin's, and its pages are readable in English
        _log.warning("%s can't be read, so its texts stay English: %s", path, error)
        return None


def _plural_of(catalog: Catalog) -> Callable[[int], int]:
    from gettext import c2py

    form: Callable[[int], int] = c2py(catalog.plural_expr)
    return form


def _accepted(header: str) -> list[str]:
    """The languages of an Accept-Language header without their regions, best first; nonsense is nobody's language."""
    found: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, parameter = part.strip().partition(";")
        quality = parameter.strip().removeprefix("q=") if parameter else "1"
        try:
            found.append((float(quality), tag.partition("-")[0].strip().lower()))
        except ValueError:
            continue
    return [tag for quality, tag in sorted(found, key=lambda one: -one[0]) if quality > 0 and tag]
