"""Which values of the Host header are us: the defence against pages that rebind their own name to this computer."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHAPE: Final = re.compile(rb"(?:([A-Za-z0-9][A-Za-z0-9._-]*)|\[([0-9A-Fa-f:.]+)\])(?::[0-9]{1,5})?")
_REMEMBERED: Final = 256


class MalformedHost(ValueError):
    """The header names no host at all."""


def is_loopback(host: str) -> bool:
    """Whether only programs of this computer can reach `host` (a name or an address, without port)."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class HostRule:
    """Answers whether a Host header may be served, from memory after the first time.

    Bound to loopback: ``localhost`` and loopback addresses, any port. Beyond: any address literal too, and the names
    of ``network.allowed_hosts``.
    """

    def __init__(self, *, loopback_only: bool, allowed_names: Iterable[str] = ()) -> None:
        self._loopback_only = loopback_only
        self._names = frozenset(name.strip().lower().partition(":")[0] for name in allowed_names)
        self._known: dict[bytes, bool] = {}

    def allows(self, header: bytes) -> bool:
        """Raises `MalformedHost`."""
        known = self._known.get(header)
        if known is None:
            known = self._judge(header)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[header] = known
        return known

    def _judge(self, header: bytes) -> bool:
        shape = _SHAPE.fullmatch(header)
        if shape is None:
            raise MalformedHost
        name = (shape[1] or shape[2]).decode("ascii").lower()
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return shape[1] is not None and (name == "localhost" or (not self._loopback_only and name in self._names))
        return address.is_loopback or not self._loopback_only
