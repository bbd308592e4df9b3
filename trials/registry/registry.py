"""The registry: one database, one folder of snapshots, one key, one chain head."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from designs.literals import ID_PATTERN
from trials.access import READ_ONLY, Actor, UseCase, allow
from trials.errors import AccessRefused, NoRegistry, RegistryRefused
from trials.registry import customers, queries
from trials.registry.identities import ledger_key
from trials.registry.proof.acting import refuse_acting
from trials.registry.proof.carried import carry_over, look_before
from trials.registry.proof.chain_head import ChainHead
from trials.registry.proof.clock import recorded_at
from trials.registry.proof.held import HeldSession, WrittenRows
from trials.registry.proof.stored import as_written, require_stored
from trials.registry.reader import Reader
from trials.registry.storage.database import database_url, open_engine, rebuilders, storage_refusals, writers
from trials.registry.storage.draft_files import drafts_in_files, remove_draft_files
from trials.registry.storage.dump import load, require_known_revision
from trials.registry.storage.folder import CHAIN_HEAD, DRAFTS, KEY, SCRATCH, SNAPSHOTS, UPLOADS, has_key, out_of_sight
from trials.registry.storage.left import clear_left
from trials.registry.storage.revisions import (
    REVISIONS,
    bring_up,
    require_at_most_current,
    require_current,
    revision_of,
)
from trials.registry.tables import Draft, Installation
from trials.registry.tables.columns import now
from trials.registry.unit_of_work import UnitOfWork, UnrecordedWork
from trials.settings import Settings

if TYPE_CHECKING:
    from data.snapshots import SnapshotStore

_IS_ID = re.compile(ID_PATTERN)


class Registry:
    """What stages write through and screens read from. Made by :func:`open_registry`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = settings.home
        self.url = database_url(settings.home, settings.database_url)
        self.head = ChainHead(settings.home / CHAIN_HEAD)
        self.key_path = settings.home / KEY
        self.scratch_room = settings.home / SCRATCH  # what is being worked on; see data.private
        self.uploads = settings.home / UPLOADS
        self.draft_files = settings.home / DRAFTS
        self._written = WrittenRows(self.head)
        self._engine = open_engine(self.url)
        self._writers = writers(self._engine)

    @cached_property
    def snapshots(self) -> SnapshotStore:
        """The unit-level files, named by digest."""
        from data.snapshots import SnapshotStore  # a screen that lists trials has no need of Arrow

        return SnapshotStore(self.home / SNAPSHOTS, named=self._named)

    def _named(self, digest: str) -> str | None:
        """What rows call a snapshot; None where none names it or they cannot be asked: a refusal is not to fail."""
        from trials.registry.proof.integrity import snapshots_described

        with suppress(SQLAlchemyError, RegistryRefused), Session(self._engine) as session:
            return snapshots_described(session).get(digest)
        return None

    @contextmanager
    def read(self, actor: Actor, trial: str | None = None) -> Iterator[Reader]:
        """Read-only questions in one transaction; take the answers out before drawing anything.

        Raises:
            AccessRefused: The actor's role may not read; the denial is in the audit chain.
        """
        self.permit(actor, "read", trial)
        with storage_refusals("registry"), self._held(self._engine) as session:
            yield Reader(session, actor)

    @contextmanager
    def inspect(self, actor: Actor, use_case: UseCase, trial: str | None = None) -> Iterator[Session]:
        """A read-only session for stages, which may ask what screens may not see.

        Raises:
            AccessRefused: The actor's role does not hold the use case; the denial is in the audit chain.
            RegistryRefused: The use case will write, and the clock is behind the last event: nothing is begun.
        """
        self.permit(actor, use_case, trial)
        # Who verifies is told what is wrong, and must not be stopped by it.
        held = Session(self._engine) if use_case == "verify" else self._held(self._engine)
        with storage_refusals("registry"), held as session:
            if use_case not in READ_ONLY:
                recorded_at(session, now())
            yield session

    @contextmanager
    def write(self, actor: Actor, use_case: UseCase, trial: str | None = None) -> Iterator[UnitOfWork]:
        """One use case's transaction, for stages only; without its commit nothing has changed.

        Raises:
            AccessRefused: The actor's role does not hold the use case; the denial is in the audit chain.
            RegistryRefused: The clock is behind the last event.
        """
        self.permit(actor, use_case, trial)
        with storage_refusals("registry"), self._held(self._writers) as session:
            session.connection()  # takes the writers' turn before anything is read
            recorded_at(session, now())
            yield UnitOfWork(session, actor, use_case, trial, self.head)

    @contextmanager
    def write_unrecorded(self, actor: Actor, use_case: UseCase, trial: str | None = None) -> Iterator[UnrecordedWork]:
        """A transaction on rows that are no record, drafts and jobs; nothing of it goes into the audit chain.

        Raises:
            AccessRefused: The actor's role does not hold the use case that it is about; that denial is in the chain.
        """
        self.permit(actor, use_case, trial)
        with storage_refusals("registry"), self._held(self._writers) as session:
            session.connection()  # takes the writers' turn before anything is read
            yield UnrecordedWork(session)

    @contextmanager
    def write_migrated(self, actor: Actor, use_case: UseCase) -> Iterator[tuple[UnitOfWork, str | None]]:
        """A transaction that first brings the tables up to the newest revision; with it, the revision before.

        Raises:
            RegistryRefused: The tables are a newer program's, or of a revision that no program wrote.
        """
        with storage_refusals("registry"), Session(rebuilders(self._engine)) as session:
            before = require_at_most_current(session.connection())
            yield self._brought_up(session, actor, use_case), before

    @contextmanager
    def write_restored(self, actor: Actor, rows: Mapping[str, Any]) -> Iterator[UnitOfWork]:
        """A transaction on an empty database that puts a dump into tables of its revision, and brings them up.

        Raises:
            RegistryRefused: The database holds a registry, or the dump is not one that this program can load.
        """
        revision = require_known_revision(rows)
        with storage_refusals("registry"), Session(rebuilders(self._engine)) as session:
            if revision_of(session.connection()) is not None:
                raise RegistryRefused(
                    "there is a registry here already",
                    where=str(self.home),
                    rule="a backup is restored where nothing is",
                    remedy="set OTM_HOME to a new folder, and OTM_DATABASE_URL to an empty database",
                )
            bring_up(session.connection(), revision)
            load(session, rows)
            yield self._brought_up(session, actor, "restore")

    def _held(self, engine: Engine) -> HeldSession:  # it finds the snapshots
        session = HeldSession(engine, self._written)
        session.info[customers.SNAPSHOTS] = lambda: self.snapshots
        return session

    def _brought_up(self, session: Session, actor: Actor, use_case: UseCase) -> UnitOfWork:
        proved = look_before(session)
        bring_up(session.connection())
        refuse_acting(session.connection())
        work = UnitOfWork(session, actor, use_case, None, self.head)
        work.carry(carry_over(session, proved))
        return work

    def waits_for_migration(self) -> bool:
        """Whether the tables are of an earlier revision, which this program can bring up."""
        with storage_refusals("registry"), self._engine.connect() as connection:
            return revision_of(connection) in REVISIONS[:-1]

    def has_tables(self) -> bool:
        """Whether the database holds a registry, of whatever revision."""
        with storage_refusals("registry"), self._engine.connect() as connection:
            return revision_of(connection) is not None

    def permit(self, actor: Actor, use_case: UseCase, trial: str | None = None) -> None:
        """Let a use case pass, or log the denial and refuse it.

        Raises:
            AccessRefused: The actor's role does not hold the use case.
            RegistryRefused: The folder that goes with the database is out of sight.
        """
        self.require_folder()
        try:
            allow(actor, use_case)
        except AccessRefused:
            with storage_refusals("registry"), Session(self._writers) as session:
                # Whatever was typed for a trial: what none can be called is not kept, and the denial is.
                named = trial if trial is None or _IS_ID.fullmatch(trial) else None
                said = {"use_case": use_case} | ({} if named == trial else {"trial": "not an id"})
                UnitOfWork(session, actor, "denied", named, self.head).commit(said)
            raise

    def require_folder(self) -> None:
        """Refuse where there is a registry in a database elsewhere and the folder that goes with it is out of sight.

        Asked at every use and not only at the first: a folder can go while a server runs, and another made in its place
        would begin a second chain head.

        Raises:
            RegistryRefused: It is not there, not mounted, or has lost its key.
        """
        if self.settings.database_url is None or has_key(self.home):
            return
        with storage_refusals("registry"), Session(self._engine) as session:
            there = revision_of(session.connection()) is not None and session.get(Installation, 1) is not None
        if there:
            raise out_of_sight(self.home)

    def key(self) -> bytes:
        """The ledger key.

        Raises:
            RegistryRefused: It is missing, or not the one that this registry's ids were made with.
        """
        key = ledger_key.read_key(self.key_path)
        if key is None:
            raise RegistryRefused(
                "the ledger key is missing",
                where=str(self.key_path),
                rule="the same key turns every file's ids into ledger ids; a new one would match nobody",
                remedy="restore it from a backup",
            )
        with storage_refusals("registry"), HeldSession(self._engine, self._written) as session:
            is_there = session.connection().scalar(select(Installation.id)) is not None
            installation = session.get(Installation, 1) if is_there else None
        if installation is None:
            raise RegistryRefused(
                "the registry does not say any more which ledger key it was made with",
                where="installation",
                rule="that is recorded once, when the registry is made",
                remedy="run otm verify --all, then restore the registry from a backup",
            )
        if ledger_key.fingerprint(key) != installation.key_fingerprint:
            raise RegistryRefused(
                "the ledger key is not the one this registry was made with",
                where=str(self.key_path),
                remedy="restore the key from a backup, or point OTM_HOME and OTM_DATABASE_URL at one registry",
            )
        return key

    def clear_left(self, *, reports: bool = False) -> tuple[str, ...]:
        """Remove what processes that are gone left, with ``reports`` how they crashed too; the names, by folder."""
        return clear_left(self.home, reports=reports)

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()

    def make_ready(self) -> None:
        """Bring an empty database up to the newest tables, and note which key its ids are made with; all or nothing."""
        if not self._is_made():
            self._make()
        self.require_folder()
        if self.draft_files.is_dir():
            self._take_in_drafts()

    def require_made(self) -> None:
        """Refuse to work on a registry that nobody made; nothing is made by asking.

        Raises:
            NoRegistry: There is none.
            RegistryRefused: Its tables are not this program's.
        """
        if not self._is_made():
            raise no_registry(self.settings)
        self.require_folder()

    def _is_made(self) -> bool:
        with storage_refusals("registry"), Session(self._engine) as session:
            if not require_current(session.connection()):
                return False
            # Where the chain has events a row that is gone was deleted: another key must not be recorded in its place.
            return session.get(Installation, 1) is not None or queries.last_event(session) is not None

    def _make(self) -> None:
        if self.head.last() is not None and not self.has_tables():
            raise RegistryRefused(
                "the database is empty, and the chain head beside it has seen events",
                where=str(self.home),
                rule="a registry begins in a home where no other one was",
                remedy="give otm restore again where it was interrupted; or set OTM_DATABASE_URL to the database that "
                "belongs to this home",
            )
        _make_home(self.settings)
        key = ledger_key.read_key(self.key_path) or ledger_key.create_key(self.key_path)
        with storage_refusals("registry"), Session(rebuilders(self._engine)) as session:
            if not require_current(session.connection()):
                bring_up(session.connection())
            if session.get(Installation, 1) is None:
                work = UnitOfWork(session, Actor("registry", "administrator"), "installed", None, self.head)
                work.add(Installation(id=1, key_fingerprint=ledger_key.fingerprint(key), created_at=now()))
                work.commit({})

    def _take_in_drafts(self) -> None:
        """Put drafts that were files into their table; one that was saved there since is the later."""
        drafts = drafts_in_files(self.draft_files)
        with storage_refusals("registry"), Session(self._writers) as session:
            session.connection()
            taken = [
                Draft(key=key, fields=fields, saved_at=now())
                for key, fields in drafts.items()
                if session.get(Draft, key) is None
            ]
            session.add_all(taken)
            session.flush()
            require_stored(session.connection(), as_written(taken))
            session.commit()
        remove_draft_files(self.draft_files, set(drafts))


def open_registry(settings: Settings) -> Registry:
    """Open the registry that the settings name; an empty one is made ready.

    Raises:
        RegistryRefused: The home cannot be used, or the tables wait for ``otm migrate``.
    """
    registry = connect(settings)
    try:
        registry.make_ready()
    except BaseException:
        registry.close()
        raise
    return registry


def no_registry(settings: Settings) -> NoRegistry:
    """The refusal to read a registry that nobody made."""
    return NoRegistry(
        "there is no registry",
        where=str(settings.home),
        rule="one begins with otm population load, otm register or otm demo; a command that reads makes none",
        remedy="set OTM_HOME to the folder of the registry, and look for a slip in its name",
    )


def require_folder(settings: Settings) -> None:
    """Refuse where the folder of a team's registry is out of sight, before anything serves it. Makes nothing.

    Raises:
        RegistryRefused: It is, or the database cannot say whether there is a registry.
    """
    registry = Registry(settings)
    try:
        registry.require_folder()
    finally:
        registry.close()


def unusable(problem: str | None, where: object) -> RegistryRefused:
    """The refusal of a folder that cannot hold a registry, or not be read."""
    return RegistryRefused(
        f"the registry's folder cannot be used ({problem})",
        where=str(where),
        remedy="set OTM_HOME to a folder that this account may write",
    )


def connect(settings: Settings) -> Registry:
    """The registry that the settings name, whatever state its tables are in.

    Raises:
        RegistryRefused: The home cannot be used.
    """
    if settings.database_url is None:  # else the folder may be out of sight, and is made only with a registry
        _make_home(settings)
    registry = Registry(settings)
    if registry.url.get_backend_name() == "sqlite":
        with _folder_refusals(settings):
            # Private from the first byte: the file holds seeds, and SQLite would make it readable by all.
            os.close(os.open(str(registry.url.database), os.O_RDWR | os.O_CREAT, 0o600))
    registry.clear_left()
    return registry


def _make_home(settings: Settings) -> None:
    with _folder_refusals(settings):
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)


@contextmanager
def _folder_refusals(settings: Settings) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unusable(error.strerror, error.filename or settings.home) from error
