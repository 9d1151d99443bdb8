"""What a version's sample rows scored when it was published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add one column; versions from before have nothing in it."""
    with op.batch_alter_table("version") as table:
        table.add_column(sa.Column("sample_scores", sa.Text()))
