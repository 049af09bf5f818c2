"""``storage.s3`` of core.json, and which server it means at the moment."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator

from faceforge_sdk.errors import FaceForgeError, IntegrityError, StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faceforge_sdk import S3Endpoint
    from faceforge_sdk.protocols import Contributed, Network

_BUCKET = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_NAME = re.compile(r"assets/[0-9a-f]{2}/([0-9a-f]{64})")
_MIB = 1024 * 1024


class S3Settings(BaseModel, hide_input_in_errors=True):
    """The plugin's configuration. `use_ssl` counts only where no `endpoint_url` is given."""

    enabled: bool = False
    endpoint_url: str | None = None
    access_key: str | None = Field(default=None, repr=False)
    secret_key: str | None = Field(default=None, repr=False)
    credentials_file: str | None = None
    bucket: str = "faceforge"
    region: str = "us-east-1"
    use_ssl: bool = False

    @field_validator("endpoint_url", "access_key", "secret_key", "credentials_file")
    @classmethod
    def _blank_is_none(cls, value: str | None) -> str | None:
        return (value or "").strip() or None

    @field_validator("bucket")
    @classmethod
    def _usable_bucket(cls, value: str) -> str:
        if _BUCKET.fullmatch(value) is None:
            raise ValueError("a bucket's name has letters, digits, dots, dashes and underscores")
        return value

    @field_validator("endpoint_url")
    @classmethod
    def _usable_url(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "http://127.0.0.1")
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            raise ValueError("has to be an address like http://127.0.0.1:8333, without a name or password in it")
        return value


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for what, in seconds; sizes in bytes.

    `stall` bounds how long a transfer may move less than `floor` bytes a second. `rest` is how long a server that
    failed is left alone, `prove_after` how long it gets to make an acknowledged object durable.
    """

    connect: float = 2.0
    read: float = 10.0
    stall: float = 10.0
    floor: int = 64 * 1024
    probe_connect: float = 1.0
    probe_read: float = 2.0
    second_try_within: float = 2.0
    rest: float = 30.0
    prove_after: float = 60.0
    part_size: int = 8 * _MIB
    parts_at_once: int = 4
    stale_upload: float = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Target:
    """A server and how to speak to it; without keys requests are not signed."""

    url: str
    region: str
    access_key: str | None = field(default=None, repr=False)
    secret_key: str | None = field(default=None, repr=False)

    @property
    def is_loopback(self) -> bool:
        """Whether it runs on this computer: then no proxy of the environment may stand between."""
        host = urlsplit(self.url).hostname or ""
        try:
            return ipaddress.ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"


class TargetFinder:
    """Says where S3 is: what another plugin runs, else the configured address, else the home's own ports.

    Asked again each time, because the plugin that runs a server may be switched on and off.
    """

    def __init__(
        self,
        settings: S3Settings,
        network: Network,
        endpoints: Callable[[], Sequence[Contributed[S3Endpoint]]] = tuple,
    ) -> None:
        self._settings = settings
        self._configured = _configured_url(settings, network)
        self._endpoints = endpoints

    def __call__(self) -> Target:
        """The server. Raises `StorageUnavailable` where none is configured, or it is still starting."""
        settings = self._settings
        for endpoint in self._endpoints():
            if not _is_ready(endpoint):
                raise StorageUnavailable("The S3 server is still starting, or is down.", retry_after=5)
            value = endpoint.value
            return Target(value.url, settings.region, value.access_key, value.secret_key)
        if self._configured is None:
            raise StorageUnavailable("S3 is enabled, but neither an address nor a port is configured.", retry_after=30)
        return Target(self._configured, settings.region, settings.access_key, settings.secret_key)


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """``<bucket>:assets/<first two hex>/<sha256>``, taken apart."""

    bucket: str
    name: str
    content_hash: str

    def __str__(self) -> str:
        return f"{self.bucket}:{self.name}"

    @classmethod
    def of(cls, bucket: str, content_hash: str) -> ObjectKey:
        """The place of these bytes."""
        return cls(bucket, f"assets/{content_hash[:2]}/{content_hash}", content_hash)

    @classmethod
    def parse(cls, key: str) -> ObjectKey:
        """Raises `IntegrityError` for what is no key of ours."""
        bucket, _, name = key.partition(":")
        match = _NAME.fullmatch(name)
        if _BUCKET.fullmatch(bucket) is None or match is None:
            raise IntegrityError("The stored key names no object.", details={"reason": "key"})
        return cls(bucket, name, match[1])


def _is_ready(endpoint: Contributed[S3Endpoint]) -> bool:
    try:
        return endpoint.call(endpoint.value.ready, seconds=1.0) is True
    except FaceForgeError:
        return False


def _configured_url(settings: S3Settings, network: Network) -> str | None:
    if settings.endpoint_url is not None:
        return settings.endpoint_url.rstrip("/")
    if not network.seaweed_s3_port:
        return None
    host = network.bind_host.removeprefix("[").removesuffix("]")
    if host in {"0.0.0.0", "::"}:  # noqa: S104  # compared, not bound: one listens there, one can't connect there
        host = "127.0.0.1"
    scheme = "https" if settings.use_ssl else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{network.seaweed_s3_port}"
