"""What is searched of an entity, and the key under which it is found: pure functions, without a database."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ID_BITS = 22
_ID_MASK = (1 << ID_BITS) - 1
_MS_LIMIT = 1 << (63 - ID_BITS)
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_TRIGRAM = 3
_MOST_TRIGRAMS = 24


def fold(value: str) -> str:
    """Return `value` without distinctions of case, as all of Unicode defines them (ß is ss, ſ is s).

    A letter and its accents become one character where there is one: some file names of macOS have them apart.
    """
    return unicodedata.normalize("NFC", value.casefold())


def needle_of(q: str) -> str:
    """Return what has to stand in a text for `q` to find it."""
    return storable(fold(q))


def trigrams_of(needle: str) -> str | None:
    """Return the expression for FTS5 that gives all texts with `needle`, and more; None if it is too short for that.

    All texts with the needle have all of its trigrams; a long needle is found by a spread of them.
    """
    if len(needle) < _TRIGRAM:
        return None
    trigrams = list(dict.fromkeys(needle[at : at + _TRIGRAM] for at in range(len(needle) - _TRIGRAM + 1)))
    step = -(-len(trigrams) // _MOST_TRIGRAMS)
    return " AND ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams[::step])


def entity_text(
    display_name: str, aliases: Sequence[object], tags: Sequence[object], fields: Mapping[str, object]
) -> str:
    """Return what `q` searches of an entity: its folded values and field keys, one per line.

    What SQLite's text cannot hold (NUL, lone surrogates of old homes) becomes U+FFFD and a question mark.
    """
    lines = "\n".join([display_name, *_words(aliases), *_words(tags), *_words(fields)])
    return storable(fold(lines))


MAX_WORDS_LENGTH = 20_000
"""Characters of an asset's text that are kept for the search: a long transcript is not read through for each query."""


def asset_text(filename: str | None, words: Mapping[str, Sequence[str]], meta: object) -> str:
    """Return what `q` searches of an asset: its folded file name, the words of its readers, its sidecars' values."""
    entries = meta.get("metadata") if isinstance(meta, dict) else None
    sidecars = [
        entry.get("Data")
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and entry.get("Source") == "UserSidecar"
    ]
    read = [word for of_source in words.values() for word in of_source]
    return storable(fold("\n".join([filename or "", *read, *_words(sidecars)])))[:MAX_WORDS_LENGTH]


def storable(value: str) -> str:
    """Return `value` without what SQLite's text cannot hold: NUL and lone surrogates."""
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _words(value: object) -> Iterator[str]:
    """Yield keys and values in their order; not by recursion, since an old home may nest deeper than that carries."""
    waiting = [value]
    while waiting:
        inner = waiting.pop()
        if isinstance(inner, dict):
            waiting += [part for pair in reversed(inner.items()) for part in reversed(pair)]
        elif isinstance(inner, list | tuple):
            waiting += reversed(inner)
        elif inner is not None:
            yield str(inner)


def sequence_of(created_at: str | None, entity_id: str) -> int:
    """Return the key under which an entity is indexed: ``ORDER BY seq DESC`` is created_at DESC, entity_id ASC.

    The upper bits are milliseconds since 2020 (negative before; good until 2089), the lower 22 the inverted first bits
    of the id. Equal keys (one chance in four million within a millisecond) move to the next free one. A time that is
    none, as in a damaged old home, counts as 1970.
    """
    return first_sequence_of(created_at) | (~_leading_bits(entity_id) & _ID_MASK)


@lru_cache(maxsize=8)  # thousands of files come in within one
def first_sequence_of(moment: str | None) -> int:
    """Return the lowest key of what was created in the millisecond of `moment`, ISO 8601 text."""
    try:
        parsed = datetime.fromisoformat(moment or "")
    except ValueError:
        parsed = datetime.fromtimestamp(0, UTC)
    since = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)) - _EPOCH
    ms = (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000
    return max(-_MS_LIMIT, min(ms, _MS_LIMIT - 1)) << ID_BITS


def _leading_bits(entity_id: str) -> int:
    try:
        return int(entity_id[:6], 16) >> 2
    except ValueError:  # v0.1.9 did not check ids that tools put into its file
        return int.from_bytes(entity_id.encode("utf-8", "replace")[:3].ljust(3, b"\0")) >> 2
