"""The trash in memory."""

from __future__ import annotations


class FakeTrash:
    """`faceforge_sdk.protocols.Trash` in memory."""
