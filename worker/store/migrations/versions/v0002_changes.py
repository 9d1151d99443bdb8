"""What selective update needs: an endpoint's own protection and expiry, and a record of every change of its pins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add two columns and a table."""
    with op.batch_alter_table("endpoint") as table:
        table.add_column(sa.Column("prevent_update", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("expires_at", sa.Float()))
    op.create_table(
        "change",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("endpoint_id", sa.String(32), nullable=False),
        sa.Column("endpoint", sa.String(128), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("contract_before", sa.Integer(), nullable=False),
        sa.Column("model_before", sa.Integer(), nullable=False),
        sa.Column("contract_after", sa.Integer(), nullable=False),
        sa.Column("model_after", sa.Integer(), nullable=False),
        sa.Column("wave", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_change"),
    )
    op.create_index("ix_change_endpoint_id", "change", ["endpoint_id"])
    op.create_index("ix_change_wave", "change", ["wave"])
