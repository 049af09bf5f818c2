"""The list of plugins: whose they are, and which of them the address asks for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from faceforge_sdk.models import IgnoredManifest

    from .cards import Card

SHOWN: Mapping[str, frozenset[str]] = {
    "": frozenset(),
    "on": frozenset({"on"}),
    "off": frozenset({"off"}),
    "problems": frozenset({"failed", "held", "stopping", "gone"}),
}
"""The filters, and the states that each lets through; all of them where none is named."""

_MAX_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address asks for."""

    search: str = ""
    show: str = ""

    @classmethod
    def from_address(cls, values: Mapping[str, str]) -> Wanted:
        show = values.get("show", "")
        return cls(values.get("q", "").strip()[:_MAX_SEARCH], show if show in SHOWN else "")

    def address(self, show: str) -> str:
        """The list with another filter."""
        asked = {"q": self.search, "show": replace(self, show=show).show}
        said = {name: value for name, value in asked.items() if value}
        return f"/ui/plugins?{urlencode(said)}" if said else "/ui/plugins"

    def admits(self, card: Card) -> bool:
        """Whether a card is to be seen."""
        return self.lets_through(card, self.show) and card.matches(self.search)

    @staticmethod
    def lets_through(card: Card, show: str) -> bool:
        """Whether a filter lets a card through, whatever is searched."""
        troubled = show == "problems" and (card.plugin.restart_required or card.plugin.error is not None)
        return not SHOWN[show] or card.state in SHOWN[show] or troubled


@dataclass(frozen=True, slots=True)
class Listing:
    """The cards, yours before those that came with Core, and the manifests that can't be used.

    `counts` says how many each filter would show.
    """

    wanted: Wanted
    yours: Sequence[Card]
    builtin: Sequence[Card]
    ignored: Sequence[IgnoredManifest]
    counts: Mapping[str, int]
    any_yours: bool

    @classmethod
    def of(cls, wanted: Wanted, cards: Sequence[Card], ignored: Sequence[IgnoredManifest]) -> Listing:
        cards = sorted(cards, key=lambda card: (card.name.casefold(), card.plugin.plugin_id))
        admitted = [card for card in cards if wanted.admits(card)]
        counts = {show: sum(wanted.lets_through(card, show) for card in cards) for show in SHOWN}
        unfiltered = wanted == Wanted()
        return cls(
            wanted,
            [card for card in admitted if card.yours],
            [card for card in admitted if not card.yours],
            ignored if unfiltered or wanted.show == "problems" else (),
            counts,
            any(card.yours for card in cards),
        )

    @property
    def filtered(self) -> bool:
        """Whether anything may be left out."""
        return self.wanted != Wanted()
