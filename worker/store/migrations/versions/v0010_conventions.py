"""How customers write numbers, dates and CSV files, and what each job went by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add two columns."""
    for name in ("customer", "job"):
        with op.batch_alter_table(name) as table:
            table.add_column(sa.Column("conventions", sa.Text()))
