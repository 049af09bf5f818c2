"""The job that reads pictures which came in before the plugin did, or all of them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.models import AssetQuery
from faceforge_sdk.paging import pages
from faceforge_sdk.protocols import Reading

from .reading import SOURCE, colours_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faceforge_sdk import JobContext, PluginContext
    from faceforge_sdk.models import Asset

    from .reading import PictureReader


class RereadInput(BaseModel):
    """What the job can be told."""

    again: bool = Field(False, description="Read those anew that have colours already.")


def reread_job(ctx: PluginContext, reader: PictureReader) -> Callable[[JobContext[RereadInput]], Mapping[str, Any]]:
    """The handler. It can be stopped at any picture, and run again at any time: done is what is recorded."""

    def read(job: JobContext[RereadInput], asset: Asset) -> bool:
        try:
            with ctx.storage.as_file(asset) as path:
                data = reader.data_of(path)
        except InvalidInput as error:
            job.log("warning", str(error), {"asset_id": asset.asset_id})
            return False
        entry = {"Source": SOURCE, "Type": "JsonMetadata", "Name": None, "NameHashes": None, "Data": data}
        words = {SOURCE: sorted({one["name"] for one in data["colours"]})}
        ctx.assets.record([Reading(asset.asset_id, entries=(entry,), words=words)])
        return True

    def run(job: JobContext[RereadInput]) -> Mapping[str, Any]:
        seen = read_now = 0
        total = 1
        for page in pages(ctx.assets.list, AssetQuery(media_type="image/*", limit=100, sort_order="asc")):
            total = page.total or total
            for asset in page.items:
                job.check_cancelled()
                if reader.accepts(asset) and (job.input.again or not colours_of(asset)):
                    read_now += read(job, asset)
                seen += 1
                job.progress(100 * seen / total, f"{seen} of {total} pictures")
        return {"seen": seen, "read": read_now}

    return run
