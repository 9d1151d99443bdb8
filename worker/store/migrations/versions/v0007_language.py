"""The language of a customer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add a column."""
    with op.batch_alter_table("customer") as table:
        table.add_column(sa.Column("language", sa.String(35)))
