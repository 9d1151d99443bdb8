"""Usage by day, quotas of customers, and a date after which an endpoint's log stops."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table and the columns."""
    op.create_table(
        "usage",
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("customer", sa.String(64), nullable=False),
        sa.Column("service", sa.String(64), nullable=False),
        sa.Column("endpoint", sa.String(24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("door", sa.String(16), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("problems", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("jobs", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "customer", "service", "endpoint", "version", "door", name="pk_usage"),
    )
    op.add_column("endpoint", sa.Column("logging_until", sa.Float()))
    op.add_column("customer", sa.Column("quota_rows", sa.BigInteger()))
    op.add_column("customer", sa.Column("quota_blocks", sa.Boolean(), nullable=False, server_default=sa.true()))
