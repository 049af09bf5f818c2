"""``python -m faceforge_core.internal.bootstrap_db``: bring a home's database up to date, and put samples into it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pydantic import ValidationError

from faceforge_core.config import ConfigStore
from faceforge_core.db.migrate import migrate
from faceforge_core.home import Home, resolve_root
from faceforge_core.refusals import StartRefused
from faceforge_sdk.errors import FaceForgeError, InvalidInput
from faceforge_sdk.models import EntityDraft
from faceforge_sdk.problems import problems_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faceforge_sdk.models import Asset
    from faceforge_sdk.protocols import Storage

_CHUNK = 1024 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; returns the exit code.

    0 done; 1 refused, nothing stored of what was refused; 2 wrong usage, or an unusable home; 3 a newer database; 4 a
    Core holds the home.
    """
    parser = _parser()
    wanted = parser.parse_args(arguments)
    if not wanted.migrate and wanted.create_entity is None and wanted.create_asset is None:
        parser.error("nothing to do: give --migrate, --create-entity or --create-asset")
    try:
        root = resolve_root(os.environ, Path.home(), wanted.home)
        draft = None if wanted.create_entity is None else _draft(wanted.create_entity)
        if wanted.create_asset is not None:
            with _opened(wanted.create_asset) as file:
                _create(root, draft, file)
        elif draft is not None:
            _create(root, draft, None)
        else:
            _migrate(root)
    except StartRefused as exc:
        sys.stderr.write(f"{exc}\n")
        return exc.exit_code
    except (FaceForgeError, OSError) as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m faceforge_core.internal.bootstrap_db", description=__doc__)
    parser.add_argument(
        "--home",
        type=Path,
        metavar="PATH",
        help="the home, as seen from the working folder; else FACEFORGE_HOME, else the usual place of this system",
    )
    parser.add_argument("--migrate", action="store_true", help="bring the database to the present schema")
    parser.add_argument("--create-entity", metavar="NAME", help="create an entity and print its id")
    parser.add_argument(
        "--create-asset", type=Path, metavar="FILEPATH", help="store a file and print its asset_id and content_hash"
    )
    return parser


def _draft(name: str) -> EntityDraft:
    try:
        return EntityDraft(display_name=name)
    except ValidationError as exc:
        raise InvalidInput(f"{name!r} is no name for an entity: {problems_of(exc)[0]['msg']}.") from exc


def _opened(path: Path) -> BinaryIO:
    if path.exists() and not path.is_file():  # a pipe would be waited for, a device may never end
        raise InvalidInput(f"{path} is no file.")
    try:
        return path.open("rb")
    except OSError as exc:
        raise InvalidInput(f"{path} can't be read: {exc.strerror or exc}.") from exc


def _migrate(root: Path) -> None:
    home = Home.at(root, ConfigStore(Home.at(root).core_json).load().paths.overrides())
    lock = home.take()
    try:
        report = migrate(home.database, home.backups_dir)
    finally:
        lock.release()
    sys.stderr.write(f"The database {home.database} has the schema {report.to_version}.\n")


def _create(root: Path, draft: EntityDraft | None, file: BinaryIO | None) -> None:
    """Starting the kernel migrates too. The file comes first: it is what is most likely to be refused."""
    from faceforge_core.kernel import Kernel

    kernel = Kernel(root)
    kernel.start(run_jobs=False)
    try:
        asset = None if file is None else _stored(kernel.services.storage, file)
        entity = None if draft is None else kernel.services.entities.create(draft)
    finally:
        kernel.close()
    if entity is not None:
        sys.stdout.write(f"{entity.entity_id}\n")
    if asset is not None:
        sys.stdout.write(json.dumps(asset.model_dump(include={"asset_id", "content_hash"})) + "\n")


def _stored(storage: Storage, file: BinaryIO) -> Asset:
    with storage.begin_upload(expected_size=os.fstat(file.fileno()).st_size) as upload:
        while chunk := file.read(_CHUNK):
            upload.write(chunk)
        return upload.commit(filename=Path(file.name).name, content_type=None)


if __name__ == "__main__":
    sys.exit(main())
