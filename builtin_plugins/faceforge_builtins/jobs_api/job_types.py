"""Which jobs there can be: for forms, and for whoever writes to the API by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from pydantic.errors import PydanticUserError

from faceforge_sdk import JobHandler
from faceforge_sdk.errors import ContributionFailed
from faceforge_sdk.models import Envelope, Items, JobType, JsonObject, ok
from faceforge_sdk.routing import built_late

if TYPE_CHECKING:
    from faceforge_sdk.protocols import Contributed, Plugins


def build(plugins: Plugins) -> APIRouter:
    """The one route."""
    router = built_late(APIRouter(tags=["Jobs"]))

    @router.get("/v1/job-types", summary="List the types of jobs that enabled plugins run")
    def list_job_types() -> Envelope[Items[JobType]]:
        handlers = sorted(plugins.contributed(JobHandler), key=lambda one: one.value.job_type)
        return ok(Items(items=[_described(handler) for handler in handlers]))

    return router


def _described(handler: Contributed[JobHandler[Any]]) -> JobType:
    try:
        schema = handler.call(lambda: _schema(handler.value))
    except ContributionFailed:  # logged where it failed; the other types are shown all the same
        schema = None
    return JobType(job_type=handler.value.job_type, plugin_id=handler.plugin_id, input_schema=schema)


def _schema(handler: JobHandler[Any]) -> JsonObject | None:
    try:
        schema: JsonObject = handler.input_model.model_json_schema()
    except PydanticUserError:  # a model may hold what JSON Schema has no words for
        return None
    return schema
