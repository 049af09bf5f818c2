"""Identifiers: 64 lower-case hex characters, like the SHA-256 that identifies an asset."""

from __future__ import annotations

import secrets


def new_id() -> str:
    """A random id; 256 bits, so that two never meet."""
    return secrets.token_hex(32)
