"""Numbers and JSON as people type them into a form's fields, and what is wrong with it in words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from . import strict_json
from .errors import FaceForgeError
from .texts import to_translate

if TYPE_CHECKING:
    from .protocols import Texts

__all__ = ["NUL", "Unreadable", "plain_number", "read_json", "read_number", "read_text"]

NUL = to_translate("There is a character in it that can't be stored (NUL). Type the text again instead of pasting it.")
"""JSON bodies may not hold it either; see the limits of the API."""

_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][+-]?[0-9]+)?")
_REASONS = {
    "Expecting value": to_translate("a value is missing or is not written as JSON; texts stand in double quotes"),
    "Expecting property name enclosed in double quotes": to_translate("a key in double quotes is missing"),
    "Expecting ',' delimiter": to_translate("a comma or a closing bracket is missing"),
    "Expecting ':' delimiter": to_translate("a colon is missing"),
    "Extra data": to_translate("the value ends here, and more follows"),
    "Unterminated string starting at": to_translate("this text has no closing quote"),
    "Invalid control character at": to_translate("a line break or control character stands inside of a text"),
    "Illegal trailing comma before end of array": to_translate("the list ends with a comma"),
    "Illegal trailing comma before end of object": to_translate("the object ends with a comma"),
}
# What Python's parser says, for people.


class Unreadable(Exception):
    """What was typed is no value of this kind; `offset` is where in the text, if that is known.

    The message is a sentence in the reader's language.
    """

    def __init__(self, sentence: str, offset: int | None = None) -> None:
        super().__init__(sentence)
        self.offset = offset


def read_text(text: str, texts: Texts) -> str:
    """The text, unless it can't be stored. Raises `Unreadable`."""
    if "\0" in text:
        raise Unreadable(texts.gettext(NUL))
    return text


def read_number(text: str, texts: Texts) -> int | float:
    """A number, with a decimal point or comma. Raises `Unreadable`."""
    try:
        number = plain_number(text)
        strict_json.loads(json.dumps(number).encode())
    except (ValueError, OverflowError, FaceForgeError) as error:
        raise Unreadable(texts.gettext("Write a number, like 36 or 1.75.")) from error
    return number


def plain_number(text: str) -> int | float:
    """A number as people type it. Raises `ValueError`."""
    text = text.strip().replace("\u2212", "-")
    if _WHOLE.fullmatch(text):
        return int(text)
    if not _DECIMAL.fullmatch(text):
        raise ValueError(text)
    return float(text.replace(",", "."))


def read_json(text: str, texts: Texts) -> Any:
    """The value of a JSON text. Raises `Unreadable` with the line and column of what is wrong."""
    _ = texts.gettext
    read_text(text, texts)
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        reason = _REASONS.get(error.msg)
        place = {"line": texts.number(error.lineno), "column": texts.number(error.colno)}
        sentence = _(
            "Line %(line)s, column %(column)s: %(reason)s.", reason=_(reason) if reason else error.msg, **place
        )
        raise Unreadable(sentence, error.pos) from error
    except (ValueError, RecursionError):
        pass  # strict_json says it better
    try:
        return strict_json.loads(text.encode("utf-8", "surrogatepass"))
    except FaceForgeError as refusal:
        raise Unreadable(str(refusal)) from refusal
