"""``faceforge support-bundle``: facts about Core in a ZIP, for whoever helps."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from faceforge_core.refusals import StartRefused

from .homes import HomeOption, existing_home


def support_bundle(
    file: Annotated[Path | None, typer.Argument(help="The ZIP to write; else a new one in this folder.")] = None,
    home: HomeOption = None,
) -> None:
    """Write a ZIP of facts about Core and this home, without secrets; a file that is there is not overwritten.

    Needs the home for itself: with a running Core, take it from the settings' page, or from its API.
    """
    place = existing_home(home)
    target = file or Path(f"faceforge-support-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip")
    from faceforge_core.kernel import Kernel

    kernel = Kernel(place.root)
    try:
        kernel.start(run_jobs=False)
        with kernel.services.system.support_bundle() as bundle, target.open("xb") as out:
            shutil.copyfileobj(bundle, out)
    except OSError as exc:
        raise StartRefused(f"{target} can't be written: {exc.strerror or exc}.") from exc
    finally:
        kernel.close()
    typer.echo(f"{target} holds facts about this Core. Look through it before you give it to somebody.")
