"""How it is known that a job's process lives: the kernel holds a lock on the job's file for as long as it does.

The file is made and locked before the job has a row, and the open file is handed down to the job's process, which
keeps it to its end. However that end comes (done, crashed, ``kill -9``, no memory, a reboot) the kernel lets go of the
lock, and nothing else does: no clock that a paused process would miss, no process number that another may have got
since. A backup that is restored elsewhere has rows without files, and those jobs are over as well. What is asked of the
registry's folder is what the chain head and the snapshots ask of it: that locks hold among all who use it.

The file also takes what the process says on standard error. It is removed when its job is done or refused, and left
behind by a crash, for whoever looks after the service to read. ``otm collect`` removes it then, and so does the next
start of the program where the process said nothing (:mod:`trials.registry.storage.job_files`).
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from data.private import is_locked
from trials.errors import RegistryRefused
from trials.registry.storage.folder import JOBS


def file_of(home: Path, job_id: str) -> Path:
    """The file of a job."""
    return home / JOBS / job_id


def hold(home: Path, job_id: str) -> int:
    """Make the file of a new job and lock it.

    Returns:
        The open file: whoever has it open, or got it handed down, holds the lock.

    Raises:
        RegistryRefused: The registry's folder cannot be written.
    """
    path = file_of(home, job_id)
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        while True:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return descriptor
            os.close(descriptor)  # somebody cleared the folder between the making and the lock
    except OSError as error:
        raise RegistryRefused(
            f"the registry's folder cannot be used ({error.strerror})",
            where=str(path),
            remedy="check the disk and who may write there, then start again",
        ) from error


def is_held(home: Path, job_id: str) -> bool:
    """Whether a process holds the file of a job."""
    return is_locked(file_of(home, job_id))


def clear(home: Path, job_id: str) -> None:
    """Remove the file of a job that has said all that it had to say in its row."""
    file_of(home, job_id).unlink(missing_ok=True)
