"""Alembic history of the kernel's own tables."""
