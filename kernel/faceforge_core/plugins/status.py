"""What became of the wish for a plugin, in this run of Core."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Literal

from faceforge_core.plugins.starting import SAFE_MODE, CannotRun
from faceforge_sdk.errors import FaceForgeError
from faceforge_sdk.models import PluginError

_MAX_SUMMARY = 1000


@dataclass(frozen=True, slots=True)
class Status:
    """A plugin's state; `restart_required` says that something of it can only be freed by a restart of Core."""

    state: Literal["disabled", "active", "stopping", "error"] = "disabled"
    error: PluginError | None = None
    restart_required: bool = False

    @classmethod
    def after(cls, error: BaseException, *, restart_required: bool) -> Status:
        """The status of a plugin that could not be activated; its author gets a traceback where their code raised."""
        if isinstance(error, CannotRun):
            told = PluginError(summary=str(error))
            return cls("disabled" if str(error) == SAFE_MODE else "error", told, restart_required)
        summary = str(error) if isinstance(error, FaceForgeError) else f"{type(error).__name__}: {error}"
        trace = "".join(traceback.format_exception(error))
        return cls("error", PluginError(summary=summary[:_MAX_SUMMARY], traceback=trace), restart_required)
