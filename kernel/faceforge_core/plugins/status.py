"""What became of the wish for a plugin, in this run of Core."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from faceforge_core.failures import told, trace_of
from faceforge_core.plugins.starting import SAFE_MODE, CannotRun
from faceforge_sdk.models import PluginError
from faceforge_sdk.problems import first_of, problems_of


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
            reason = PluginError(summary=told(error))
            return cls("disabled" if str(error) == SAFE_MODE else "error", reason, restart_required)
        return cls("error", PluginError(summary=_summary(error), traceback=trace_of(error)), restart_required)


def _summary(error: BaseException) -> str:
    """What was wrong, in a sentence; pydantic's own about a type that it does not know takes a reader of pydantic."""
    if isinstance(error, PydanticSchemaGenerationError):
        unknown = re.search(r"schema for <class '(?:.*\.)?(\w+)'>", str(error))
        if unknown is not None:
            name = unknown[1]
            return (
                f"{name} is nothing that JSON can be read into or made of: in routes and models, take a pydantic model."
            )
    if isinstance(error, ValidationError):
        return f"{error.title} does not fit: {first_of(problems_of(error))}."
    return told(error)
