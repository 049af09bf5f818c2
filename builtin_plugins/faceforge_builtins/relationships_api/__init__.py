"""Relationships and their graph over HTTP."""
