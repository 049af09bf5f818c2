"""The types of values that field definitions name: text, numbers, dates, choices, references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from faceforge_sdk import hookimpl

from . import choices, dates, references, scalars, texts

if TYPE_CHECKING:
    from faceforge_sdk import FieldType, PluginContext


@hookimpl
def register_field_types(ctx: PluginContext) -> list[FieldType]:
    return [
        texts.STRING,
        texts.TEXT,
        scalars.INTEGER,
        scalars.NUMBER,
        scalars.BOOLEAN,
        choices.ENUM,
        dates.DATE,
        texts.URL,
        references.entity(ctx.entities),
        scalars.JSON,
    ]
