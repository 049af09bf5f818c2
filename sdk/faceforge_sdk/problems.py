"""What does not fit a model, in the words of whoever says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import ValidationError

_PREFIX = "Value error, "


def problems_of(error: ValidationError) -> list[dict[str, Any]]:
    """Pydantic's list of what is wrong and where, without the values, which may be secrets."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    return [{**problem, "msg": words_of(problem)} for problem in problems]


def words_of(problem: Mapping[str, Any]) -> str:
    """What pydantic says of one problem; what a validator of ours says stands alone, without its class."""
    said = str(problem.get("msg", ""))
    return said.removeprefix(_PREFIX) if problem.get("type") == "value_error" else said


def first_of(problems: Sequence[Mapping[str, Any]]) -> str:
    """The first problem with its place, such as ``kind_rules.0.kind: Field required``."""
    where = ".".join(str(step) for step in problems[0]["loc"])
    return f"{where}: {problems[0]['msg']}" if where else str(problems[0]["msg"])
