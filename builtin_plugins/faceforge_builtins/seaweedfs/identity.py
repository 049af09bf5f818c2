"""The keys of Core's own SeaweedFS: made once, kept private beside core.json, and known to nobody else."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from faceforge_sdk import FaceForgeError
from faceforge_sdk.files import write_private
from faceforge_sdk.strict_json import loads

if TYPE_CHECKING:
    from pathlib import Path

_MAX_BYTES = 1024 * 1024
_NAME = "faceforge-core"
_ACTIONS = ("Admin", "Read", "Write", "List", "Tagging")


@dataclass(frozen=True, slots=True)
class Keys:
    """What signs requests."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)


def read_keys(path: Path) -> Keys | None:
    """The keys in an identity file; None where there is none, or none that can be used."""
    try:
        content: Any = loads(path.read_bytes(), max_bytes=_MAX_BYTES)
        first = content["identities"][0]["credentials"][0]
        access_key, secret_key = first["accessKey"], first["secretKey"]
    except (OSError, FaceForgeError, LookupError, TypeError):
        return None
    usable = isinstance(access_key, str) and isinstance(secret_key, str) and access_key and secret_key
    return Keys(access_key, secret_key) if usable else None


def ensure_keys(path: Path) -> Keys:
    """The keys, new ones where there are none, in a file that only its owner may read. Raises OSError."""
    keys = read_keys(path) or Keys(f"FF{secrets.token_hex(9).upper()}", secrets.token_urlsafe(30))
    credentials = [{"accessKey": keys.access_key, "secretKey": keys.secret_key}]
    identity = {"name": _NAME, "credentials": credentials, "actions": _ACTIONS}
    # Written anew each time: what it grants and its mode are those of now.
    write_private(path, json.dumps({"identities": [identity]}, indent=2).encode() + b"\n")
    return keys
