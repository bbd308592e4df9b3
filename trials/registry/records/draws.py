"""What is drawn, as it is read: seeds, frozen units, allocations, lists; releases and voids."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from trials.registry.records.plans import ExclusionRecord, PopulationRecord
from trials.registry.records.two_people import AskedAndConfirmed


@dataclass(frozen=True, slots=True)
class DrawRecord:
    """The seed, committed before anything is allocated. Stages alone get this; a screen gets ``AllocationRecord``."""

    commitment: str
    demonstration: bool
    committed_at: datetime
    committed_by: str
    seed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WaveRecord:
    """The units of one intake, frozen before they are allocated; the digests name snapshots."""

    number: int
    protocol_version: int  # the locked version that they were frozen under
    population: PopulationRecord
    units: int
    units_digest: str
    excluded_digest: str
    exclusions: tuple[ExclusionRecord, ...]


@dataclass(frozen=True, slots=True)
class AllocationRecord:
    """The allocation of one wave; a trial without waves has one."""

    digest: str
    snapshot_digest: str
    population_digest: str
    algorithm: str
    seed_commitment: str
    seed_released: bool
    demonstration_seed: bool
    counts: dict[str, int]  # by arm; empty for whoever does not see them before the release
    allocated_at: datetime
    allocated_by: str
    voided: bool = False
    exclusions: tuple[ExclusionRecord, ...] = ()
    index_date: date | None = None  # of every customer without a batch of their own
    seed: str | None = None  # after release only
    wave: int = 1
    protocol_version: int = 1  # the locked version that it was drawn under


@dataclass(frozen=True, slots=True)
class IssueRecord:
    """An issue list: ``manifest`` is all that was written beside it.

    ``customers`` is None for whoever does not see counts by arm before the release.
    """

    trial: str
    number: int
    arm: str
    channel: str
    customers: int | None
    file_digest: str
    issued_at: datetime
    issued_by: str
    manifest: dict[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class JobLists:
    """What a job wrote, and what of it must lie in the registry's folder still.

    Attributes:
        job: Its id.
        lists: As they were issued, in order; of a job of an earlier program every list of the trial, any of which may
            be one of its.
        needed: By name, the lists that must lie there: nobody has removed them since, and no restore came between.
            Not the last one of a job that did not end well, which may have ended just before it gave it its name.
        known: Whether it is on record which lists are the job's.
    """

    job: str
    lists: tuple[IssueRecord, ...]
    needed: frozenset[str]
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidRecord(AskedAndConfirmed):
    """A void. The draw is kept."""


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    reason: str
    released_by: str
    released_at: datetime
