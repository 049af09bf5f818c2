"""``faceforge doctor``: how Core and its home are, and what to do about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from faceforge_sdk.models import HealthFinding

from .homes import HomeOption, existing_home
from .running import running_core

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_core.home import Home

ERRORS = 1
_MARKS = {"ok": "ok", "warning": "WARNING", "error": "ERROR", "off": "off"}


def doctor(
    deep: Annotated[bool, typer.Option("--deep", help="Read every page of the database too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
    home: HomeOption = None,
) -> None:
    """Tell how Core and its home are, and what to do about it; the running Core is asked where there is one.

    Ends with 0, or with 1 where something does not work.
    """
    findings = _findings(existing_home(home), deep=deep)
    if as_json:
        typer.echo(json.dumps([one.model_dump() for one in findings], indent=2))
    else:
        typer.echo("\n".join(line for finding in findings for line in _lines(finding)))
    raise typer.Exit(ERRORS if any(one.status == "error" for one in findings) else 0)


def _findings(place: Home, *, deep: bool) -> Sequence[HealthFinding]:
    running = running_core(place)
    if running is not None:
        answer = running.ask("GET", f"/v1/system/health?deep={str(deep).lower()}")
        return [HealthFinding.model_validate(item) for item in answer["items"]]
    from faceforge_core.kernel import Kernel

    kernel = Kernel(place.root)
    try:
        kernel.start(run_jobs=False)
        return kernel.services.system.health(deep=deep)
    finally:
        kernel.close()


def _lines(finding: HealthFinding) -> Sequence[str]:
    lines = [f"{_MARKS[finding.status]:8} {finding.name:16} {finding.summary}"]
    if finding.advice:
        lines.append(f"{'':25} {finding.advice}")
    return lines
