"""A value and the plugin it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Owned(Generic[T]):
    """What `plugin_id` contributed. Everything that may fail on behalf of a plugin travels like this."""

    plugin_id: str
    value: T

    @property
    def builtin(self) -> bool:
        """Whether the owner came with Core; only manifests of built-ins may have such an id."""
        return self.plugin_id.startswith("faceforge.")
