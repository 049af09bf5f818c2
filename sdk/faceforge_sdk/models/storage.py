"""Where bytes lie, whether they are whole, and moving them."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from . import examples
from .wire import MAX_INT, TOKEN_TEXT, WireModel

_Percent = Annotated[float, Field(gt=0, le=100)]
_Bytes = Annotated[int, Field(ge=0, le=MAX_INT)]
ProviderName = Annotated[str, TOKEN_TEXT, Field(min_length=1, max_length=100)]


class VerifyOptions(WireModel):
    """How thoroughly to check. That files are there and as long as they should be is always looked at."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.VERIFY]})

    deep: Annotated[bool, Field(description="Read every file and compare it with its hash.")] = False
    sample: Annotated[_Percent | None, Field(description="Read so many percent of the files, chosen at random.")] = None
    repair: Annotated[
        bool, Field(description="Move what no asset refers to into quarantine; recount what is counted.")
    ] = False


class Finding(WireModel):
    """One thing that is not as it should be.

    `code` is one of ``missing``, ``size``, ``hash`` (an asset's bytes), ``unavailable`` (a place does not answer),
    ``orphan`` (bytes without an asset), ``leftover`` (an upload that never ended), ``database``, ``reference``,
    ``counter``, ``search`` (the facts themselves).
    """

    model_config = ConfigDict(json_schema_extra={"examples": [examples.FINDING]})

    code: str
    message: str
    asset_id: str | None = None
    filename: str | None = None
    key: str | None = None
    provider: str | None = None
    repaired: bool = False


class VerifyReport(WireModel):
    """What a check found: `counts` of all findings by code, and the first thousand of them."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.VERIFY_REPORT]})

    checked_assets: int
    hashed_assets: int
    hashed_bytes: int
    seen_objects: int
    counts: dict[str, int]
    findings: list[Finding]


class MigrateRequest(WireModel):
    """Which assets' bytes to move to another provider; all conditions have to hold."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MIGRATE]})

    to: ProviderName
    source: Annotated[ProviderName | None, Field(description="Only what this provider holds.")] = None
    kind: Annotated[str | None, TOKEN_TEXT, Field(max_length=100)] = None
    min_bytes: _Bytes | None = None
    max_bytes: _Bytes | None = None
    keep_source: Annotated[bool, Field(description="Leave the bytes where they were, too.")] = False


class MigrateShare(WireModel):
    """How much goes from one provider to another."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MIGRATE_SHARE]})

    source: str
    to: str
    assets: int
    total_bytes: int


class MigratePlan(WireModel):
    """What a move would do."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.MIGRATE_PLAN]})

    shares: list[MigrateShare]
    assets: int
    total_bytes: int


class ProviderUsage(WireModel):
    """What one provider holds: live assets and those in the trash. `available`: it would take a file now."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROVIDER_USAGE]})

    name: str
    active: bool
    available: bool
    assets: int
    total_bytes: int


class StorageUsage(WireModel):
    """Where all bytes lie, and how many files wait to be moved where they belong."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.STORAGE_USAGE]})

    providers: list[ProviderUsage]
    displaced: int
