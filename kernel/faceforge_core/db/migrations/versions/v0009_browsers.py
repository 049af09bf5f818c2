"""Which browser a sign-in is: what it says of itself."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Of earlier sign-ins nothing is known."""
    op.get_bind().exec_driver_sql("ALTER TABLE sessions ADD COLUMN user_agent TEXT")
