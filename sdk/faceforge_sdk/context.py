"""What the kernel lends to one plugin, and to one running job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping
    from pathlib import Path

    from pydantic import BaseModel

    from .protocols import (
        Assets,
        Backups,
        Descriptors,
        Entities,
        Events,
        FieldDefs,
        Imports,
        Jobs,
        Pages,
        PluginData,
        PluginDatabase,
        Plugins,
        Relationships,
        Sessions,
        Storage,
        System,
        Trash,
    )

    InputT_co = TypeVar("InputT_co", bound=BaseModel, covariant=True)
else:
    InputT_co = TypeVar("InputT_co", covariant=True)


@dataclass(frozen=True, slots=True)
class PluginContext:
    """One plugin's view of Core. Every hook gets it; keep it for later calls.

    `config` is the plugin's configuration at activation, already valid by its schema; a change activates the plugin
    anew with a new context. What nobody has set is not in it: a `default` of the schema is what forms begin with, so
    ask ``config.get("greeting", "Hello")``. `data_dir` is the plugin's alone and survives disabling; it may not exist
    yet: make it before the first use. `db` reaches the tables that the plugin's migrations made, `plugin_data` what it
    keeps about single entities and assets.
    """

    plugin_id: str
    config: Mapping[str, Any]
    log: logging.Logger
    data_dir: Path
    db: PluginDatabase
    plugin_data: PluginData
    entities: Entities
    assets: Assets
    field_defs: FieldDefs
    descriptors: Descriptors
    relationships: Relationships
    trash: Trash
    storage: Storage
    imports: Imports
    backups: Backups
    jobs: Jobs
    events: Events
    plugins: Plugins
    sessions: Sessions
    pages: Pages
    system: System


class JobContext(Protocol, Generic[InputT_co]):
    """A running job, as its handler sees it."""

    @property
    def job_id(self) -> str:
        """The job's id, the same in every attempt."""
        ...

    @property
    def input(self) -> InputT_co:
        """The validated input."""
        ...

    def log(self, level: str, message: str, data: Mapping[str, Any] | None = None) -> None:
        """Append to the job's log (``info``, ``warning``, ``error``); written in batches, in order."""
        ...

    def progress(self, percent: float, step: str | None = None) -> None:
        """Report progress, 0 to 100. A lower figure than before is ignored; written at most four times a second."""
        ...

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop, or Core is closing."""
        ...

    def check_cancelled(self) -> None:
        """Raise `JobCancelled` if the job is to stop; the handler lets it pass through."""
        ...
