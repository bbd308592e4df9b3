"""Back up and restore: rows first, then every file that a row names, the ledger key and the chain head.

A backup is of the revision that the registry has, and is restored as it is and then brought up, in one transaction.
What is refused or fails changes nothing: a backup is judged before anything is made, and what was put in place is
taken back where the transaction is not committed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.snapshots import SnapshotStore
from trials.access import Actor, allow
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.registry.identities import ledger_key
from trials.registry.proof.chain_head import ChainHead
from trials.registry.proof.integrity import chain_faults_of_dump, snapshots_of_dump
from trials.registry.registry import connect
from trials.registry.storage.database import database_url
from trials.registry.storage.dump import dump, require_known_revision
from trials.registry.tables.columns import canonical
from trials.settings import Settings

ROWS = "registry.json"
KEY = "ledger.key"
HEAD = "chain-head"
MANIFEST = "manifest.json"
SNAPSHOTS = "snapshots"
DRAFTS = "drafts"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds."""

    folder: Path
    trials: int
    snapshots: int


def backup(registry: Registry, actor: Actor, out: str | Path) -> BackedUp:
    """Copy everything that the registry is into a new folder.

    The folder holds the ledger key and the seeds: keep it as you keep the registry itself.

    Args:
        registry: Of this program's revision or of an earlier one.
        actor: Who asks.
        out: The new folder.

    Raises:
        TrialRefused: The folder is there already, or the disk refused.
    """
    folder = Path(out)
    with registry.write(actor, "backup") as work:
        if folder.exists():
            raise TrialRefused("the folder is there already", where=str(folder), remedy="name a new one")
        work.commit({})
    # Rows are copied first: a file that no copied row names is harmless, the other way round it is not.
    with _storing(folder), registry.snapshots.holding():
        with registry.inspect(actor, "backup") as session:
            rows = dump(session)
        folder.mkdir(mode=0o700, parents=True)
        try:
            snapshots = _fill(folder, registry, rows)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return BackedUp(folder, len(rows["tables"]["trial"]), snapshots)


def _fill(folder: Path, registry: Registry, rows: dict[str, Any]) -> int:
    named = snapshots_of_dump(rows["tables"])
    (folder / SNAPSHOTS).mkdir(mode=0o700)
    for digest in sorted(named):
        registry.snapshots.verify(digest)
        shutil.copyfile(registry.snapshots.opened(digest).path, folder / SNAPSHOTS / f"{digest}.parquet")
    drafts = sorted(registry.draft_files.glob("*.json"))
    if drafts:  # an earlier program's, of before its tables held them
        (folder / DRAFTS).mkdir(mode=0o700)
        for path in drafts:
            _copy(path, folder / DRAFTS / path.name)
    last = max(event["sequence"] for event in rows["tables"]["audit_event"])
    _write(folder / ROWS, canonical(rows))
    _write(folder / KEY, registry.key().hex() + "\n")
    _write(folder / HEAD, "".join(f"{n} {h}\n" for n, h in sorted(registry.head.seen().items()) if n <= last))
    _write(folder / MANIFEST, json.dumps(_manifest(folder), indent=1, sort_keys=True) + "\n")
    return len(named)


def restore(settings: Settings, actor: Actor, source: str | Path) -> BackedUp:
    """Build a registry again from a backup, in an empty home and an empty database; of an earlier revision, migrate it.

    Raises:
        TrialRefused: The backup is not whole, or the home or the database holds a registry. Nothing has changed.
    """
    allow(actor, "restore")
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
                with _storing(settings.home):
                    copied = _place(placed, registry, folder)
                placed.committing = True
                work.commit({"trials": trials, "revision": rows["revision"]})
            registry.make_ready()
        finally:
            registry.close()
    return BackedUp(folder, trials, copied)


def _another_key(path: Path, folder: Path) -> bool:
    return path.exists() and path.read_bytes() != (folder / KEY).read_bytes()


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
        elif _sha256(destination) != _sha256(source):
            kept = destination.with_name(f"{destination.name}.before-restore")
            destination.rename(kept)
            self.aside[destination] = kept
        else:
            return
        _copy(source, destination)

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
    with _storing(settings.home):
        placed.made += [path for path in (*reversed(settings.home.parents), settings.home) if not path.exists()]
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(settings.home, os.O_RDONLY)
    try:
        _hold(lock, settings.home)
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


def _hold(lock: int, home: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise TrialRefused(
            "another restore is at work here", where=str(home), remedy="wait until it has ended"
        ) from error


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
    placed.file(folder / HEAD, registry.head.path)
    placed.file(folder / KEY, registry.key_path)
    return len(snapshots)


def _judged(folder: Path) -> tuple[dict[str, Any], int]:
    """A backup's rows and its number of trials, once its files are those of its manifest and agree with each other.

    Raises:
        TrialRefused: A file is missing, changed or of another registry; or the backup is of an unknown revision.
    """
    rows = _checked(folder)
    require_known_revision(rows)
    try:
        faults = chain_faults_of_dump(rows["tables"], ChainHead(folder / HEAD))
        fingerprints = [row["key_fingerprint"] for row in rows["tables"]["installation"]]
        named = snapshots_of_dump(rows["tables"])
        trials = len(rows["tables"]["trial"])
    except (KeyError, TypeError, ValueError) as error:
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
        listed = json.loads((folder / MANIFEST).read_text("utf-8"))
        found = _manifest(folder)
        wrong = sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))
        if wrong:
            raise TrialRefused(
                f"{wrong[0]} is missing, changed or not part of it", where=str(folder), remedy="use another backup"
            )
        missing = sorted({ROWS, KEY, HEAD} - found.keys())
        if missing:
            raise TrialRefused(f"{missing[0]} is missing", where=str(folder), remedy="use another backup")
        rows: dict[str, Any] = json.loads((folder / ROWS).read_text("utf-8"))
    except (OSError, ValueError, AttributeError) as error:
        raise TrialRefused("this is not a backup", where=str(folder), rule="a folder that otm backup wrote") from error
    return rows


def _manifest(folder: Path) -> dict[str, str]:
    """SHA-256 of every file, by its path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): _sha256(path) for path in paths}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _copy(source: Path, destination: Path) -> None:
    """Copy a file durably and privately; never over another."""
    with source.open("rb") as read:
        descriptor = os.open(destination, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as written:
            shutil.copyfileobj(read, written)
            written.flush()
            os.fsync(written.fileno())


@contextmanager
def _storing(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise TrialRefused(
            f"the disk refused ({error.strerror or error})", where=str(error.filename or where)
        ) from error
