"""What is said of a file when it comes in: accepted as it is, mended where that is safe, or refused."""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from faceforge_core.catalog.media_types import is_media_type
from faceforge_sdk import strict_json
from faceforge_sdk.errors import InvalidInput, PayloadTooLarge

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Sidecar

MAX_NAME = 255
MAX_KIND = 100
UNKNOWN_TYPE = "application/octet-stream"

_KEPT_SUFFIX = re.compile(r"\.[^.\s]{1,20}$")


@dataclass(frozen=True, slots=True)
class Description:
    """The facts of a file that its bytes do not tell; `sidecar` is an entry of ``meta.metadata``."""

    filename: str
    kind: str
    mime_type: str
    sidecar: dict[str, Any] | None


def describe(
    *, filename: str, content_type: str | None, kind: str, sidecar: Sidecar | None, max_depth: int
) -> Description:
    """Judge everything before any byte is kept. Raises `InvalidInput`."""
    name = display_name(filename)
    return Description(
        filename=name,
        kind=_kind(kind),
        mime_type=media_type(content_type, name),
        sidecar=None if sidecar is None else sidecar_entry(sidecar, max_depth=max_depth),
    )


def require_bytes(byte_size: int) -> None:
    """Raise `InvalidInput` for an empty file: all of them would be one asset."""
    if byte_size == 0:
        raise InvalidInput("The file is empty.")


def display_name(text: str) -> str:
    """The name as people see it: never a path of ours, so nothing in it is dangerous. A long one keeps its suffix."""
    _require_text(text, "file name")
    if not text.strip():
        raise InvalidInput("The file has no name.")
    if len(text) <= MAX_NAME:
        return text
    suffix = _KEPT_SUFFIX.search(text)
    kept = suffix.group() if suffix else ""
    return text[: MAX_NAME - len(kept)] + kept


def media_type(sent: str | None, filename: str) -> str:
    """`sent` if it is a media type by its grammar, else a guess by the file's name."""
    if sent is not None and is_media_type(sent):
        return sent
    guess, encoding = mimetypes.guess_type(f"file{_suffix(filename)}")
    if encoding is not None:
        return "application/gzip" if encoding == "gzip" else UNKNOWN_TYPE
    return guess or UNKNOWN_TYPE


def sidecar_entry(sidecar: Sidecar, *, max_depth: int) -> dict[str, Any]:
    """The entry of ``meta.metadata`` for a companion file. Raises `InvalidInput`, for one that is too large too."""
    try:
        content = strict_json.loads(sidecar.content, max_depth=max_depth)
    except PayloadTooLarge as error:
        raise InvalidInput(f"The sidecar can't be used. {error}") from error
    except InvalidInput as error:
        raise InvalidInput(f"The sidecar can't be used. {error}", details=error.details) from error
    if content is None or content == "":
        raise InvalidInput("The sidecar says nothing: it is null or an empty text.")
    return {
        "Source": "UserSidecar",
        "Type": "JsonMetadata",
        "Name": display_name(sidecar.filename),
        "NameHashes": None,
        "Data": content,
    }


def _kind(text: str) -> str:
    kind = text.strip()
    _require_text(kind, "kind")
    if not 1 <= len(kind) <= MAX_KIND:
        raise InvalidInput(f"The kind has to have 1 to {MAX_KIND} characters.")
    return kind


def _require_text(text: str, what: str) -> None:
    if "\0" in text:
        raise InvalidInput(f"The {what} contains the character NUL.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidInput(f"The {what} contains half of a surrogate pair.") from error


def _suffix(filename: str) -> str:
    """The end of a name, as the type tables know it: ``.tar.gz`` whole, nothing that looks like an address."""
    match = re.search(r"(?:\.[A-Za-z0-9_+-]{1,20}){1,2}$", filename)
    return match.group() if match else ""
