"""The issue lists that jobs wrote: what lies in the registry's folder is what was issued, and none is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from trials.field.job_lists import faults_of_folder
from trials.registry import Registry
from trials.registry.records import JobLists
from trials.registry.storage.folder import LISTS


def job_lists_faults(registry: Registry, read: Callable[[], tuple[JobLists, ...]]) -> list[str]:
    """What is wrong with what lies in the folders of a trial's jobs, in words.

    No file is named, for the names of lists say which arms have one.

    Args:
        registry: The registry.
        read: Reads what is on record; read again where something is wrong, for somebody may have written, or removed
            lists, between that and the look at the folder.
    """
    return list(_faults(registry, read())) and list(_faults(registry, read()))


def _faults(registry: Registry, every: tuple[JobLists, ...]) -> Iterator[str]:
    for of_job in every:
        for fault in faults_of_folder(registry.home, of_job):
            called = "a list" if fault.number is None else f"issue list {fault.number}"
            said = "is gone, or its manifest, and nobody removed it" if fault.gone else "is not as it was issued"
            yield f"{LISTS}/{of_job.job}: {called} {said}"
