"""What is wrong with a plugin, told as a compiler tells it: file, line, and a sentence that says what to do."""

from __future__ import annotations

from .checking import Report, check
from .findings import Finding, told_place

__all__ = ["Finding", "Report", "check", "told_place"]
