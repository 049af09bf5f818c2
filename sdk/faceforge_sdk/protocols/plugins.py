"""Plugins, and safe ways to call into them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from faceforge_sdk.models import ForgottenPlugin, Plugin, PluginConfig, PluginInstallation, PluginList

T = TypeVar("T")
R = TypeVar("R")
T_co = TypeVar("T_co", covariant=True)


class Contributed(Protocol[T_co]):
    """A value that some enabled plugin contributed, with a safe way to call into it."""

    @property
    def plugin_id(self) -> str:
        """Whose it is."""
        ...

    @property
    def value(self) -> T_co:
        """What its hook returned; call into it by `call` alone."""
        ...

    def call(self, work: Callable[[], R], *, seconds: float = 5.0) -> R:
        """Run `work`, which calls into the value, away from the caller's thread.

        Raises `ContributionFailed`, whatever went wrong: an exception, `SystemExit`, endless
        recursion, or no answer in time. Three failures in a row put the plugin into state ``error``.
        """


class Plugins(Protocol):
    """The plugins themselves."""

    def list(self) -> PluginList:
        """All that are or once were known, built-ins first; folders are looked at again."""

    def get(self, plugin_id: str) -> Plugin:
        """Raises `NotFound`."""

    def enable(self, plugin_id: str) -> Plugin:
        """Keep the wish and try to activate; `state` tells what became of it. Raises `NotFound` if not discovered."""

    def disable(self, plugin_id: str) -> Plugin:
        """Its routes are gone when this returns. Raises `NotFound`, or `Conflict` for an essential built-in."""

    def config(self, plugin_id: str) -> PluginConfig:
        """Raises `NotFound`."""

    def configure(self, plugin_id: str, config: Mapping[str, Any]) -> PluginConfig:
        """Replace the configuration; an active plugin is activated anew with it.

        Secrets that are left out or null keep their value, an empty text clears one.
        Raises `NotFound`, and `InvalidInput` whose details are ``{plugin_id, errors: [{path, message, schema_path,
        validator}]}``.
        """

    def install(self, source: BinaryIO | Path, filename: str) -> PluginInstallation:
        """Put a plugin into the home's ``plugins/``, whole or not at all, and leave it disabled if it is new.

        `source` is an opened ZIP or wheel, called `filename` by who sent it, or a folder. One that is there already as
        a folder is replaced (its configuration, data and wish stay), and activated anew if it was active.
        Raises `InvalidInput` naming what is wrong with the archive or its manifest, `Conflict` if the id belongs to a
        built-in or a package, `PayloadTooLarge`.
        """

    def remove(self, plugin_id: str) -> None:
        """Disable it and remove its folder. Its configuration, data and tables stay for the case it comes back.

        Raises `NotFound`, and `Conflict` for what is not a folder in the home's ``plugins/``.
        """

    def forget(self, plugin_id: str) -> ForgottenPlugin:
        """Remove for good what a plugin kept: tables, data about entities and assets, its folder, its configuration.

        One whose files are still there is as if it had just been put there. Repeatable where it ended early. Raises
        `NotFound`, `Conflict` for one that is enabled, came with Core, or keeps the files of assets (move them first),
        and `StorageUnavailable` for files that can't be removed.
        """

    def contributed(self, kind: type[T]) -> Sequence[Contributed[T]]:
        """The values of this contribution class from all active plugins, by their `order`."""
