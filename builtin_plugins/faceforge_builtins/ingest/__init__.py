"""Reads files that came in: their true type, size, date and place, and what extractors find."""
