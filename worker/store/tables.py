"""The tables, as SQLAlchemy Core values. The migrations make the same ones; a test compares."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# Times are seconds since 1970 in UTC (Float): both databases compare them alike. Ids are 32 hex digits.

service = Table(
    "service",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("description", Text, nullable=False, default=""),
    Column("created_at", Float, nullable=False),
)

# A model is content: one ONNX file in <home>/models/<sha256>.onnx, or a remote scoring server behind a codec.
model = Table(
    "model",
    metadata,
    Column("id", String(64), primary_key=True),  # sha256 of the file; random for a remote, which keeps its own token
    Column("kind", String(16), nullable=False),  # onnx | remote
    Column("url", Text),
    Column("codec", String(32)),
    Column("token", LargeBinary),  # what we must send on; encrypted under the home's secret
    Column("created_at", Float, nullable=False),
    CheckConstraint("kind in ('onnx', 'remote')", name="kind"),
)

version = Table(
    "version",
    metadata,
    Column("service_id", String(32), ForeignKey("service.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("contract", Text, nullable=False),  # Schema.to_dict() as JSON
    Column("model_id", String(64), ForeignKey("model.id"), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("sample_scores", Text),  # JSON: each output's values; null for versions of before
    Column("only_for", String(32)),  # id of the one endpoint that this model was sent to; null: published
)

customer = Table(
    "customer",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("created_at", Float, nullable=False),
    Column("quota_rows", BigInteger),  # rows a month; null for no quota
    Column("quota_blocks", Boolean, nullable=False, default=True, server_default=true()),
    Column("language", String(35)),  # BCP 47; null where nobody said
    Column("conventions", Text),  # JSON: how they write numbers, dates, CSV; null where nobody said
)

endpoint = Table(
    "endpoint",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("service_id", String(32), ForeignKey("service.id"), nullable=False, index=True),
    Column("customer_id", String(32), ForeignKey("customer.id"), index=True),  # null for `default` only
    Column("name", String(24), nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("contract_version", Integer, nullable=False),
    Column("model_version", Integer, nullable=False),
    Column("throttle_level", String(8), nullable=False, default="High"),
    Column("max_concurrent_calls", Integer, nullable=False, default=20),
    Column("call_limit", Integer, nullable=False, default=4),
    Column("logging_level", String(8), nullable=False, default="None"),
    Column("sample_data", Boolean, nullable=False, default=True),
    Column("created_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("prevent_update", Boolean, nullable=False, default=False, server_default=false()),
    Column("expires_at", Float),
    Column("logging_until", Float),
    UniqueConstraint("service_id", "name"),
)

# Every change of what an endpoint pins. It outlives the endpoint, so it names it in words too.
change = Table(
    "change",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("endpoint_id", String(32), nullable=False, index=True),
    Column("endpoint", String(128), nullable=False),  # service/name
    Column("at", Float, nullable=False),
    Column("who", String(128), nullable=False),
    Column("action", String(16), nullable=False),  # publish | refresh | model | rollback
    Column("contract_before", Integer, nullable=False),
    Column("model_before", Integer, nullable=False),
    Column("contract_after", Integer, nullable=False),
    Column("model_after", Integer, nullable=False),
    Column("wave", String(32), index=True),  # the changes that one command made together
)

key = Table(
    "key",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("endpoint_id", String(32), ForeignKey("endpoint.id"), nullable=False, index=True),
    Column("slot", String(64), nullable=False),  # primary | secondary | device:NAME
    Column("sha256", String(64), nullable=False, unique=True),
    Column("hint", String(8), nullable=False),  # last characters, so that a person can tell keys apart
    Column("created_at", Float, nullable=False),
    UniqueConstraint("endpoint_id", "slot"),
)

# Keys that were taken back. Whoever holds one is told when it ended, and nothing else.
revoked_key = Table(
    "revoked_key",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("endpoint_id", String(32), nullable=False),
    Column("revoked_at", Float, nullable=False),
)

# Codes in connection files: each makes one device key, and is gone then.
code = Table(
    "code",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("endpoint_id", String(32), ForeignKey("endpoint.id"), nullable=False, index=True),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
)

token = Table(
    "token",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("customer_id", String(32), ForeignKey("customer.id"), index=True),  # null: an operator's
    Column("sha256", String(64), nullable=False, unique=True),
    Column("hint", String(8), nullable=False),
    Column("created_at", Float, nullable=False),
)

# The ledger: what was claimed, what was paid for, what was published.
job = Table(
    "job",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("customer_id", String(32), ForeignKey("customer.id"), index=True),
    Column(
        "endpoint_id", String(32), ForeignKey("endpoint.id"), index=True
    ),  # null: none could be chosen, it will fail
    Column("door", String(16), nullable=False),  # folder | upload | command | batch
    Column("file_name", Text, nullable=False),  # as the customer named it, control characters escaped
    Column("input", Text, nullable=False, default=""),  # what to read: sheet, range, table or name; "" = find it
    Column("sha256", String(64), nullable=False, default=""),
    Column("request", Text),  # what was asked beside that, as JSON; null for nothing
    Column("state", String(16), nullable=False),  # new | queued | running | done | failed | cancelled
    Column("phase", String(16), nullable=False, default=""),  # reading | scoring | writing | publishing
    Column("contract_version", Integer),
    Column("model_version", Integer),
    Column("part_rows", Integer),
    Column("parts", Integer),
    Column("rows_read", Integer),
    Column("rows_scored", Integer),
    Column("rows_with_problems", Integer),
    Column("calls", Integer, nullable=False, default=0),
    Column(
        "calls_unanswered", Integer, nullable=False, default=0
    ),  # under way when a process was ended; may be repeated
    Column("cancel_asked", Boolean, nullable=False, default=False),
    Column("result_name", Text),  # the name chosen in done/ or failed/, recorded before it appears there
    Column("reason", Text),  # plain words, for failed jobs
    Column("starts", Integer, nullable=False, default=0),  # how often a process began to drive it
    Column("conventions", Text),  # JSON: those of its customer when it was first driven
    Column("owner", String(64)),  # process that drives it now
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("ended_at", Float),
    Index(None, "state", "created_at"),
)

part = Table(
    "part",
    metadata,
    Column("job_id", String(32), ForeignKey("job.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", String(16), nullable=False),  # calling | done
    Column("calls", Integer, nullable=False, default=0),
    Column("result", LargeBinary),  # Arrow IPC stream: row, outputs, problem fields
    Column("ended_at", Float),
)

# Child processes that ended while they read or wrote a file. It outlives the jobs: the file may come again.
death = Table(
    "death",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("sha256", String(64), nullable=False, index=True),  # of the file
    Column("limits", String(128), nullable=False),  # those in force, and the version of the product
    Column("at", Float, nullable=False),
)

# Passwords of encrypted workbooks, encrypted under the home's secret; a job's goes when the job ends.
password = Table(
    "password",
    metadata,
    Column("owner_id", String(32), primary_key=True),  # a customer or a job
    Column("data", LargeBinary, nullable=False),
)

# What was used, counted where it happened; customers and endpoints in words, because it outlives them.
usage = Table(
    "usage",
    metadata,
    Column("day", String(10), primary_key=True),  # YYYY-MM-DD, UTC
    Column("customer", String(64), primary_key=True),  # "" for `default`
    Column("service", String(64), primary_key=True),  # "" where no endpoint could be chosen
    Column("endpoint", String(24), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),  # of the model
    Column("door", String(16), primary_key=True),  # http | folder | upload | command | batch
    Column("rows", BigInteger, nullable=False),
    Column("problems", BigInteger, nullable=False),
    Column("calls", BigInteger, nullable=False),
    Column("jobs", BigInteger, nullable=False),
)
