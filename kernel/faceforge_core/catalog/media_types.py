"""Media types as RFC 9110 spells them (section 8.3.1)."""

from __future__ import annotations

import re

MAX_LENGTH = 255

# type "/" subtype *( OWS ";" OWS [ name "=" ( token / quoted-string ) ] )
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"'
_MEDIA_TYPE = re.compile(rf"{_WORD}/{_WORD}(?:[ \t]*;(?:[ \t]*{_WORD}=(?:{_WORD}|{_QUOTED}))?)*")


def is_media_type(text: str) -> bool:
    """Whether `text` is one, parameters included, and of at most 255 characters."""
    return len(text) <= MAX_LENGTH and _MEDIA_TYPE.fullmatch(text) is not None
