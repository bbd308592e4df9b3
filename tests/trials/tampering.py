"""What somebody with the database's password would do."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from trials.registry import Registry
from trials.registry.proof.audit import GENESIS, event_hash
from trials.registry.proof.rows import row_digest, row_key
from trials.registry.storage.database import rebuilders
from trials.registry.tables import AuditRow, Row


def run(registry: Registry, statement: Any) -> int:
    """Execute one statement behind the service's back; the number of rows that it touched."""
    with registry._writers.begin() as connection:
        if registry.url.get_backend_name() == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        done = connection.exec_driver_sql(statement) if isinstance(statement, str) else connection.execute(statement)
        return int(done.rowcount)


def run_past_the_rules(registry: Registry, statement: Any) -> int:
    """The same where the tables' own rules would forbid it: foreign keys and CHECKs are put to sleep meanwhile."""
    with rebuilders(registry._engine).begin() as connection:
        if registry.url.get_backend_name() == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        done = connection.exec_driver_sql(statement) if isinstance(statement, str) else connection.execute(statement)
        return int(done.rowcount)


def rewrite_chain(registry: Registry, change: Any) -> None:
    """Change events and make every hash from there on fit again, as a careful forger would."""
    with registry._writers.begin() as connection:
        previous = GENESIS
        for row in connection.execute(select(AuditRow).order_by(AuditRow.sequence)).all():
            values = change(dict(row._mapping))
            digest = event_hash(
                values["sequence"], values["at"], values["actor"], values["role"], values["action"],
                values["trial_id"], values["detail"], previous,
            )  # fmt: skip
            values |= {"previous_hash": previous, "hash": digest}
            connection.execute(update(AuditRow).where(AuditRow.sequence == row.sequence).values(values))
            previous = digest


def forge(registry: Registry, statement: Any, row: type[Row], key: Any) -> None:
    """Change a row, and let its digest in the chain, every hash and the chain's head outside fit again.

    So it stands in a registry whose row an earlier version wrote so, or a careful forger did.
    """
    run(registry, statement)
    with Session(registry._engine) as session:
        forged = session.get_one(row, key)
        name, digest = row_key(forged), row_digest(forged)

    def said(values: dict[str, Any]) -> dict[str, Any]:
        rows = values["detail"].get("rows", {})
        return values | {"detail": {**values["detail"], "rows": {**rows, name: digest}}} if name in rows else values

    rewrite_chain(registry, said)
    registry.head.path.write_text("".join(f"{each['sequence']} {each['hash']}\n" for each in chain(registry)))


def chain(registry: Registry) -> list[dict[str, Any]]:
    with registry._engine.begin() as connection:
        return [dict(row._mapping) for row in connection.execute(select(AuditRow).order_by(AuditRow.sequence))]
