"""A multipart body, taken apart while it arrives (RFC 7578).

For routes that read a stream (`Router.uploads`). Needs the package python-multipart, which Core brings along; it is
loaded when it is first needed.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import TYPE_CHECKING, Any

from .errors import InvalidInput

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_HEADER_BYTES = 16 * 1024
"""Per header line of a part. The parser's own 4 KiB would refuse a file for its absurd media type, which is mended."""


@dataclass(frozen=True, slots=True)
class PartBegin:
    """A part starts: its field name, and for files the name and type that the client gave."""

    name: str
    filename: str | None
    content_type: str | None


@dataclass(frozen=True, slots=True)
class PartData:
    """Some of the current part's bytes."""

    data: memoryview


@dataclass(frozen=True, slots=True)
class PartEnd:
    """The current part is complete."""


PartEvent = PartBegin | PartData | PartEnd


class MultipartReader:
    """Turns chunks of a body into events, without keeping any of it. All errors are `InvalidInput`."""

    def __init__(self, content_type: str | None) -> None:
        boundary = _boundary(content_type)
        callbacks: MultipartCallbacks = {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }
        parsing = importlib.import_module("python_multipart.multipart")
        self._malformed: type[Exception] = importlib.import_module("python_multipart.exceptions").FormParserError
        try:
            self._parser: Any = parsing.MultipartParser(
                boundary.encode("latin-1", "replace"), callbacks, max_header_size=MAX_HEADER_BYTES
            )
        except self._malformed as exc:
            raise InvalidInput(f"The multipart boundary is not usable: {exc}") from exc
        self._events: list[PartEvent] = []
        self._headers: dict[str, str] = {}
        self._field = b""
        self._value = b""
        self._ended = False

    def feed(self, chunk: bytes) -> list[PartEvent]:
        """The events that `chunk` completes. Data events refer into `chunk`."""
        self._events = []
        try:
            self._parser.write(chunk)
        except self._malformed as exc:
            raise InvalidInput(f"The multipart body is malformed: {exc}") from exc
        return self._events

    def finish(self) -> None:
        """The body is over. Raises `InvalidInput` when its closing boundary never came: it was cut off."""
        if not self._ended:
            raise InvalidInput("The multipart body ends without its closing boundary.")

    def _on_part_begin(self) -> None:
        self._headers = {}

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        self._headers[self._field.decode("latin-1").lower()] = _header_text(self._value)
        self._field = self._value = b""

    def _on_headers_finished(self) -> None:
        disposition = Message()
        disposition["Content-Disposition"] = self._headers.get("content-disposition", "")
        name = _parameter(disposition, "name")
        if disposition.get_content_disposition() != "form-data" or name is None:
            raise InvalidInput("A part of the multipart body has no Content-Disposition with a name.")
        self._events.append(PartBegin(name, _parameter(disposition, "filename"), self._headers.get("content-type")))

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(PartData(memoryview(data)[start:end]))

    def _on_part_end(self) -> None:
        self._events.append(PartEnd())

    def _on_end(self) -> None:
        self._ended = True


def _boundary(content_type: str | None) -> str:
    message = Message()
    message["Content-Type"] = content_type or ""
    boundary = _parameter(message, "boundary", "content-type")
    if message.get_content_type() != "multipart/form-data" or not boundary:
        raise InvalidInput("The body is not multipart/form-data with a boundary.")
    return boundary


def _header_text(raw: bytes) -> str:
    """Browsers and curl send file names as UTF-8; what is not is read byte for byte."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _parameter(message: Message, name: str, header: str = "content-disposition") -> str | None:
    try:
        value = message.get_param(name, header=header)
        return None if value is None else collapse_rfc2231_value(value)
    except (ValueError, TypeError) as exc:  # RFC 2231's continuations and charsets, where they make no sense
        raise InvalidInput(f"The header {header} of the multipart body is malformed.") from exc
