"""Relationships in memory."""

from __future__ import annotations


class FakeRelationships:
    """`faceforge_sdk.protocols.Relationships` in memory."""
