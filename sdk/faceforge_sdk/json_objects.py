"""JSON objects that code hands over, held to the same rules as those that come in over HTTP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from . import strict_json
from .errors import InvalidInput, PayloadTooLarge

if TYPE_CHECKING:
    from collections.abc import Mapping


def checked_object(value: Mapping[str, Any], *, max_bytes: int) -> dict[str, Any]:
    """The same object, as it is read back from JSON.

    Raises `InvalidInput` for what JSON does not know or `strict_json` refuses, `PayloadTooLarge` past `max_bytes`.
    """
    try:
        text = json.dumps(dict(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        content = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InvalidInput("A text contains half of a surrogate pair.") from error
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(f"This is no JSON object: {error}") from error
    if len(content) > max_bytes:
        raise PayloadTooLarge(f"It would take {len(content)} bytes as JSON; at most {max_bytes} are kept.")
    checked: dict[str, Any] = strict_json.loads(content, max_bytes=max_bytes)
    return checked
