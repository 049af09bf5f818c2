"""What is wrong with a `plugin.json`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from faceforge_core import __version__
from faceforge_core.plugins import compat, schemas
from faceforge_sdk import API_VERSION, strict_json
from faceforge_sdk.errors import FaceForgeError
from faceforge_sdk.manifest import MAX_MANIFEST_BYTES, RESERVED_PREFIX, Manifest, ManifestError
from faceforge_sdk.problems import problems_of

from .findings import Finding, did_you_mean, error, warning
from .json_lines import lines_of, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .json_lines import Place

MANIFEST: Final = "plugin.json"
_OF_BUILTINS: Final = ("essential", "config_path")
_CODE_ID: Final = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_SECRET: Final = re.compile(r"password|passphrase|secret|token|api_?key|private_?key", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Checked:
    """The manifest, None if it can't be used, and what was found."""

    manifest: Manifest | None
    findings: tuple[Finding, ...]


def check_manifest(folder: Path) -> Checked:
    """Everything that is wrong with a plugin's manifest."""
    try:
        content = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return Checked(None, (error(MANIFEST, 1, f"is missing: every plugin has a {MANIFEST}.{_elsewhere(folder)}"),))
    except OSError as exc:
        return Checked(None, (error(MANIFEST, 1, f"can't be read: {exc.strerror}."),))
    try:
        raw = strict_json.loads(content, max_bytes=MAX_MANIFEST_BYTES)
    except FaceForgeError as exc:
        return Checked(None, (error(MANIFEST, _line_in(str(exc)), str(exc)),))
    if not isinstance(raw, dict):
        return Checked(None, (error(MANIFEST, 1, "The manifest is not a JSON object."),))
    lines = lines_of(content.decode("utf-8"))
    found = [*_keys(raw, lines), *_values(raw, lines)]
    try:
        manifest = Manifest.parse(content)
    except ManifestError:
        return Checked(None, tuple(found))
    found += [*_code(manifest, lines), *_versions(manifest, lines), *_schema(manifest, lines)]
    return Checked(manifest, tuple(found))


def _elsewhere(folder: Path) -> str:
    """Where the plugin lies in the project of a package."""
    below = sorted(path.parent.name for path in folder.glob(f"*/{MANIFEST}"))
    return f" There is one in {below[0]}: check that folder." if len(below) == 1 else ""


def _line_in(message: str) -> int:
    found = re.search(r"at line (\d+)", message)
    return int(found[1]) if found else 1


def _keys(raw: dict[str, Any], lines: dict[Place, int]) -> Iterator[Finding]:
    """Unknown keys are kept and mean nothing, but one that is almost a known one was meant to mean something."""
    known = list(Manifest.model_fields)
    for key in raw:
        meant = None if key in known else did_you_mean(key, known)
        if meant is not None:
            yield error(MANIFEST, nearest(lines, (key,)), f"{key!r} means nothing. Did you mean {meant!r}?")
        elif key in _OF_BUILTINS:
            yield warning(MANIFEST, nearest(lines, (key,)), f"{key!r} counts for built-ins only.")


def _values(raw: dict[str, Any], lines: dict[Place, int]) -> Iterator[Finding]:
    try:
        manifest = Manifest.model_validate(raw)
    except ValidationError as exc:
        for problem in problems_of(exc):
            place = problem["loc"]
            yield error(MANIFEST, nearest(lines, place), f"{'.'.join(map(str, place))}: {problem['msg']}.")
        return
    if manifest.id.startswith(RESERVED_PREFIX):
        message = f"id: names that begin with {RESERVED_PREFIX!r} are those of built-ins; choose one of your own."
        yield error(MANIFEST, nearest(lines, ("id",)), message)
    if manifest.version is None:
        yield warning(MANIFEST, nearest(lines, ()), "There is no version, so nobody can tell two of them apart.")


def _code(manifest: Manifest, lines: dict[Place, int]) -> Iterator[Finding]:
    """Why its code would never run, or not here."""
    if manifest.entrypoints.python is None:
        return
    if manifest.api_version is None:
        message = f'entrypoints.python counts only with "api_version": {API_VERSION}; without it no code runs.'
        yield error(MANIFEST, nearest(lines, ("entrypoints", "python")), message)
    elif manifest.api_version not in range(1, API_VERSION + 1):
        message = f"api_version: this Core has version {API_VERSION} of the SDK, not {manifest.api_version}."
        yield error(MANIFEST, nearest(lines, ("api_version",)), message)
    if _CODE_ID.fullmatch(manifest.id) is None:
        message = (
            f"id: code runs only under lower-case words joined by dots, dashes or underscores, not {manifest.id!r}."
        )
        yield error(MANIFEST, nearest(lines, ("id",)), message)


def _versions(manifest: Manifest, lines: dict[Place, int]) -> Iterator[Finding]:
    if manifest.core_compat is None:
        return
    line = nearest(lines, ("core_compat",))
    try:
        allowed = compat.allows(manifest.core_compat, __version__)
    except compat.RangeNotUnderstood as exc:
        yield error(MANIFEST, line, f"{exc} Write it as '>=0.2' or '^0.2.1'.")
        return
    if not allowed:
        yield warning(MANIFEST, line, f"core_compat leaves out this Core, which is {__version__}: it won't start here.")


def _schema(manifest: Manifest, lines: dict[Place, int]) -> Iterator[Finding]:
    schema = manifest.config_schema
    if schema is None:
        return
    line = nearest(lines, ("config_schema",))
    try:
        schemas.check_schema(schema)
    except ManifestError as exc:
        yield error(MANIFEST, _line_of_part(str(exc), lines) or line, str(exc))
        return
    properties = schema.get("properties")
    for name, part in (properties if isinstance(properties, dict) else {}).items():
        at = nearest(lines, ("config_schema", "properties", name))
        if isinstance(part, dict):
            yield from _property(name, part, at)


def _line_of_part(message: str, lines: dict[Place, int]) -> int | None:
    found = re.search(r"2020-12: (\S+) is wrong", message)
    return nearest(lines, ("config_schema", *found[1].split("/"))) if found else None


def _property(name: str, part: dict[str, Any], line: int) -> Iterator[Finding]:
    spelling = next((key for key in part if key.lower() == "writeonly" and key != "writeOnly"), None)
    if spelling is not None:
        yield error(MANIFEST, line, f"config_schema: {spelling!r} means nothing. Did you mean 'writeOnly'?")
    elif _SECRET.search(name) and part.get("type") == "string" and part.get("writeOnly") is not True:
        yield warning(MANIFEST, line, f'config_schema: {name} looks like a secret; "writeOnly": true keeps it unseen.')
    if "default" in part:
        try:
            wrong = schemas.problems(part, part["default"])
        except FaceForgeError:
            return  # a reference into the rest of the schema
        if wrong:
            shown = json.dumps(part["default"], ensure_ascii=False)[:60]
            yield error(MANIFEST, line, f"config_schema: the default {shown} of {name} does not fit its own schema.")
