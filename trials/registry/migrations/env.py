"""How Alembic runs a migration here: on the connection, and in the transaction, that the registry hands it."""

from __future__ import annotations

from alembic import context

from trials.registry.tables import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
