"""`plugin.json`: what a plugin says of itself without being run."""

from __future__ import annotations

import os
import re
import stat
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator

from . import strict_json
from .errors import FaceForgeError
from .problems import first_of, problems_of

if TYPE_CHECKING:
    from pathlib import Path

MAX_MANIFEST_BYTES = 1024 * 1024
RESERVED_PREFIX = "faceforge."
_CODE_ID = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_UNUSABLE_IN_ID = re.compile(r"[/\\\x00-\x1f\x7f]")
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def is_code_id(plugin_id: str) -> bool:
    """Whether a plugin of this id may have code: lower-case words joined by dots, dashes or underscores."""
    return _CODE_ID.fullmatch(plugin_id) is not None


class ManifestError(FaceForgeError):
    """A `plugin.json` that can't be used; the message is the reason shown to the user."""


class Entrypoints(BaseModel):
    """Where a plugin's code starts: `python` names a module of its folder, optionally ``module:object``."""

    model_config = ConfigDict(extra="allow", frozen=True)

    python: Annotated[str | None, Field(pattern=r"^[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*)?$")] = None


class Manifest(BaseModel):
    """A usable manifest. Unknown keys are kept in ``model_extra``.

    `essential` and `config_path` (the part of `core.json` that is the plugin's configuration) count for built-ins
    only. `permissions` are shown to the user and not enforced: an enabled plugin's code is trusted.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    id: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    name: _Text
    version: str | None = None
    description: str | None = None
    capabilities: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    config_schema: dict[str, Any] | None = None
    entrypoints: Entrypoints = Entrypoints()
    api_version: int | None = None
    core_compat: str | None = None
    essential: bool = False
    config_path: str | None = None

    @field_validator("id")
    @classmethod
    def _usable_id(cls, value: str) -> str:
        if _UNUSABLE_IN_ID.search(value) or value.strip() != value or value in {".", ".."}:
            raise ValueError("has slashes, control characters or spaces around it")
        return value

    @property
    def code(self) -> str | None:
        """The entry point of the plugin's code; None for a manifest-only plugin.

        An entry point counts only together with `api_version` (so that manifests written for v0.1.9, which never ran
        code, stay inert) and under an id of lower-case words joined by dots, dashes or underscores.
        """
        if self.api_version is None or not is_code_id(self.id):
            return None
        return self.entrypoints.python

    @classmethod
    def parse(cls, content: bytes, *, builtin: bool = False) -> Manifest:
        """Read a manifest's bytes. Raises `ManifestError`."""
        try:
            raw = strict_json.loads(content, max_bytes=MAX_MANIFEST_BYTES)
        except FaceForgeError as exc:
            raise ManifestError(str(exc)) from exc
        if not isinstance(raw, dict):
            raise ManifestError("The manifest is not a JSON object.")
        try:
            manifest = cls.model_validate(raw)
        except ValidationError as exc:
            raise ManifestError(first_of(problems_of(exc))) from exc
        if manifest.id.startswith(RESERVED_PREFIX) and not builtin:
            raise ManifestError(f"id: names that begin with {RESERVED_PREFIX!r} are reserved for built-ins.")
        return manifest

    @classmethod
    def read(cls, path: Path, *, builtin: bool = False) -> Manifest:
        """Read a manifest file, which must be a regular file of at most 1 MiB. Raises `ManifestError`.

        Never blocks on a pipe, and never follows a link.
        """
        try:
            facts = os.lstat(path)
            if not stat.S_ISREG(facts.st_mode):
                raise ManifestError("plugin.json is not a regular file.")
            if facts.st_size > MAX_MANIFEST_BYTES:
                raise ManifestError(f"plugin.json is larger than {MAX_MANIFEST_BYTES} bytes.")
            return cls.parse(path.read_bytes(), builtin=builtin)
        except OSError as exc:
            raise ManifestError(f"plugin.json can't be read: {exc.strerror}.") from exc
