"""What happened: rows written in the transaction of the change, told afterwards to whoever asked, at least once."""

from __future__ import annotations

from .dispatcher import EventDispatcher
from .log import EventLog
from .service import EventService

__all__ = ["EventDispatcher", "EventLog", "EventService"]
