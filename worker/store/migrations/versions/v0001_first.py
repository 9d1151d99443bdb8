"""The first tables: services, versions, endpoints, customers, keys, and the ledger of jobs and parts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "customer",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_customer"),
        sa.UniqueConstraint("name", name="uq_customer_name"),
    )
    op.create_table(
        "model",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("url", sa.Text()),
        sa.Column("codec", sa.String(32)),
        sa.Column("token", sa.LargeBinary()),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.CheckConstraint("kind in ('onnx', 'remote')", name=op.f("ck_model_kind")),
        sa.PrimaryKeyConstraint("id", name="pk_model"),
    )
    op.create_table(
        "service",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_service"),
        sa.UniqueConstraint("name", name="uq_service_name"),
    )
    op.create_table(
        "endpoint",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("service_id", sa.String(32), nullable=False),
        sa.Column("customer_id", sa.String(32)),
        sa.Column("name", sa.String(24), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("contract_version", sa.Integer(), nullable=False),
        sa.Column("model_version", sa.Integer(), nullable=False),
        sa.Column("throttle_level", sa.String(8), nullable=False),
        sa.Column("max_concurrent_calls", sa.Integer(), nullable=False),
        sa.Column("call_limit", sa.Integer(), nullable=False),
        sa.Column("logging_level", sa.String(8), nullable=False),
        sa.Column("sample_data", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("changed_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_endpoint_customer_id"),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_endpoint_service_id"),
        sa.PrimaryKeyConstraint("id", name="pk_endpoint"),
        sa.UniqueConstraint("service_id", "name", name="uq_endpoint_service_id_name"),
    )
    op.create_index("ix_endpoint_customer_id", "endpoint", ["customer_id"])
    op.create_index("ix_endpoint_service_id", "endpoint", ["service_id"])
    op.create_table(
        "version",
        sa.Column("service_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("contract", sa.Text(), nullable=False),
        sa.Column("model_id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name="fk_version_model_id"),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name="fk_version_service_id"),
        sa.PrimaryKeyConstraint("service_id", "number", name="pk_version"),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("customer_id", sa.String(32)),
        sa.Column("endpoint_id", sa.String(32)),
        sa.Column("door", sa.String(16), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("contract_version", sa.Integer()),
        sa.Column("model_version", sa.Integer()),
        sa.Column("part_rows", sa.Integer()),
        sa.Column("parts", sa.Integer()),
        sa.Column("rows_read", sa.Integer()),
        sa.Column("rows_scored", sa.Integer()),
        sa.Column("rows_with_problems", sa.Integer()),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("calls_unanswered", sa.Integer(), nullable=False),
        sa.Column("cancel_asked", sa.Boolean(), nullable=False),
        sa.Column("result_name", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("starts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(64)),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("started_at", sa.Float()),
        sa.Column("ended_at", sa.Float()),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name="fk_job_customer_id"),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoint.id"], name="fk_job_endpoint_id"),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
    )
    op.create_index("ix_job_customer_id", "job", ["customer_id"])
    op.create_index("ix_job_endpoint_id", "job", ["endpoint_id"])
    op.create_index("ix_job_state_created_at", "job", ["state", "created_at"])
    op.create_table(
        "key",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("endpoint_id", sa.String(32), nullable=False),
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("hint", sa.String(8), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["endpoint_id"], ["endpoint.id"], name="fk_key_endpoint_id"),
        sa.PrimaryKeyConstraint("id", name="pk_key"),
        sa.UniqueConstraint("endpoint_id", "slot", name="uq_key_endpoint_id_slot"),
        sa.UniqueConstraint("sha256", name="uq_key_sha256"),
    )
    op.create_index("ix_key_endpoint_id", "key", ["endpoint_id"])
    op.create_table(
        "part",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("result", sa.LargeBinary()),
        sa.Column("ended_at", sa.Float()),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name="fk_part_job_id"),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_part"),
    )
