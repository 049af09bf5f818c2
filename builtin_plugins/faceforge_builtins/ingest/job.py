"""The job that reads files: those it names, or the whole library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from faceforge_sdk.errors import NotFound, StorageUnavailable
from faceforge_sdk.models import AssetQuery
from faceforge_sdk.paging import pages

from .reading import Reader
from .report import Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from faceforge_sdk import JobContext, PluginContext
    from faceforge_sdk.models import Asset

JOB_TYPE = "assets.extract"
MAX_ASSETS = 500
GROUP_FILES = 128
GROUP_BYTES = 256 * 1024 * 1024
"""Files that lie elsewhere are copied for the time of their reading: together not more, except for a single one."""

_PAGE = 200


class ExtractInput(BaseModel):
    """Which assets to read, all live ones by default; ids of what is no live asset are passed over.

    With `only_missing` nobody reads a file anew: asked are those that have read nothing out of it yet, such as ExifTool
    when it was installed after the file came in.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"asset_ids": None, "only_missing": True}]})

    asset_ids: Annotated[list[str] | None, Field(max_length=MAX_ASSETS)] = None
    only_missing: bool = False


def extract_job(ctx: PluginContext) -> Callable[[JobContext[ExtractInput]], Mapping[str, Any]]:
    """The handler. What can't be read is a warning, except where storage does not answer: then trying again helps."""

    def run(job: JobContext[ExtractInput]) -> Mapping[str, Any]:
        report = Report(job)
        reader = Reader(ctx, report, only_missing=job.input.only_missing)
        done = 0
        for assets, total in _batches(ctx, job.input.asset_ids):
            for group in _groups(assets):
                job.check_cancelled()
                reader.read(group)
                done += len(group)
                job.progress(100 * done / max(done, total), f"{done} of {total} files")
            report.batch_done()
        if report.unavailable:
            raise StorageUnavailable(f"The storage of {report.unavailable} files does not answer; retry the job later.")
        return report.result

    return run


def _batches(ctx: PluginContext, asset_ids: Sequence[str] | None) -> Iterator[tuple[Sequence[Asset], int]]:
    """The live assets in batches, each with how many there are in all."""
    if asset_ids is not None:
        found = [asset for asset_id in dict.fromkeys(asset_ids) if (asset := _live(ctx, asset_id)) is not None]
        yield found, len(found)
        return
    total = 0
    for page in pages(ctx.assets.list, AssetQuery(limit=_PAGE, sort_order="asc")):
        total = page.total or total
        yield page.items, total


def _live(ctx: PluginContext, asset_id: str) -> Asset | None:
    try:
        return ctx.assets.get(asset_id)
    except NotFound:
        return None


def _groups(assets: Sequence[Asset]) -> Iterator[list[Asset]]:
    """Assets that are read together."""
    group: list[Asset] = []
    held = 0
    for asset in assets:
        if group and (len(group) == GROUP_FILES or held + asset.byte_size > GROUP_BYTES):
            yield group
            group, held = [], 0
        group.append(asset)
        held += asset.byte_size
    if group:
        yield group
