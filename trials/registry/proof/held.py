"""Nothing stands on a row that is not as it was written: every question is preceded by a look at its tables' rows.

A session of the registry asks no table before the rows that the question is about have been compared with what the
audit chain has of them, whatever the question: whole rows, single columns or a count. A row that was edited, deleted
or written by no use case stops it by name. The chain itself is walked first, and compared with its head outside.
Nor is anything asked or written where something else acts on rows. Only :mod:`trials.stages.verify` asks without, for
it says what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Column, Connection, Engine, Table, event, text
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    ClauseElement,
    TextClause,
    UnaryExpression,
)

from trials.errors import RegistryRefused
from trials.registry.proof.acting import refuse_acting
from trials.registry.proof.audit import GENESIS, event_hash
from trials.registry.proof.chain_head import ChainHead
from trials.registry.proof.stored import event_text, faults_of, owner_column, owner_of, recorded_tables
from trials.registry.tables import AuditRow
from trials.registry.tables.columns import digest_of_text, parsed

ADDED = "added"  # in a session's info: names of the rows that it has added itself


@dataclass(frozen=True, slots=True)
class Chain:
    """The audit chain as far as it was walked.

    Attributes:
        hashes: Of each event, by its number.
        rows: The digest of each row as it was last written, by table, trial and name.
    """

    hashes: dict[int, str] = field(default_factory=dict)
    rows: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)

    @property
    def last(self) -> int:
        return len(self.hashes)


class WrittenRows:
    """What the audit chain of one registry has of each row; what was walked once is kept, and only ever added to."""

    def __init__(self, head: ChainHead) -> None:
        self.head = head
        self._kept = Chain()

    def as_of(self, connection: Connection, seen: tuple[int, str] | None) -> Chain:
        """The chain as a transaction sees it.

        Args:
            connection: Of the transaction.
            seen: The last event that the head had seen before the transaction began.

        Raises:
            RegistryRefused: An event was edited, deleted or put in between, or the head has seen another.
        """
        kept = self._kept
        if kept.last and _hash_of(connection, kept.last) != kept.hashes[kept.last]:
            kept = Chain()  # this transaction began before the last walk, or the chain is another one
        chain = _walked(connection, kept)
        if seen is not None and chain.hashes.get(seen[0]) != seen[1]:
            raise _not_as_written("the audit chain is not the one that its head outside the database has seen")
        self._kept = chain
        return chain


def _hash_of(connection: Connection, sequence: int) -> str | None:
    query = text("SELECT hash FROM audit_event WHERE sequence = :sequence")
    return connection.execute(query, {"sequence": sequence}).scalar()


def _walked(connection: Connection, kept: Chain) -> Chain:
    query = text(
        "SELECT sequence, at, actor, role, action, trial_id, detail, previous_hash, hash FROM audit_event "
        "WHERE sequence > :last ORDER BY sequence"
    )
    events = connection.execute(query, {"last": kept.last}).all()
    if not events:
        return kept
    hashes = dict(kept.hashes)
    rows = {table: {owner: dict(names) for owner, names in of.items()} for table, of in kept.rows.items()}
    previous = hashes.get(kept.last, GENESIS)
    for number, row in enumerate(events, start=kept.last + 1):
        if row.sequence != number or row.previous_hash != previous or row.hash != _hash(row):
            raise _not_as_written(f"audit event {number} is not as it was written")
        hashes[number] = previous = row.hash
        detail = parsed(row.detail)
        for name in detail.get("replaced", {}):  # a migration gave the row another name
            _of(rows, name).pop(name, None)
        for name, digest in detail.get("rows", {}).items():
            _of(rows, name)[name] = digest
    return Chain(hashes, rows)


def _hash(row: Any) -> str | None:
    try:
        return digest_of_text(event_text(row))
    except TypeError:  # a column holds what it cannot hold
        return None


def _of(rows: dict[str, dict[str, dict[str, str]]], name: str) -> dict[str, str]:
    table, owner = owner_of(name)
    return rows.setdefault(table, {}).setdefault(owner, {})


class HeldSession(Session):
    """A session whose every question is about rows that are as they were written.

    Args:
        bind: The database.
        written: What the audit chain has of each row.
    """

    def __init__(self, bind: Engine, written: WrittenRows) -> None:
        super().__init__(bind)
        self._written = written
        self._seen = written.head.last()  # before the transaction: what the head has seen by now is in the chain
        self._chain: Chain | None = None
        self._held: set[tuple[str, str | None]] = set()  # tables, whole or of one trial

    def hold(self, statement: ClauseElement, parameters: Mapping[str, Any]) -> None:
        """Look at the rows that a question is about, unless that was done in this transaction.

        Raises:
            RegistryRefused: One of them, or the chain, is not as it was written.
        """
        names = _tables(statement)
        about = [table for name, table in recorded_tables().items() if name in names]
        if not about and AuditRow.__tablename__ not in names:
            return
        connection = self.connection()
        if self._chain is None:
            self._chain = self._written.as_of(connection, self._seen)
        only = _only_owners(statement, parameters, {table.name for table in about})
        for table in about:
            owners = (None,) if only is None or owner_column(table) is None else sorted(only)
            for owner in owners:
                self._hold_rows(connection, self._chain, table, owner)

    def _hold_rows(self, connection: Connection, chain: Chain, table: Table, owner: str | None) -> None:
        if {(table.name, owner), (table.name, None)} & self._held:
            return
        found = faults_of(connection, table, chain.rows, owner, frozenset(self.info.get(ADDED, ())))
        if found:
            raise _not_as_written(found[0], len(found) - 1)
        self._held.add((table.name, owner))

    def hold_event(self, row: AuditRow) -> None:
        """Look at one event of the audit chain, which may have been edited since the chain was walked."""
        said = event_hash(
            row.sequence, row.at, row.actor, row.role, row.action, row.trial_id, row.detail, row.previous_hash
        )
        if self._chain is not None and not said == row.hash == self._chain.hashes.get(row.sequence, said):
            raise _not_as_written(f"audit event {row.sequence} is not as it was written")


@event.listens_for(HeldSession, "after_begin")
def _refuse_acting(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    refuse_acting(connection)


@event.listens_for(HeldSession, "do_orm_execute")
def _hold(state: ORMExecuteState) -> None:
    session, given = state.session, state.parameters
    if state.is_select and isinstance(session, HeldSession):
        session.hold(cast(ClauseElement, state.statement), given if isinstance(given, Mapping) else {})


@event.listens_for(HeldSession, "loaded_as_persistent")
def _hold_event(session: Session, row: object) -> None:
    if isinstance(row, AuditRow) and isinstance(session, HeldSession):
        session.hold_event(row)


def _not_as_written(problem: str, more: int = 0) -> RegistryRefused:
    return RegistryRefused(
        problem if not more else f"{problem}, and so it is with {more:,} more",
        where="registry",
        rule="nothing is read of rows that are not as they were written; nothing was changed",
        remedy="run otm verify --all to see what else is wrong, then restore a backup",
    )


def _tables(statement: ClauseElement) -> set[str]:
    """The name of every table that a question names, wherever in it."""
    names = set[str]()
    for element in visitors.iterate(statement):
        if isinstance(element, Table):
            names.add(element.name)
        elif isinstance(element, Column) and (table := _table_of(element)) is not None:
            names.add(table.name)
        elif isinstance(element, TextClause):  # SQL in words: whatever it names, if only in passing
            names |= {name for name in (*recorded_tables(), AuditRow.__tablename__) if name in element.text}
    return names


def _table_of(column: Any) -> Table | None:
    table = column.table
    while table is not None and not isinstance(table, Table):
        table = getattr(table, "element", None)
    return table


def _only_owners(statement: ClauseElement, parameters: Mapping[str, Any], names: set[str]) -> frozenset[str] | None:
    """The trials, or names of populations, whose rows a question is about; None where that cannot be told.

    It can where the column of every table that says whose a row is stands equal to a value, to some, or to its like.
    """
    owners, tied = set[str](), set[str]()
    for element in visitors.iterate(statement):
        either = isinstance(element, BooleanClauseList) and element.operator is operators.or_
        turned = isinstance(element, UnaryExpression) and element.operator is not operators.exists
        if (either or turned) and _names_one(element):
            return None
        if not isinstance(element, BinaryExpression):
            continue
        sides = [side for side in (element.left, element.right) if _says_whose(side)]
        others = [side for side in (element.left, element.right) if not _says_whose(side)]
        if not sides:
            continue
        if element.operator not in (operators.eq, operators.in_op):
            return None
        for other in others:
            if not isinstance(other, BindParameter):
                return None
            value = parameters.get(other.key, other.effective_value)
            owners |= {str(one) for one in value} if isinstance(value, list | tuple | set) else {str(value)}
        tied |= {table.name for side in sides if (table := _table_of(side)) is not None}
    return frozenset(owners) if owners and names <= tied else None


def _names_one(element: Any) -> bool:
    return any(
        isinstance(inner, BinaryExpression)
        and any(_says_whose(side) for side in (inner.left, inner.right))
        and any(isinstance(side, BindParameter) for side in (inner.left, inner.right))
        for inner in visitors.iterate(element)
    )


def _says_whose(side: Any) -> bool:
    table = _table_of(side) if isinstance(side, Column) else None
    return table is not None and (owner := owner_column(table)) is not None and owner.name == side.name
