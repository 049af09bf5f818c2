"""What a form began with, to tell when it is sent whether somebody else has changed that meanwhile."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def version_of(value: Any) -> str:
    """A short text that differs for values that do; forms send it along."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
