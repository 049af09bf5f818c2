"""One immutable answer to what is active right now and what it contributes."""

from __future__ import annotations

import stat
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from faceforge_sdk.contributions import (
    AssetExtractor,
    Command,
    EntityPanel,
    EventHandler,
    FieldType,
    HealthCheck,
    JobHandler,
    Migrations,
    NavItem,
    Router,
    S3Endpoint,
    SettingsTrial,
    StorageRule,
    Thumbnailer,
)
from faceforge_sdk.errors import Conflict
from faceforge_sdk.protocols import StorageProvider

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import ExitStack
    from pathlib import Path

    from faceforge_core.owned import Owned

T = TypeVar("T")

NAMES: Mapping[type[Any], str | None] = {
    Migrations: None,
    Router: None,
    NavItem: "id",
    EntityPanel: "id",
    StorageProvider: "name",
    StorageRule: "name",
    S3Endpoint: "name",
    AssetExtractor: "name",
    Thumbnailer: "name",
    HealthCheck: "name",
    SettingsTrial: "name",
    JobHandler: "job_type",
    EventHandler: "name",
    FieldType: "name",
    Command: "name",
}
"""Every kind of contribution, and which of its attributes is unique among all active plugins."""

FOLDERS = ("static", "templates", "locales")
"""What a plugin may hold beside its code."""

_OWN_NAMES = frozenset({Command})
"""Kinds that are asked for by plugin, so that their names are unique within one only."""


class NameTaken(Conflict):
    """Two plugins contribute something of one kind under one name."""


@dataclass(frozen=True)
class Activation:
    """One active plugin: what it contributes, collected once, and what is to be left when it is disabled."""

    plugin_id: str
    folder: Path | None
    contributions: Mapping[type[Any], tuple[Owned[Any], ...]] = field(default_factory=dict)
    lifespan: ExitStack | None = None

    @cached_property
    def folders(self) -> Mapping[str, Path]:
        """Those of `FOLDERS` that it has, by name; looked for once, for each generation asks every plugin."""
        own = self.folder
        return {} if own is None else {name: own / name for name in FOLDERS if _is_own(own, name)}


@dataclass(frozen=True, slots=True)
class Generation:
    """The plugins active at one time. `number` grows by one with every change."""

    number: int
    active: tuple[Activation, ...]
    _by_kind: Mapping[type[Any], tuple[Owned[Any], ...]] = field(repr=False)

    def all(self, kind: type[T]) -> tuple[Owned[T], ...]:
        """Every contribution of this kind: by `order` where the kind has one, else built-ins first; then by owner."""
        return self._by_kind.get(kind, ())

    @property
    def storage_providers(self) -> tuple[Owned[StorageProvider], ...]:
        """``all(StorageProvider)``, which a type checker refuses because it is a protocol."""
        return self._by_kind.get(StorageProvider, ())

    @property
    def static_folders(self) -> Mapping[str, Path]:
        """Per plugin id the ``static`` folder, where there is one."""
        return self._folders("static")

    @property
    def template_folders(self) -> Mapping[str, Path]:
        """Per plugin id the ``templates`` folder, where there is one."""
        return self._folders("templates")

    @property
    def locale_folders(self) -> tuple[Path, ...]:
        """The ``locales`` folders of the plugins that have one."""
        return tuple(self._folders("locales").values())

    def _folders(self, name: str) -> Mapping[str, Path]:
        return {one.plugin_id: one.folders[name] for one in self.active if name in one.folders}


def compose(number: int, activations: Iterable[Activation]) -> Generation:
    """Put together; calls nothing of a plugin. Raises `NameTaken`."""
    active = tuple(sorted(activations, key=lambda one: _rank(one.plugin_id)))
    claim_names(active)
    by_kind = {
        kind: tuple(sorted((owned for one in active for owned in one.contributions.get(kind, ())), key=_place))
        for kind in NAMES
    }
    return Generation(number, active, by_kind)


def claim_names(activations: Iterable[Activation]) -> None:
    """Raise `NameTaken`, naming both owners, if two contributions of one kind have one name.

    The later activation is the newcomer.
    """
    owners: dict[tuple[type[Any], str], str] = {}
    for one in activations:
        for kind, rows in one.contributions.items():
            attribute = NAMES[kind]
            for owned in rows if attribute is not None else ():
                name = getattr(owned.value, str(attribute))
                claim = kind, f"{one.plugin_id} {name}" if kind in _OWN_NAMES else name
                if (holder := owners.get(claim)) is not None:
                    raise NameTaken(
                        f"{one.plugin_id} contributes the {kind.__name__} {name!r}, which {holder} already provides."
                    )
                owners[claim] = one.plugin_id


def _rank(plugin_id: str) -> tuple[bool, str]:
    return not plugin_id.startswith("faceforge."), plugin_id


def _place(owned: Owned[Any]) -> tuple[int, bool, str]:
    return getattr(owned.value, "order", 0), *_rank(owned.plugin_id)


def _is_own(folder: Path, name: str) -> bool:
    """Whether a plugin has this folder, in itself: a link to elsewhere would show the world what lies there."""
    own = folder / name
    try:
        facts = own.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    if stat.S_ISDIR(facts.st_mode) and not getattr(facts, "st_reparse_tag", 0):  # what Windows' kinds of links carry
        return True
    return own.is_dir() and own.resolve().is_relative_to(folder.resolve())
