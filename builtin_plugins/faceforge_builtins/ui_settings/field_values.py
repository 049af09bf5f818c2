"""What is typed into the form of a field, read as JSON values, and written for it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from faceforge_sdk import strict_json
from faceforge_sdk.errors import FaceForgeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from faceforge_sdk.models import FieldDef
    from faceforge_sdk.protocols import Texts

_WHOLE = re.compile(r"[+-]?[0-9]+")
_DECIMAL = re.compile(r"[+-]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][+-]?[0-9]+)?")


class Unreadable(Exception):
    """What was typed is no value of this kind; ``str()`` of it is a sentence."""


def number_of(text: str, texts: Texts) -> int | float:
    """A number as people type it. Raises `Unreadable`."""
    plain = text.strip().replace("\u2212", "-")
    try:
        if _WHOLE.fullmatch(plain):
            return int(plain)
        if _DECIMAL.fullmatch(plain):
            return float(plain.replace(",", "."))
    except ValueError:  # more digits than Python reads
        pass
    raise Unreadable(texts.gettext("Write a number, like 36 or 1.75."))


def json_object(text: str, texts: Texts) -> dict[str, Any]:
    """An object, empty for no text. Raises `Unreadable`."""
    found = _json(text, texts) if text.strip() else {}
    if not isinstance(found, dict):
        raise Unreadable(texts.gettext('Write a JSON object, like {"unit": "cm"}.'))
    return found


def default_of(text: str, widget: str, options: Mapping[str, Any], *, multiple: bool, texts: Texts) -> Any:
    """The value that a field begins with; None for no text. Of several values each has its line."""
    if not text.strip():
        return None
    if not multiple:
        return _value(text, widget, options, texts)
    if widget == "json":
        return _json(text, texts)
    return [_value(line, widget, options, texts) for line in text.split("\n") if line.strip()]


def text_of_default(definition: FieldDef, widget: str, texts: Texts) -> str:
    """The other way round."""
    value = definition.default
    if value is None:
        return ""
    if definition.multiple and isinstance(value, list) and widget != "json":
        return "\n".join(_text(one, widget, texts) for one in value)
    return _text(value, widget, texts)


def _text(value: Any, widget: str, texts: Texts) -> str:
    if widget == "switch" and isinstance(value, bool):
        return texts.gettext("Yes") if value else texts.gettext("No")
    if isinstance(value, str) and widget != "json":
        return value
    return json.dumps(value, ensure_ascii=False)


def _value(text: str, widget: str, options: Mapping[str, Any], texts: Texts) -> Any:
    if widget == "number":
        return number_of(text, texts)
    if widget == "switch":
        return _truth(text, texts)
    if widget == "json":
        return _json(text, texts)
    if widget == "choice":
        choices = {_text(one, widget, texts): one for one in options.get("options", ())}
        return choices.get(text.strip(), text.strip())
    return text if widget == "multiline" else text.strip()


def _truth(text: str, texts: Texts) -> bool:
    said = text.strip().casefold()
    if said in {"yes", "true", texts.gettext("Yes").casefold()}:
        return True
    if said in {"no", "false", texts.gettext("No").casefold()}:
        return False
    raise Unreadable(texts.gettext("Write Yes or No."))


def _json(text: str, texts: Texts) -> Any:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        place = {"line": texts.number(error.lineno), "column": texts.number(error.colno)}
        sentence = texts.gettext("This is no JSON: look at line %(line)s, column %(column)s.", **place)
        raise Unreadable(sentence) from error
    except (ValueError, RecursionError):
        pass  # strict_json says it better
    try:
        return strict_json.loads(text.encode("utf-8", "surrogatepass"))
    except FaceForgeError as refusal:
        raise Unreadable(str(refusal)) from refusal
