"""Files that were sent for a job: each lies in the job's own folder until the job has read it, or is over."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from data.plain_files import own_name
from data.private import make_private, write_private
from trials.errors import RegistryRefused
from trials.registry.storage.folder import ARRIVING


def receive(home: Path, job_id: str, name: str, content: bytes) -> str:
    """Lay a file down for a job, whose file is held by then: what nobody holds is removed.

    Args:
        home: The registry's folder.
        job_id: The job that is to read it.
        name: What the file is called; the last part of it is its name, for its ending says its format.
        content: Its bytes.

    Returns:
        The name that it has there.

    Raises:
        OSError: The disk does not take it.
    """
    called = own_name(name)
    make_private(_folder(home, job_id))
    write_private(_folder(home, job_id) / called, content)
    return called


def arrived(home: Path, job_id: str, name: str, digest: str) -> Path:
    """The file itself, which is as it was sent.

    Args:
        home: The registry's folder.
        job_id: The job to which it was sent.
        name: What :func:`receive` gave.
        digest: SHA-256 of the bytes that were sent.

    Raises:
        RegistryRefused: It is no name of a file that was sent, the file is gone, or it was edited.
    """
    if name != own_name(name):
        raise _not_as_sent("what names the file that was sent was edited")
    file = _folder(home, job_id) / name
    try:
        sent = hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise _not_as_sent(f"the file that was sent is gone ({error.strerror or 'unreadable'})") from error
    if sent != digest:
        raise _not_as_sent("the file is not the one that was sent")
    return file


def remove_arrived(home: Path, job_id: str) -> None:
    """Remove what was sent to a job; nothing where nothing was."""
    shutil.rmtree(_folder(home, job_id), ignore_errors=True)


def _folder(home: Path, job_id: str) -> Path:
    return home / ARRIVING / job_id


def _not_as_sent(problem: str) -> RegistryRefused:
    return RegistryRefused(
        problem,
        rule="what is loaded is what was sent, byte for byte",
        remedy="ask who else may write to the registry's folder or database, then send it again; nothing was loaded",
    )
