"""Codes that sign one computer in, once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add a table."""
    op.create_table(
        "code",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("endpoint_id", sa.String(32), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_code"),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoint.id"], name="fk_code_endpoint_id"),
    )
    op.create_index("ix_code_endpoint_id", "code", ["endpoint_id"])
