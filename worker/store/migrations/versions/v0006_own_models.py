"""Models of single endpoints, keys that were revoked, and what a job of the batch API was asked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add a table and two columns."""
    op.create_table(
        "revoked_key",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("endpoint_id", sa.String(32), nullable=False),
        sa.Column("revoked_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_revoked_key"),
    )
    with op.batch_alter_table("version") as table:
        table.add_column(sa.Column("only_for", sa.String(32)))
    with op.batch_alter_table("job") as table:
        table.add_column(sa.Column("request", sa.Text()))
