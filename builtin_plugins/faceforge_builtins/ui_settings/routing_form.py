"""The form of where new files go: by kind, by size, and else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faceforge_sdk.forms import text_of

from .field_values import Unreadable, number_of
from .places import HOME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.datastructures import FormData

    from faceforge_sdk.protocols import Texts

PLUGIN: Final = "faceforge.storage_routing"
MEGABYTE: Final = 1_000_000
MOST_RULES: Final = 200
_KIND = re.compile(r"kind-(\d{1,4})")


class Rule(NamedTuple):
    """Files of a kind go to a place."""

    kind: str = ""
    place: str = HOME


@dataclass(frozen=True, slots=True)
class RoutingForm:
    """The texts of the form; `problems` has a sentence per part, `fresh` is the rule that was just added."""

    default: str = HOME
    rules: tuple[Rule, ...] = ()
    large: str = ""
    fresh: int | None = None
    problems: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> RoutingForm:
        """The form of what is configured."""
        least = config.get("s3_min_size_bytes")
        return cls(
            default=config.get("default_provider") or HOME,
            rules=tuple(Rule(kind, place) for kind, place in (config.get("kind_map") or {}).items()),
            large="" if least is None else _megabytes(least),
        )

    @classmethod
    def posted(cls, form: FormData) -> RoutingForm:
        """What was typed, without the rule to remove."""
        numbers = sorted({int(found[1]) for name in form if (found := _KIND.fullmatch(name))})[:MOST_RULES]
        kept = [number for number in numbers if str(number) != text_of(form, "remove")]
        rules = (Rule(text_of(form, f"kind-{one}").strip(), text_of(form, f"place-{one}", HOME)) for one in kept)
        return cls(text_of(form, "default", HOME), tuple(rules), text_of(form, "large").strip())

    def with_another(self) -> RoutingForm:
        """One more rule, at the end."""
        return replace(self, rules=(*self.rules, Rule()), fresh=len(self.rules))

    def config(self, before: Mapping[str, Any], texts: Texts) -> tuple[dict[str, Any], RoutingForm]:
        """The configuration, with all of `before` that the form does not know; and what is wrong with the form."""
        problems: dict[str, str] = {}
        kinds = [rule.kind for rule in self.rules if rule.kind]
        if len(set(kinds)) < len(kinds):
            problems["rules"] = texts.gettext("A kind stands here twice.")
        least = None
        try:
            least = round(number_of(self.large, texts) * MEGABYTE) if self.large else None
        except (Unreadable, OverflowError, ValueError):
            problems["large"] = texts.gettext("Write a number of megabytes, such as 100.")
        if least is not None and not 0 <= least < 2**63:
            problems["large"] = texts.gettext("Write a number of megabytes, such as 100.")
        said = {
            "default_provider": self.default,
            "kind_map": {rule.kind: rule.place for rule in self.rules if rule.kind},
            "s3_min_size_bytes": least,
        }
        return {**before, **said}, replace(self, problems=problems)


def _megabytes(size: int) -> str:
    whole, rest = divmod(size, MEGABYTE)
    return str(whole) if not rest else f"{whole}.{rest:06}".rstrip("0")
