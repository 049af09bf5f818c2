"""``seaweed`` of core.json, and what follows from it: program, folders, ports, arguments."""

from __future__ import annotations

import ipaddress
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field, field_validator

from faceforge_sdk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk.protocols import Whereabouts

DEFAULT_S3_PORT = 8333
_GRPC_DISTANCE = 10_000
_LAST_PORT = 65_535

_Port = Annotated[int, Field(ge=1, le=_LAST_PORT)]


class SeaweedSettings(BaseModel):
    """The plugin's configuration."""

    enabled: bool = False
    weed_path: str | None = None
    data_dir: str | None = None
    ip: str = "127.0.0.1"
    master_port: _Port = 9333
    volume_port: _Port = 8080
    filer_port: _Port = 8888
    s3_port: Annotated[int, Field(ge=0, le=_LAST_PORT)] | None = None

    @field_validator("weed_path", "data_dir")
    @classmethod
    def _blank_is_none(cls, value: str | None) -> str | None:
        return (value or "").strip() or None

    @field_validator("ip")
    @classmethod
    def _only_this_computer(cls, value: str) -> str:
        address = "127.0.0.1" if value.strip().lower() in {"", "localhost"} else value.strip()
        try:
            fits = ipaddress.IPv4Address(address).is_loopback
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                "SeaweedFS is run for this computer only: the address has to be 127.0.0.1, or another 127.*"
            )
        return address


@dataclass(frozen=True, slots=True)
class Plan:
    """How `weed` is run for one home. Paths are absolute; `ports` maps each of its services to (HTTP, gRPC)."""

    ip: str
    ports: Mapping[str, tuple[int, int]]
    weed_path: str | None
    tools_dir: Path
    data_dir: Path
    identity_file: Path
    log_file: Path
    pid_file: Path
    tmp_dir: Path

    @classmethod
    def of(cls, settings: SeaweedSettings, system: Whereabouts) -> Plan:
        """Raises `InvalidInput` where two services would need one port."""
        info = system.info()
        home, paths = Path(info.faceforge_home), info.paths
        data_dir = home / settings.data_dir if settings.data_dir else Path(paths.s3_dir) / "seaweedfs"
        wanted = {
            "master": settings.master_port,
            "volume": settings.volume_port,
            "filer": settings.filer_port,
            "s3": settings.s3_port or system.network().seaweed_s3_port or DEFAULT_S3_PORT,
        }
        return cls(
            ip=settings.ip,
            ports=_with_grpc(wanted),
            weed_path=settings.weed_path,
            tools_dir=home / "tools",
            data_dir=data_dir,
            identity_file=Path(paths.config_dir) / "seaweed_s3.json",
            log_file=Path(paths.logs_dir) / "seaweedfs.log",
            pid_file=Path(paths.tmp_dir) / "seaweedfs.pid.json",
            tmp_dir=Path(paths.tmp_dir),
        )

    @property
    def url(self) -> str:
        """Where its S3 answers."""
        return f"http://{self.ip}:{self.ports['s3'][0]}"

    def binary(self) -> Path | None:
        """The program: the configured one, else the first of the usual places in the tools folder. Never from PATH."""
        name = "weed.exe" if sys.platform == "win32" else "weed"
        places = [Path(name), Path("seaweedfs", name), Path("seaweed", name)]
        for place in [Path(self.weed_path)] if self.weed_path else places:
            path = self.tools_dir / place
            if path.is_file() and os.access(path, os.X_OK):
                return path
        return None

    def arguments(self) -> Sequence[str]:
        """What follows the program's name: all that is not needed is off, and nothing leaves this computer."""
        ports = [
            argument
            for service, (port, grpc) in self.ports.items()
            for argument in (f"-{service}.port={port}", f"-{service}.port.grpc={grpc}")
        ]
        return (
            "-logtostderr=true",
            "server",
            f"-ip={self.ip}",
            f"-ip.bind={self.ip}",
            f"-dir={self.data_dir}",
            *ports,
            "-s3",
            f"-s3.config={self.identity_file}",
            "-s3.iam=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-filer.disableHttp=true",  # S3 reaches the filer by gRPC
            "-filer.localSocket=filer.sock",  # in the data folder, which is its working folder
            "-s3.localSocket=s3.sock",
            "-iam=false",
            "-webdav=false",
            "-sftp=false",
            "-mq.broker=false",
            "-mq.agent=false",
            "-metricsPort=0",
            "-master.telemetry=false",  # else it reports to its makers
            "-master.volumeSizeLimitMB=1024",  # as many volumes as fit are made: of 30 GB each there is soon no room
            "-volume.max=0",
            "-volume.preStopSeconds=0",
        )


def _with_grpc(ports: Mapping[str, int]) -> Mapping[str, tuple[int, int]]:
    """Each service listens for gRPC 10,000 above its port, and below it where there is no such port."""
    pairs = {
        service: (port, port + _GRPC_DISTANCE if port + _GRPC_DISTANCE <= _LAST_PORT else port - _GRPC_DISTANCE)
        for service, port in ports.items()
    }
    taken: dict[int, str] = {}
    for service, pair in pairs.items():
        for port, use in zip(pair, (service, f"{service}, gRPC"), strict=True):
            if port in taken:
                raise InvalidInput(f"SeaweedFS needs port {port} twice: {taken[port]}; and {use}.")
            taken[port] = use
    return pairs
