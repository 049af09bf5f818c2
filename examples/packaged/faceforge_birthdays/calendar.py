"""Birthdays within the next days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel

from faceforge_sdk.models import EntityQuery
from faceforge_sdk.paging import pages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faceforge_sdk.protocols import Entities


class Birthday(BaseModel):
    """A birthday that comes; `age` is how old the entity will be then."""

    entity_id: str
    display_name: str
    on: date
    age: int


def upcoming(entities: Entities, field: str, today: date, days: int) -> list[Birthday]:
    """Those from `today` to so many days later, the nearest first. What is no date in the field is passed over."""
    found = [one for one in _birthdays(entities, field, today) if one.on <= today + timedelta(days)]
    return sorted(found, key=lambda one: (one.on, one.display_name))


def _birthdays(entities: Entities, field: str, today: date) -> Iterator[Birthday]:
    wanted = EntityQuery.model_validate({f"field.{field}.exists": "true", "limit": 200})
    for page in pages(entities.list, wanted):
        for entity in page.items:
            try:
                born = date.fromisoformat(str(entity.fields.get(field)))
            except ValueError:
                continue
            on = next_after(born, today)
            yield Birthday(entity_id=entity.entity_id, display_name=entity.display_name, on=on, age=on.year - born.year)


def next_after(born: date, today: date) -> date:
    """The next birthday, today included. Who was born on 29 February celebrates on the 28th in other years."""
    on = _in_year(born, today.year)
    return on if on >= today else _in_year(born, today.year + 1)


def _in_year(born: date, year: int) -> date:
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 2, 28)
