"""Proof of the issue lists that jobs wrote: what lies in the registry's folder is what was issued, and none is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trials.field.job_lists import faults_of_folder
from trials.proofs.proof import Proof, prove
from trials.registry import Registry
from trials.registry.records import JobLists
from trials.registry.storage.folder import LISTS

KEPT = "every issue list that lies here is as it was issued, and none that nobody removed is gone"


def job_lists_proof(registry: Registry, read: Callable[[], tuple[JobLists, ...]]) -> Proof:
    """What lies in the folders of a trial's jobs, against what is on record of it.

    No file is named, for the names of lists say which arms have one.

    Args:
        registry: The registry.
        read: Reads what is on record; read again where something is wrong, for somebody may have written, or removed
            lists, between that and the look at the folder.
    """
    found = prove("issue_lists", KEPT, lambda: _faults(registry, read()))
    return found if found.holds else prove("issue_lists", KEPT, lambda: _faults(registry, read()))


def _faults(registry: Registry, every: tuple[JobLists, ...]) -> Iterator[str]:
    for of_job in every:
        for fault in faults_of_folder(registry.home, of_job):
            called = "a list" if fault.number is None else f"issue list {fault.number}"
            said = "is gone, or its manifest, and nobody removed it" if fault.gone else "is not as it was issued"
            yield f"{LISTS}/{of_job.job}: {called} {said}"
