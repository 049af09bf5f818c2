"""Conditions on the values of fields and descriptors, as they stand in a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Comparison = Literal["eq", "gt", "gte", "lt", "lte", "exists"]
"""How a condition compares: equal, bounds, and whether there is a value at all."""

SPACES = ("field", "descriptor")
_COMPARISONS: tuple[Comparison, ...] = ("eq", "gt", "gte", "lt", "lte", "exists")
_MAX_KEY = 500
_MAX_VALUE = 2000


@dataclass(frozen=True, slots=True)
class FactFilter:
    """One condition: ``descriptor.born.gte=1900`` has the space ``descriptor``, the key ``born``, ``gte``, ``1900``.

    A key whose last part is the name of a comparison is written with one more: ``field.size.lt.eq=5``.
    """

    space: str
    key: str
    comparison: Comparison
    value: str

    @property
    def wanted(self) -> bool:
        """What ``exists`` asks for."""
        return self.value == "true"


def fact_filters(parameters: Mapping[str, Any]) -> tuple[FactFilter, ...]:
    """The conditions among `parameters`; others are left alone. Raises `ValueError` that names the parameter."""
    return tuple(
        _condition(name, str(value).lower() if isinstance(value, bool) else value)
        for name, values in parameters.items()
        if name.startswith(("field.", "descriptor."))
        for value in _each(values)
    )


def _each(values: Any) -> Iterator[Any]:
    if isinstance(values, list | tuple):
        yield from values
    else:
        yield values


def _condition(name: str, value: Any) -> FactFilter:
    space, _, rest = name.partition(".")
    key, dot, last = rest.rpartition(".")
    comparison = next((known for known in _COMPARISONS if dot and key and known == last), None)
    if comparison is None:
        key, comparison = rest, "eq"
    if not key or len(key) > _MAX_KEY:
        raise ValueError(f"{name[:80]}: no key")
    if not isinstance(value, str | int | float) or len(text := str(value)) > _MAX_VALUE:
        raise ValueError(f"{name[:80]}: the value is no text or number of at most {_MAX_VALUE} characters")
    if comparison == "exists" and text not in {"true", "false"}:
        raise ValueError(f"{name[:80]}: exists is true or false")
    return FactFilter(space, key, comparison, text)
