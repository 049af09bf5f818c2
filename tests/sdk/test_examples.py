"""The examples of the wire shapes, held against the shapes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from faceforge_sdk import models

ASKED_IN_THE_ADDRESS = (models.Paging, models.GraphQuery, models.JobLogQuery, models.RelationTypeQuery)
SENT = (
    models.AssetPatch,
    models.DescriptorDraft,
    models.DescriptorPatch,
    models.EntityDraft,
    models.EntityFilter,
    models.EntityPatch,
    models.EntitySelection,
    models.FieldDefDraft,
    models.FieldDefPatch,
    models.JobDraft,
    models.LinkRequest,
    models.PluginConfigRequest,
    models.PurgeRequest,
    models.RelationshipDraft,
    models.RelationshipPatch,
    models.UpsertItem,
    models.UpsertRequest,
)
"""What clients send; everything else is answered."""


def travels(value: Any) -> bool:
    """Whether this is a model of a body that shows more than constants."""
    if not (isinstance(value, type) and issubclass(value, BaseModel)) or issubclass(value, ASKED_IN_THE_ADDRESS):
        return False
    generic = value is models.ErrorEnvelope or value.__pydantic_generic_metadata__["parameters"]
    shows_something = any(field.is_required() for field in value.model_fields.values())
    return value in SENT or (shows_something and not generic)


MODELS = [getattr(models, name) for name in models.__all__ if travels(getattr(models, name))]


def test_there_are_models_to_look_at() -> None:
    assert {models.Entity, models.TrashedAsset, models.EntityPatch, models.Job} <= set(MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_each_model_shows_an_example_of_its_own_that_is_one(model: type[BaseModel]) -> None:
    shown = model.model_json_schema().get("examples")
    assert shown, f"{model.__name__} has no example: write one in models/examples.py and name it in its model_config."
    for example in shown:
        parsed = model.model_validate(example)
        again = parsed.model_dump(mode="json", exclude_unset=issubclass(model, SENT))
        assert again == example, f"The example of {model.__name__} is not the whole of one."
