"""``faceforge support-bundle``: facts about Core in a ZIP, for whoever helps."""

from __future__ import annotations

import io
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from faceforge_core.refusals import StartRefused

from .homes import HomeOption, existing_home
from .running import RunningCore, running_or_opened

if TYPE_CHECKING:
    from faceforge_core.kernel import Kernel


def support_bundle(
    file: Annotated[Path | None, typer.Argument(help="The ZIP to write; else a new one in this folder.")] = None,
    home: HomeOption = None,
) -> None:
    """Write a ZIP of facts about Core and this home, without secrets; a file that is there is not overwritten.

    The running Core is asked where there is one.
    """
    place = existing_home(home)
    target = file or Path(f"faceforge-support-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip")
    with running_or_opened(place, run_jobs=False) as core, _bundle_of(core) as bundle:
        try:
            with target.open("xb") as out:
                shutil.copyfileobj(bundle, out)
        except OSError as exc:
            raise StartRefused(f"{target} can't be written: {exc.strerror or exc}.") from exc
    typer.echo(f"{target} holds facts about this Core. Look through it before you give it to somebody.")


def _bundle_of(core: RunningCore | Kernel) -> IO[bytes]:
    if isinstance(core, RunningCore):
        return io.BytesIO(core.fetch("/v1/system/support-bundle"))
    return core.services.system.support_bundle()
