"""Whether the issue lists that lie in a job's folder are those that were issued, byte for byte, and none is missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trials.registry.records import IssueRecord, JobLists
from trials.registry.storage.folder import LISTS
from trials.registry.storage.job_files import whole_lists

MANIFEST: Final = ".manifest.json"
"""How the name of what stands beside a list ends."""
LARGEST_MANIFEST: Final = 1 << 20  # bytes; one has a few hundred


@dataclass(frozen=True, slots=True)
class ListFault:
    """What is wrong with one list of a job.

    Attributes:
        name: Of its file, which says whose arm it is of.
        number: Of the list, where one was issued under that name.
        gone: Whether it is not there, or its manifest is not; else it is not as it was issued.
    """

    name: str
    number: int | None
    gone: bool


def lists_of(home: Path, job: str) -> Path:
    """The folder of a job's lists."""
    return home / LISTS / job


def names_of_lists(home: Path, job: str) -> tuple[str, ...]:
    """The lists that lie there under their names, and the manifest of each; what is not finished has none yet."""
    folder = lists_of(home, job)
    if folder.is_symlink() or not folder.is_dir():
        return ()
    lists = [path for path in whole_lists(folder) if path.is_file() and not path.is_symlink()]
    manifests = [path.with_name(path.stem + MANIFEST) for path in lists]
    return tuple(sorted(path.name for path in (*lists, *manifests) if path.is_file() and not path.is_symlink()))


def faults_of_folder(home: Path, of_job: JobLists) -> Iterator[ListFault]:
    """What is wrong with the lists that lie in a registry's folder.

    Raises:
        OSError: One cannot be read.
    """
    folder, names = lists_of(home, of_job.job), names_of_lists(home, of_job.job)
    digests, manifests = dict[str, str](), dict[str, bytes]()
    for name in names:
        with (folder / name).open("rb") as file:
            if name.endswith(MANIFEST):
                manifests[name] = file.read(LARGEST_MANIFEST)
            else:
                digests[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return list_faults(of_job, digests, manifests)


def list_faults(of_job: JobLists, digests: Mapping[str, str], manifests: Mapping[str, bytes]) -> Iterator[ListFault]:
    """What is wrong with a job's lists as they were found.

    Args:
        of_job: What they must be.
        digests: SHA-256 of each list that was found, by the name of its file.
        manifests: What was found beside them, by the name of its file.
    """
    of_name = {str(each.manifest["file"]): each for each in of_job.lists} if of_job.known else {}
    for name in sorted(of_job.needed - digests.keys()):
        yield ListFault(name, of_name[name].number, gone=True)
    for name, digest in digests.items():
        beside = manifests.get(name.removesuffix(".csv") + MANIFEST)
        could_be = [each for each in of_job.lists if each.manifest["file"] == name]
        listed = of_name[name].number if name in of_name else None
        if beside is None and could_be:
            yield ListFault(name.removesuffix(".csv") + MANIFEST, listed, gone=True)
        elif not any(each.file_digest == digest and _says(beside, each) for each in could_be):
            yield ListFault(name, listed, gone=False)


def _says(beside: bytes | None, listed: IssueRecord) -> bool:
    try:
        return beside is not None and bool(json.loads(beside) == listed.manifest)
    except ValueError:
        return False
