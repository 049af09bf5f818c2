"""The ``faceforge`` command: a module for each group of commands, and `main` that puts them together."""

from __future__ import annotations

from .main import app, run

__all__ = ["app", "run"]
