"""Field definitions and descriptors in memory."""

from __future__ import annotations


class FakeFieldDefs:
    """`faceforge_sdk.protocols.FieldDefs` in memory."""


class FakeDescriptors:
    """`faceforge_sdk.protocols.Descriptors` in memory."""
