"""What a stage holds while it writes: rows to add, one audit event, one commit.

Every row that is added leaves its digest in the event, so that an edited, deleted or smuggled row is found by
comparing the tables with the chain.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Engine, delete
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from trials.access import Action, Actor
from trials.errors import RegistryRefused, TrialRefused
from trials.registry import queries
from trials.registry.proof.audit import GENESIS, event_hash
from trials.registry.proof.carried import Carried
from trials.registry.proof.chain_head import HEAD_LOST, ChainHead
from trials.registry.proof.clock import recorded_at, refuse_apart_from_folder, refuse_before_draw
from trials.registry.proof.held import ADDED
from trials.registry.proof.rows import row_digest, row_key
from trials.registry.proof.stored import Stored, as_written, not_as_written, require_stored
from trials.registry.storage.database import readers, storage_refusals
from trials.registry.tables import AuditRow, Row, UnrecordedRow
from trials.registry.tables.columns import now

log = logging.getLogger(__name__)


@dataclass(slots=True)
class UnrecordedWork:
    """One transaction on rows that are no record: nothing of it is in the audit chain."""

    session: Session
    _put: dict[str, Stored] = field(default_factory=dict)

    def put(self, row: UnrecordedRow) -> None:
        """Add a row, or put it in the place of the one with its key. Rows go in the order in which they are put.

        Raises:
            TrialRefused: Another row has a key that is UNIQUE.
        """
        try:
            with storage_refusals("registry"):
                merged = self.session.merge(row)
                self.session.flush()
                written = as_written((merged,))
                require_stored(self.session.connection(), written)
                self._put |= {stored.name: stored for stored in written}
        except IntegrityError as error:
            raise TrialRefused(
                f"the registry has another {row.__tablename__} in the place of this one",
                rule="of some rows there is one at a time",
                remedy="look again at where it stands; nothing was changed",
            ) from error
        except StaleDataError as error:  # no row was touched
            raise not_as_written(row.__tablename__) from error

    def remove(self, table: type[UnrecordedRow], key: Any) -> None:
        """Remove a row; nothing where there is none."""
        with storage_refusals("registry"):
            row = self.session.get(table, key)
            if row is not None:
                (stored,) = as_written((row,))
                self.session.expunge(row)
                same = [stored.table.columns[name] == value for name, value in stored.where.items()]
                self.session.execute(delete(stored.table).where(*same))
                self._put[stored.name] = replace(stored, digest=None)

    def commit(self) -> None:
        """Commit.

        Raises:
            RegistryRefused: The database could not be written, or what was put is not there.
        """
        with storage_refusals("registry"):
            require_stored(self.session.connection(), self._put.values())
            self.session.commit()


@dataclass(slots=True)
class UnitOfWork:
    """One transaction of one use case. Left without a commit, it changes nothing."""

    session: Session
    actor: Actor
    action: Action
    trial: str | None
    head: ChainHead
    _added: list[Row] = field(default_factory=list)
    _carried: Carried = field(default_factory=Carried)

    def add(self, row: Row) -> None:
        """Add a row; the registry knows no other change. Rows go in the order in which they are added.

        Raises:
            TrialRefused: A UNIQUE key is there already: what happens once has happened; or it is dated before its draw.
        """
        refuse_before_draw(self.session, self.trial, row)
        self.session.info.setdefault(ADDED, set()).add(row_key(row))
        try:
            with storage_refusals("registry"):
                self.session.add(row)
                self.session.flush()
        except IntegrityError as error:
            raise TrialRefused(
                f"the registry has this {row.__tablename__.replace('_', ' ')} already",
                where=self.trial,
                rule="what happens once in a trial has one row",
                remedy="see otm trials for where it stands; nothing was changed",
            ) from error
        self._added.append(row)

    def carry(self, carried: Carried) -> None:
        """Let the event say anew what the rows are that a migration has changed."""
        self._carried = carried

    def commit(self, detail: dict[str, Any], *, action: Action | None = None) -> None:
        """Append the audit event, commit, and witness it outside the database.

        Args:
            detail: What was done, in digests, counts and reasons; never a seed, an id or an arm of a customer.
            action: The event's name, where a use case has several.

        Raises:
            RegistryRefused: The chain does not agree with its head outside, the clock is behind the last event, what
                was written is not there (before the commit or after it), or chain or head could not be written.
        """
        with storage_refusals("registry"):
            witnessed = self._witnessed()
            event = self._append(action or self.action, {**detail, **self._lost(witnessed)})
            self.session.flush()
            written = as_written((*self._added, event))
            require_stored(self.session.connection(), written)
            hashes = queries.event_hashes(self.session, after=witnessed)
            self._announce(hashes)
            engine = readers(self.session.connection().engine)
            self.session.commit()
        self._witness(hashes)
        _look_again(engine, written)

    def commit_taken_out(self, what: str, rows: int, reason: str | None) -> None:
        """Record that rows of customers leave in a file, before it is there; never whose they are.

        Args:
            what: What the rows are, in words.
            rows: How many.
            reason: Why, where that is more than the use case says.

        Raises:
            RegistryRefused: It could not be recorded; then nothing may leave.
        """
        said = {"reason": reason.strip()} if reason and reason.strip() else {}
        self.commit({"use_case": self.action, "what": what, "rows_taken": rows, **said}, action="take_out")

    def _witnessed(self) -> int:
        """The last event that the head has seen; a chain that lacks it must not be built upon."""
        last = self.head.last()
        if last is None:
            return 0
        sequence, digest = last
        row = self.session.get(AuditRow, sequence)
        if row is None or row.hash != digest:
            raise RegistryRefused(
                "the audit chain is not the one that its head outside the database has seen",
                where=str(self.head.path),
                rule="nothing is added to a chain that has been cut or rewritten",
                remedy="run otm verify, then restore the registry from a backup",
            )
        return sequence

    def _lost(self, witnessed: int) -> dict[str, Any]:
        """What the event says where the head has lost lines: from here on they are there again, and prove nothing.

        One event may be missing after a crash of an earlier program, which announced none before its commit.
        """
        seen = self.head.announced()
        lost = [
            sequence
            for sequence, digest in queries.event_hashes(self.session, after=witnessed).items()
            if seen.get(sequence) != digest
        ]
        return {HEAD_LOST: [min(lost), max(lost)]} if len(lost) > 1 else {}

    def _announce(self, hashes: dict[int, str]) -> None:
        try:
            self.head.announce(hashes)
            if self.action != "denied":
                refuse_apart_from_folder(self.head.written_at())
        except OSError as error:
            raise RegistryRefused(
                f"the chain head cannot be written ({error.strerror})",
                where=str(self.head.path),
                rule="what is recorded is witnessed outside the database first; nothing was changed",
                remedy="check the disk and the rights on this file, then give the same command again",
            ) from error

    def _append(self, action: Action, detail: dict[str, Any]) -> AuditRow:
        rows = {row_key(row): row_digest(row) for row in self._added}
        said = {**detail, "rows": {**self._carried.rows, **rows}}
        if self._carried.replaced:
            said["replaced"] = self._carried.replaced
        sequence, previous = queries.last_event(self.session) or (0, GENESIS)
        # A denial is recorded whatever the clock says: it changes nothing, and must not go unseen.
        at = now() if action == "denied" else recorded_at(self.session, now())
        event = AuditRow(
            sequence=sequence + 1,
            at=at,
            actor=self.actor.name,
            role=self.actor.role,
            action=action,
            trial_id=self.trial,
            detail=said,
            previous_hash=previous,
            hash=event_hash(sequence + 1, at, self.actor.name, self.actor.role, action, self.trial, said, previous),
        )
        self.session.add(event)
        return event

    def _witness(self, hashes: dict[int, str]) -> None:
        try:
            self.head.append(hashes)
        except OSError as error:
            # The commit stands: to call it failed would be untrue. The next writer fills the gap.
            log.warning("%s could not be written (%s); what you asked for is recorded", self.head.path, error.strerror)


def _look_again(engine: Engine, written: Iterable[Stored]) -> None:
    """See what was written in a transaction of its own: something may have acted on it at the commit."""
    try:
        with engine.connect() as connection:
            require_stored(connection, written, committed=True)
    except SQLAlchemyError as error:
        # The commit stands, and what it writes had been looked at before it.
        log.warning("what was recorded could not be looked at again (%s)", type(error).__name__)
