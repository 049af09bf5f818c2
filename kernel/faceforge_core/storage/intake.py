"""Many files on their way in: copied and hashed side by side, made durable together, recorded at once."""

from __future__ import annotations
