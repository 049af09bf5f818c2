"""What callers say: a model, or its fields by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from faceforge_sdk.errors import InvalidInput
from faceforge_sdk.models import EntityFilter
from faceforge_sdk.models.filters import SPACES
from faceforge_sdk.paging import Q, pages
from faceforge_sdk.problems import first_of, problems_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from faceforge_sdk.models import Page

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

LARGEST_PAGE = 200


def wish(kind: type[M], said: M | None, facts: Mapping[str, Any]) -> M:
    """The model that was said, or one of `facts`.

    Raises `TypeError` for both at once and for a name that the model does not have, `InvalidInput` for a value it
    refuses.
    """
    if said is not None:
        if facts:
            raise TypeError(f"Give a {kind.__name__} or its fields by name, not both.")
        return said
    for name in facts:
        if name not in kind.model_fields and not (issubclass(kind, EntityFilter) and _is_condition(name)):
            raise TypeError(f"{kind.__name__} has no {name!r}; it has {', '.join(kind.model_fields)}.")
    try:
        return kind.model_validate(facts)
    except ValidationError as exc:
        problems = problems_of(exc)
        about = "" if problems[0]["loc"] else f"{kind.__name__}: "
        raise InvalidInput(f"{about}{first_of(problems)}.", details=problems) from exc


def _is_condition(name: str) -> bool:
    return name.startswith(tuple(f"{space}." for space in SPACES))


def everything(listing: Callable[[Q], Page[T]], query: Q) -> Iterator[T]:
    """All items of a list, in large pages that nobody counts."""
    hints = {"total": "none"} if "limit" in query.model_fields_set else {"total": "none", "limit": LARGEST_PAGE}
    for page in pages(listing, query.model_copy(update=hints)):
        yield from page.items
