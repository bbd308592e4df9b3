"""Back up and restore: rows first, then every file that a row names, the ledger key and the chain head.

A backup is of the revision that the registry has, and is restored as it is and then brought up, in one transaction.
What is refused or fails changes nothing: a backup is judged before anything is made, and what was put in place is
taken back where the transaction is not committed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.private import fsync_folder
from data.snapshots import SnapshotStore
from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.registry.identities import ledger_key
from trials.registry.opening import permit_where_it_stands
from trials.registry.proof.chain_head import ChainHead
from trials.registry.proof.integrity import chain_faults_of_dump, snapshots_of_dump
from trials.registry.registry import connect
from trials.registry.storage.backup_files import (
    MANIFEST,
    PARTS,
    ROWS,
    copy_file,
    hold,
    is_folder,
    manifest_of,
    sha256_of,
    storing,
    write_file,
)
from trials.registry.storage.database import database_url
from trials.registry.storage.dump import dump, require_known_revision
from trials.registry.storage.folder import CHAIN_HEAD, DRAFTS, KEY, SNAPSHOTS
from trials.registry.tables.columns import canonical
from trials.settings import Settings


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds."""

    folder: Path
    trials: int
    snapshots: int


def backup(registry: Registry, actor: Actor, out: str | Path) -> BackedUp:
    """Copy everything that the registry is into a new folder.

    It is written beside, as ``DIR.partial``, and is there as a whole or not at all. That a copy was taken is in the
    audit chain before it has its name; what failed before left neither a folder nor an event. The folder holds the
    ledger key and the seeds: keep it as you keep the registry itself.

    Args:
        registry: Of this program's revision or of an earlier one.
        actor: Who asks.
        out: The new folder.

    Raises:
        TrialRefused: The folder is in the registry's own or is there already, another backup is writing there, or the
            disk refused.
    """
    registry.permit(actor, "backup")
    folder = Path(out).absolute()
    registry.settings.require_outside(folder)  # a folder that holds its own copies is copied, lost and edited with them
    if os.path.lexists(folder):
        raise TrialRefused("the folder is there already", where=str(folder), remedy="name a new one")
    with _written_beside(folder) as beside:
        with registry.snapshots.holding():
            # Rows are copied first: a file that no copied row names is harmless, the other way round it is not.
            with registry.inspect(actor, "backup") as session:
                rows = dump(session)
            snapshots = _fill(beside.partial, registry, rows)
        beside.sync()
        trials = len(rows["tables"]["trial"])
        # A copy of every customer that nobody can see was taken is worse than none: no event, no copy.
        with registry.write(actor, "backup") as work:
            manifest = sha256_of(beside.partial / MANIFEST)
            work.commit({"trials": trials, "snapshots": snapshots, "manifest": manifest})
        beside.put_in_place()
    return BackedUp(folder, trials, snapshots)


@dataclass(slots=True)
class _Beside:
    """A folder under the name that it has while it is written."""

    folder: Path
    partial: Path
    made: list[Path]
    is_placed: bool = False

    def sync(self) -> None:
        """Make all of it durable where it lies."""
        for path in (*(path for path in self.partial.rglob("*") if path.is_dir()), self.partial):
            fsync_folder(path)
        self._require_free()

    def put_in_place(self) -> None:
        """Give it its name, durably, once it is on record.

        Raises:
            TrialRefused: It could not be given.
        """
        try:
            self._require_free()
            self.partial.rename(self.folder)
            self.is_placed = True
            for path in (self.folder.parent, *(path.parent for path in self.made)):
                fsync_folder(path)
        except (OSError, TrialRefused) as error:
            raise TrialRefused(
                "the backup is on record and could not be put in place, so it is gone",
                where=str(self.folder),
                rule="a copy is recorded before it can be found",
                remedy="see that the folder can be written, then make another backup",
            ) from error

    def _require_free(self) -> None:
        if os.path.lexists(self.folder):
            raise TrialRefused("the folder is there already", where=str(self.folder), remedy="name a new one")

    def take_back(self) -> None:
        shutil.rmtree(self.folder if self.is_placed else self.partial, ignore_errors=True)
        for path in self.made:
            with suppress(OSError):
                path.rmdir()


@contextmanager
def _written_beside(folder: Path) -> Iterator[_Beside]:
    """A folder to write into before it gets its name; where anything fails it is gone, with what was made for it.

    One that a crash left behind is removed first; a lock tells it from one that is being written.
    """
    partial = folder.with_name(f"{folder.name}.partial")
    beside = _Beside(folder, partial, [path for path in (folder.parent, *folder.parent.parents) if not path.exists()])
    with storing(folder):
        for path in reversed(beside.made):
            path.mkdir(mode=0o700, exist_ok=True)
        _remove_left(partial)
        partial.mkdir(mode=0o700)
        lock = os.open(partial, os.O_RDONLY | os.O_DIRECTORY)
    try:
        hold(lock, partial, "another backup is being written here")
        with storing(folder):
            yield beside
    except BaseException:
        beside.take_back()
        raise
    finally:
        os.close(lock)


def _remove_left(partial: Path) -> None:
    """Remove what a backup that was killed left behind, and nothing else.

    Raises:
        TrialRefused: Another backup is writing there, or it is something else's.
    """
    if not os.path.lexists(partial):
        return
    ours = partial.is_dir() and not partial.is_symlink() and {path.name for path in partial.iterdir()} <= PARTS
    if not ours:
        raise TrialRefused(
            "something else is where the backup would be written", where=str(partial), remedy="name another folder"
        )
    lock = os.open(partial, os.O_RDONLY | os.O_DIRECTORY)
    try:
        hold(lock, partial, "another backup is being written here")
        shutil.rmtree(partial)
    finally:
        os.close(lock)


def _fill(folder: Path, registry: Registry, rows: dict[str, Any]) -> int:
    named = snapshots_of_dump(rows["tables"])
    (folder / SNAPSHOTS).mkdir(mode=0o700)
    for digest in sorted(named):
        snapshot = registry.snapshots.opened(digest)
        copy_file(snapshot.path, folder / SNAPSHOTS / f"{digest}.parquet")
        snapshot.recheck()
    drafts = sorted(path for path in registry.draft_files.glob("*.json") if path.is_file())
    if drafts:  # an earlier program's, of before its tables held them
        (folder / DRAFTS).mkdir(mode=0o700)
        for path in drafts:
            copy_file(path, folder / DRAFTS / path.name)
    last = max((event["sequence"] for event in rows["tables"]["audit_event"]), default=0)
    write_file(folder / ROWS, canonical(rows))
    write_file(folder / KEY, registry.key().hex() + "\n")
    write_file(folder / CHAIN_HEAD, "".join(f"{n} {h}\n" for n, h in sorted(registry.head.seen().items()) if n <= last))
    write_file(folder / MANIFEST, json.dumps(manifest_of(folder), indent=1, sort_keys=True) + "\n")
    return len(named)


def restore(settings: Settings, actor: Actor, source: str | Path) -> BackedUp:
    """Build a registry again from a backup, in an empty home and an empty database; of an earlier revision, migrate it.

    Raises:
        TrialRefused: The backup is not whole, or the home or the database holds a registry. Nothing has changed.
    """
    permit_where_it_stands(settings, actor, "restore")
    folder = Path(source)
    rows, trials = _judged(folder)
    if _another_key(settings.home / KEY, folder):
        raise TrialRefused(
            "there is a registry here already",
            where=str(settings.home),
            rule="a backup is restored where nothing is",
            remedy="set OTM_HOME to a new folder, and OTM_DATABASE_URL to an empty database",
        )
    with _taking_back(settings) as placed:
        registry = connect(settings)
        try:
            with registry.write_restored(actor, rows) as work:
                with storing(settings.home):
                    copied = _place(placed, registry, folder)
                placed.committing = True
                work.commit({"trials": trials, "revision": rows["revision"]})
            registry.make_ready()
        finally:
            registry.close()
    return BackedUp(folder, trials, copied)


def _another_key(path: Path, folder: Path) -> bool:
    return path.exists() and (not path.is_file() or path.read_bytes() != (folder / KEY).read_bytes())


@dataclass(slots=True)
class _Placed:
    """What a restore has put into a home."""

    made: list[Path] = field(default_factory=list)
    aside: dict[Path, Path] = field(default_factory=dict)  # what a file has replaced, by its path
    committing: bool = False

    def folder(self, path: Path) -> None:
        if not path.exists():
            self.made.append(path)
            path.mkdir(mode=0o700)

    def file(self, source: Path, destination: Path) -> None:
        if not destination.exists():
            self.made.append(destination)
        elif not destination.is_file() or sha256_of(destination) != sha256_of(source):
            kept = destination.with_name(f"{destination.name}.before-restore")
            destination.rename(kept)
            self.aside[destination] = kept
        else:
            return
        copy_file(source, destination)

    def take_back(self) -> None:
        for path in reversed(self.made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        for path, kept in self.aside.items():
            with suppress(OSError):
                kept.replace(path)


@contextmanager
def _taking_back(settings: Settings) -> Iterator[_Placed]:
    """One restore at a time into a home; what it puts there is gone again unless the database has committed."""
    placed = _Placed()
    with storing(settings.home):
        placed.made += [path for path in (*reversed(settings.home.parents), settings.home) if not path.exists()]
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(settings.home, os.O_RDONLY)
    try:
        hold(lock, settings.home, "another restore is at work here")
        url = database_url(settings.home, settings.database_url)
        if url.get_backend_name() == "sqlite":
            files = (Path(f"{url.database}"), Path(f"{url.database}-journal"))
            placed.made += [path for path in files if not path.exists()]
        yield placed
    except BaseException:
        if not (placed.committing and _stands(settings)):
            placed.take_back()
        raise
    finally:
        os.close(lock)
    for kept in placed.aside.values():
        kept.unlink(missing_ok=True)


def _stands(settings: Settings) -> bool:
    """Whether the database has committed after all; a database that cannot be asked may have."""
    try:
        registry = connect(settings)
        try:
            return registry.has_tables()
        finally:
            registry.close()
    except TrialRefused:
        return True


def _place(placed: _Placed, registry: Registry, folder: Path) -> int:
    snapshots = sorted((folder / SNAPSHOTS).glob("*.parquet"))
    placed.folder(registry.snapshots.root)
    for path in snapshots:
        placed.file(path, registry.snapshots.root / path.name)
        registry.snapshots.verify(path.stem)
    if (folder / DRAFTS).is_dir():
        placed.folder(registry.draft_files)
        for path in sorted((folder / DRAFTS).glob("*.json")):
            placed.file(path, registry.draft_files / path.name)
    placed.file(folder / CHAIN_HEAD, registry.head.path)
    placed.file(folder / KEY, registry.key_path)
    for path in (registry.snapshots.root, registry.home):
        fsync_folder(path)
    return len(snapshots)


def _judged(folder: Path) -> tuple[dict[str, Any], int]:
    """A backup's rows and its number of trials, once its files are those of its manifest and agree with each other.

    Raises:
        TrialRefused: A file is missing, changed or of another registry; or the backup is of an unknown revision.
    """
    rows = _checked(folder)
    require_known_revision(rows)
    try:
        faults = chain_faults_of_dump(rows["tables"], ChainHead(folder / CHAIN_HEAD))
        fingerprints = [row["key_fingerprint"] for row in rows["tables"]["installation"]]
        named = snapshots_of_dump(rows["tables"])
        trials = len(rows["tables"]["trial"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TrialRefused("the backup's rows are not those of a registry", where=str(folder / ROWS)) from error
    if faults:
        raise TrialRefused("the backup's audit chain is not whole", where=str(folder), rule="; ".join(faults))
    if fingerprints != [ledger_key.fingerprint(ledger_key.parse_key(folder / KEY))]:
        raise TrialRefused(
            "the backup's ledger key is not the one its registry was made with",
            where=str(folder / KEY),
            remedy="use another backup",
        )
    snapshots = SnapshotStore(folder / SNAPSHOTS)
    for digest in sorted(named | {path.stem for path in snapshots.root.glob("*.parquet")}):
        snapshots.verify(digest)
    return rows, trials


def _checked(folder: Path) -> dict[str, Any]:
    """A backup's rows, once every file in it is the one that its manifest lists."""
    try:
        is_folder(folder / MANIFEST)
        listed = json.loads((folder / MANIFEST).read_text("utf-8"))
        found = manifest_of(folder)
        wrong = sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))
        if wrong:
            raise TrialRefused(
                f"{wrong[0]} is missing, changed or not part of it", where=str(folder), remedy="use another backup"
            )
        missing = sorted({ROWS, KEY, CHAIN_HEAD} - found.keys())
        if missing:
            raise TrialRefused(f"{missing[0]} is missing", where=str(folder), remedy="use another backup")
        rows: dict[str, Any] = json.loads((folder / ROWS).read_text("utf-8"))
        if not isinstance(rows, dict):
            raise ValueError("no rows")
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise TrialRefused("this is not a backup", where=str(folder), rule="a folder that otm backup wrote") from error
    return rows
