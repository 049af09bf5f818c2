"""What a plugin's own tables are bound to: how they are named, what its SQL may do, how its steps are read and run.

Core and `faceforge_sdk.testing` share it, so that both refuse the same. Nothing here opens a database.
"""

from __future__ import annotations

from .checks import Schema
from .connection import Connection, Deadline
from .guard import Guard
from .prefixes import prefix_of
from .statements import OwnStatements, refused
from .steps import Step, read_steps, require_same, run_step

__all__ = [
    "Connection",
    "Deadline",
    "Guard",
    "OwnStatements",
    "Schema",
    "Step",
    "prefix_of",
    "read_steps",
    "refused",
    "require_same",
    "run_step",
]
