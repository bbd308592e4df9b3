"""Back up and restore: rows first, then every file that a row names, the ledger key and the chain head."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trials.access import Actor, allow
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.registry.proof.integrity import chain_faults, snapshots_named
from trials.registry.registry import connect
from trials.registry.storage.dump import dump, load
from trials.registry.tables.columns import canonical
from trials.settings import Settings

ROWS = "registry.json"
KEY = "ledger.key"
HEAD = "chain-head"
MANIFEST = "manifest.json"
SNAPSHOTS = "snapshots"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a backup holds."""

    folder: Path
    trials: int
    snapshots: int


def backup(registry: Registry, actor: Actor, out: str | Path) -> BackedUp:
    """Copy everything that the registry is into a new folder.

    The folder holds the ledger key and the seeds: keep it as you keep the registry itself.

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
            named = snapshots_named(session)
        folder.mkdir(mode=0o700, parents=True)
        (folder / SNAPSHOTS).mkdir(mode=0o700)
        for digest in named:
            registry.snapshots.verify(digest)
            shutil.copyfile(registry.snapshots.path(digest), folder / SNAPSHOTS / f"{digest}.parquet")
        last = max(event["sequence"] for event in rows["tables"]["audit_event"])
        _write(folder / ROWS, canonical(rows))
        _write(folder / KEY, registry.key().hex() + "\n")
        _write(folder / HEAD, "".join(f"{n} {h}\n" for n, h in sorted(registry.head.lines().items()) if n <= last))
        _write(folder / MANIFEST, json.dumps(_manifest(folder), indent=1, sort_keys=True) + "\n")
    return BackedUp(folder, len(rows["tables"]["trial"]), len(named))


def restore(settings: Settings, actor: Actor, source: str | Path) -> BackedUp:
    """Build a registry again from a backup, in an empty home and an empty database.

    Raises:
        TrialRefused: The backup is not whole, or the home or the database holds a registry.
    """
    allow(actor, "restore")
    folder = Path(source)
    rows = _checked(folder)
    registry = connect(settings)
    try:
        if registry.has_tables() or _another_key(registry, folder):
            raise TrialRefused(
                "there is a registry here already",
                where=str(settings.home),
                rule="a backup is restored where nothing is",
                remedy="set OTM_HOME to a new folder, and OTM_DATABASE_URL to an empty database",
            )
        copied = _copy_files(registry, folder)
        # Tables and rows come in one transaction: a restore that was interrupted can be given again.
        with registry.write_migrated(actor, "restore") as (work, _):
            load(work.session, rows)
            faults = chain_faults(work.session, registry.head)
            if faults:
                raise TrialRefused("the backup's audit chain is not whole", where=str(folder), rule="; ".join(faults))
            for digest in snapshots_named(work.session):
                registry.snapshots.verify(digest)
            work.commit({"trials": len(rows["tables"]["trial"])})
    finally:
        registry.close()
    return BackedUp(folder, len(rows["tables"]["trial"]), copied)


def _another_key(registry: Registry, folder: Path) -> bool:
    return registry.key_path.exists() and registry.key_path.read_bytes() != (folder / KEY).read_bytes()


def _copy_files(registry: Registry, folder: Path) -> int:
    snapshots = sorted((folder / SNAPSHOTS).glob("*.parquet"))
    with _storing(registry.home):
        registry.snapshots.root.mkdir(mode=0o700, exist_ok=True)
        for path in snapshots:
            _copy(path, registry.snapshots.root / path.name)
        _copy(folder / HEAD, registry.head.path)
        _copy(folder / KEY, registry.key_path)
    return len(snapshots)


def _checked(folder: Path) -> dict[str, Any]:
    """A backup's rows, once every file in it is the one that its manifest lists."""
    try:
        listed = json.loads((folder / MANIFEST).read_text("utf-8"))
        found = _manifest(folder)
        rows: dict[str, Any] = json.loads((folder / ROWS).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TrialRefused("this is not a backup", where=str(folder), rule="a folder that otm backup wrote") from error
    wrong = sorted(name for name in listed.keys() | found.keys() if listed.get(name) != found.get(name))
    if wrong:
        raise TrialRefused(
            f"{wrong[0]} is missing, changed or not part of it", where=str(folder), remedy="use another backup"
        )
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
