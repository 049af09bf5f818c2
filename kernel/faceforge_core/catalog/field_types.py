"""The types of values that active plugins know."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceforge_core.owned import Owned
    from faceforge_sdk.contributions import FieldType

    FieldTypeCall = Callable[[Owned[FieldType], Callable[[], Sequence[str]]], Sequence[str]]


class FieldTypes:
    """Finds the type that a definition names. `call` runs a plugin's check so that a failing one harms nobody else."""

    def __init__(self, types: Callable[[], Sequence[Owned[FieldType]]], call: FieldTypeCall) -> None:
        self._types = types
        self._call = call
