"""The keys of core.json as typed models; keys they do not know are kept."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Port = Annotated[int, Field(ge=0, le=65535)]
Count = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
Days = Annotated[int, Field(ge=1, le=36_500)]

MIB = 1024 * 1024
_USER_INFO = re.compile(r"//([^/?#]*)@")


class Section(BaseModel):
    """One object of core.json. Unknown keys are kept, and null means the default."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_the_default(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: item for key, item in value.items() if item is not None or key not in cls.model_fields}


class Auth(Section):
    """Who may come in."""

    install_token: str | None = Field(default=None, repr=False)


class Network(Section):
    """Where Core listens, and under which names browsers may call it."""

    bind_host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    core_port: Port = 8787
    seaweed_s3_port: Port | None = None
    allowed_hosts: list[str] = []


class Paths(Section):
    """Folders elsewhere; absolute, or relative to the home."""

    db_dir: str | None = None
    s3_dir: str | None = None
    logs_dir: str | None = None
    plugins_dir: str | None = None

    @field_validator("*")
    @classmethod
    def _no_nul(cls, value: str | None) -> str | None:
        if value is not None and "\0" in value:
            raise ValueError("a path holds no NUL character")
        return value

    def overrides(self) -> dict[str, str | None]:
        """As `Home.at` takes them."""
        return {key: getattr(self, key) for key in type(self).model_fields}


class Tools(Section):
    """Programs that Core may call."""

    exiftool_enabled: bool = True
    exiftool_path: str | None = None


class Routing(Section):
    """Which provider takes an upload."""

    default_provider: str = "fs"
    kind_map: dict[str, str] = {}
    s3_min_size_bytes: Count | None = None


class S3(Section):
    """An S3-compatible store."""

    enabled: bool = False
    endpoint_url: str | None = None
    access_key: str | None = Field(default=None, repr=False)
    secret_key: str | None = Field(default=None, repr=False)
    bucket: str = "faceforge"
    region: str = "us-east-1"
    use_ssl: bool = False


class Storage(Section):
    """Where bytes go."""

    routing: Routing = Routing()
    s3: S3 = S3()


class Seaweed(Section):
    """The SeaweedFS that Core may run itself."""

    enabled: bool = False
    weed_path: str | None = None
    data_dir: str | None = None
    ip: str = "127.0.0.1"
    master_port: Port = 9333
    volume_port: Port = 8080
    filer_port: Port = 8888
    s3_port: Port | None = None


class Logging(Section):
    """The rotating logs/core.log: at most ``max_size_mb * (backup_count + 1)`` on the disk.

    `format` is ``text`` for people or ``json`` for programs, one object a line; `requests` adds a line per request.
    """

    max_size_mb: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 10
    backup_count: Annotated[int, Field(ge=0, le=1000)] = 5
    format: Literal["text", "json"] = "text"
    requests: bool = False


class Limits(Section):
    """What one client may demand. Sizes in bytes; null: no limit, for the reserve min(200 MB, 5 % of the volume)."""

    upload_bytes: Count | None = None
    json_bytes: AtLeastOne = MIB
    bulk_json_bytes: AtLeastOne = 16 * MIB
    json_depth: Annotated[int, Field(ge=1, le=200)] = 64
    queued_jobs: AtLeastOne = 10_000
    logins_per_minute: AtLeastOne = 10
    free_space_reserve_bytes: Count | None = None
    concurrent_requests: AtLeastOne = 200


class Trash(Section):
    """How long deleted things can be brought back: so many days (0: until the trash is next emptied), or "forever"."""

    keep_days: Annotated[int, Field(ge=0, le=100_000)] | Literal["forever"] = 30

    @property
    def limit(self) -> int | None:
        """The days as a number; None for ever."""
        return None if self.keep_days == "forever" else self.keep_days


class Jobs(Section):
    """How many jobs run at once, and how many days jobs that ended, and the logs of such, are kept; null: for ever."""

    workers: Annotated[int, Field(ge=1, le=64)] = 2
    keep_days: Days | None = None
    keep_log_days: Days | None = None


class Backup(Section):
    """Where backups go, how many stay, and every how many days one is made by itself; null: none, or never."""

    folder: str | None = None
    keep: AtLeastOne = 10
    every_days: Days | None = None


class CoreConfig(Section):
    """The whole of core.json, with defaults for what it leaves out."""

    version: Annotated[str, Field(coerce_numbers_to_str=True)] = "1"
    auth: Auth = Auth()
    network: Network = Network()
    paths: Paths = Paths()
    tools: Tools = Tools()
    storage: Storage = Storage()
    seaweed: Seaweed = Seaweed()
    logging: Logging = Logging()
    limits: Limits = Limits()
    trash: Trash = Trash()
    jobs: Jobs = Jobs()
    backup: Backup = Backup()

    def secrets(self) -> tuple[str, ...]:
        """Values that must appear in no log and no answer."""
        s3 = self.storage.s3
        # An address with a name and a password is refused, but stands there until somebody corrects it.
        in_address = _USER_INFO.search(s3.endpoint_url or "")
        values = (self.auth.install_token, s3.access_key, s3.secret_key, in_address and in_address[1])
        return tuple(value.strip() for value in values if value and value.strip())
