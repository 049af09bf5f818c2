"""``python -m faceforge_core.internal.seaweedfs_cli --home H --health|--run``: the managed SeaweedFS, by hand."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import importlib_metadata

from faceforge_core.config import ConfigStore
from faceforge_core.home import Home, resolve_root
from faceforge_core.plugins.discovery import BUILTIN_GROUP
from faceforge_core.plugins.loader import Loader
from faceforge_core.ports import network_of
from faceforge_core.refusals import StartRefused
from faceforge_core.system import WhereaboutsService
from faceforge_sdk import FaceForgeError, S3Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_core.config_model import CoreConfig
    from faceforge_sdk.protocols import Whereabouts

_BUILTIN = "seaweedfs"


class SeaweedCommand(Protocol):
    """The module `command` of the built-in, which the kernel knows by name only."""

    def health(
        self, config: Mapping[str, Any], system: Whereabouts, configured: S3Endpoint | None
    ) -> tuple[str, bool]: ...

    def run(self, config: Mapping[str, Any], system: Whereabouts) -> int: ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: of ``--health`` 0 if it answers, else 1; of ``--run`` 2 if there is no program."""
    parser = argparse.ArgumentParser(prog="seaweedfs_cli", description=__doc__)
    parser.add_argument("--home", type=Path, help="the home folder; else FACEFORGE_HOME, else the usual place")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--health", action="store_true", help="print the S3 endpoint, and whether it answers")
    what.add_argument("--run", action="store_true", help="run SeaweedFS until Ctrl-C")
    chosen = parser.parse_args(arguments)
    try:
        home, config = _home(chosen.home)
        network = config.network
        system = WhereaboutsService(
            home,
            network=lambda: network_of(home.root, network.bind_host, network.seaweed_s3_port),
            warnings=list,
        )
        if chosen.run:
            home.prepare()
            return _command().run(config.seaweed.model_dump(), system)
        endpoint, healthy = _command().health(config.seaweed.model_dump(), system, _configured(config))
    except (StartRefused, FaceForgeError, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code if isinstance(error, StartRefused) else 1
    sys.stdout.write(f"endpoint={endpoint}\nhealthy={healthy}\n")
    return 0 if healthy else 1


def _home(wish: Path | None) -> tuple[Home, CoreConfig]:
    environ = dict(os.environ)
    if wish is not None:
        environ["FACEFORGE_HOME"] = str(wish.absolute())
    root = resolve_root(environ, Path.home())
    config = ConfigStore(Home.at(root).core_json).load()
    return Home.at(root, config.paths.overrides()), config


def _configured(config: CoreConfig) -> S3Endpoint | None:
    s3 = config.storage.s3
    url = (s3.endpoint_url or "").strip()
    return S3Endpoint("configured", url, s3.access_key or "", s3.secret_key or "") if url else None


def _command() -> SeaweedCommand:
    [point] = importlib_metadata.entry_points(group=BUILTIN_GROUP, name=_BUILTIN)
    return cast("SeaweedCommand", Loader().load_package(point.module, "command"))


if __name__ == "__main__":
    sys.exit(main())
