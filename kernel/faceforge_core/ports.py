"""Which address Core binds: environment, the launcher's ports file, configuration, in the contract's order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from faceforge_core.json_files import read_object
from faceforge_core.refusals import StartRefused
from faceforge_sdk.protocols import Network

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Ports:
    """What a launcher chose; None where it chose nothing."""

    core: int | None = None
    seaweed_s3: int | None = None


@dataclass(frozen=True)
class Bind:
    """Where Core listens. Port 0 means: any free one."""

    host: str
    port: int


def read_ports(home_root: Path) -> Ports:
    """The launcher's ports: ``config/ports.json``, and where that names no `core`, the legacy ``runtime/ports.json``.

    One file decides as a whole: a stale legacy file never mixes with a new one. Raises StartRefused naming the file
    when one that is needed holds no JSON object or no usable port.
    """
    found: list[Ports] = []
    for path in (home_root / "config" / "ports.json", home_root / "runtime" / "ports.json"):
        content = read_object(path)
        if content is None:
            continue
        ports = Ports(*(_port(content.get(key), f"{path}, {key}") for key in ("core", "seaweed_s3")))
        if ports.core is not None:
            return ports
        found.append(ports)
    return found[0] if found else Ports()


def network_of(home_root: Path, bind_host: str, seaweed_s3_port: int | None) -> Network:
    """What plugins may know of the addresses: the configuration's, with the port that a launcher chose instead."""
    chosen = read_ports(home_root).seaweed_s3
    return Network(bind_host, seaweed_s3_port if chosen is None else chosen)


def choose_bind(environ: Mapping[str, str], bind_host: str, core_port: int, ports: Ports) -> Bind:
    """Host: FACEFORGE_BIND, else `bind_host`. Port: FACEFORGE_PORT, else the launcher's, else `core_port`.

    An empty variable counts as not set. Raises StartRefused naming the variable whose port is none.
    """
    host = environ.get("FACEFORGE_BIND", "").strip() or bind_host
    port = _port(environ.get("FACEFORGE_PORT"), "FACEFORGE_PORT")
    if port is None:
        port = core_port if ports.core is None else ports.core
    return Bind(host.removeprefix("[").removesuffix("]"), port)  # people write IPv6 as [::1], sockets want ::1


def _port(value: object, source: str) -> int | None:
    if isinstance(value, str):
        value = value.strip() or None
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 5:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 65535:
        raise StartRefused(f"{source}: {value!r:.40} is not a port; it has to be a number from 0 to 65535.")
    return value
