"""Alembic's entry: always runs on a connection that the caller opened."""

from __future__ import annotations

from alembic import context
from sqlmodel import SQLModel

import server.tables  # noqa: F401 - every table must be known before the metadata is read

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
