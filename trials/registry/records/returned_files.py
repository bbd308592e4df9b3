"""Files as they were taken, and those that came back from the field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol, TypeVar

from trials.registry.records.conclusions import EvaluationLine

ReturnedKind = Literal["contacts", "outcomes"]
LoadMode = Literal["first", "add", "correct", "replace"]
ReturnedMode = Literal[LoadMode, "withdraw"]
"""What became of what was there: nothing was, it stays, its customers' rows are replaced, all of it is, one goes."""


@dataclass(frozen=True, slots=True)
class RejectionRecord:
    """Why one row of a file was not taken; rows count from 1, the header not counted."""

    row: int
    field: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """Why one cell of a row that was taken could not be read, and is a missing value."""

    row: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class MatchRecord:
    """How many of an arm's customers a returned file speaks of."""

    arm: str
    allocated: int
    matched: int


@dataclass(frozen=True, slots=True)
class CoverageRecord:
    """How many customers all that is loaded of a kind speaks of.

    Attributes:
        customers: With a row.
        observed: With the primary outcome; None of contacts.
    """

    customers: int
    observed: int | None = None


@dataclass(frozen=True, slots=True)
class FileAccount:
    """A file as it was taken: ``read == loaded + rejected``. ``digest`` names the snapshot, ``as_at`` the cut.

    Of a file that came back: ``version`` of its kind, the ``mode`` of the load, and what is there ``before`` and after.
    """

    name: str
    read: int
    loaded: int
    rejected: int
    rejections: tuple[RejectionRecord, ...]
    digest: str
    file_digest: str
    warnings: tuple[str, ...] = ()
    matched: tuple[MatchRecord, ...] = ()
    as_at: date | None = None
    unreadable: tuple[UnreadableRecord, ...] = ()
    version: int | None = None
    mode: LoadMode | None = None
    before: CoverageRecord | None = None
    after: CoverageRecord | None = None


@dataclass(frozen=True, slots=True)
class ReturnedFileRecord:
    """A file that came back from the field, or the withdrawal of one.

    Attributes:
        matured: Whether all that the verdict reads had come due when it was cut; None where no day is declared.
        as_at: The day on which its outcomes were cut; that of the load where nobody said another.
        mode: What became of what was there.
        whole_digest: The snapshot of all that is there since; None in files of before there were modes.
        whole_as_at: The day as at which all of it is known: the earliest cut of its parts that had something to come.
        coverage: How many customers all of it speaks of; None in files of before there were modes.
        withdraws: The version that a withdrawal takes back, and its reason.
    """

    kind: ReturnedKind
    version: int
    digest: str
    file_name: str
    file_digest: str
    rows_read: int
    loaded: int
    rejected: int
    matched: tuple[MatchRecord, ...]
    matured: bool | None
    loaded_at: datetime
    loaded_by: str
    as_at: date
    rejections_digest: str | None = None  # the snapshot of why rows were not taken; None where all were
    mode: ReturnedMode = "first"
    whole_digest: str | None = None
    whole_as_at: date | None = None
    coverage: CoverageRecord | None = None
    withdraws: int | None = None
    reason: str | None = None


class Load(Protocol):
    """What there is to know of a load to tell whether it stands: a record, or a row of the table."""

    @property
    def version(self) -> int: ...
    @property
    def mode(self) -> str: ...
    @property
    def withdraws(self) -> int | None: ...


AnyLoad = TypeVar("AnyLoad", bound=Load)


def outcomes_gone(
    files: Sequence[ReturnedFileRecord], evaluations: Sequence[EvaluationLine], number: int
) -> tuple[ReturnedFileRecord, ...]:
    """The withdrawals that took away what an evaluation was made of; none where a later one of what stands agrees.

    Args:
        files: Every file and withdrawal of the trial, in order of version within a kind.
        evaluations: All of the trial's, in order.
        number: The evaluation.
    """
    outcomes = [file for file in files if file.kind == "outcomes"]
    judged = next((line for line in evaluations if line.number == number), None)
    if judged is None:
        return ()
    agrees = any(
        line.number > number and line.agrees(judged) and not withdrawn_since(outcomes, line.outcomes_version)
        for line in evaluations
    )
    return () if agrees else withdrawn_since(outcomes, judged.outcomes_version)


def withdrawn_since(files: Sequence[ReturnedFileRecord], version: int) -> tuple[ReturnedFileRecord, ...]:
    """The withdrawals, after one version of a kind, of the loads that it was made of."""
    before = sorted((file for file in files if file.version <= version), key=lambda file: file.version)
    read = {load.version for load in standing_loads(before)}
    return tuple(file for file in files if file.version > version and file.withdraws in read)


def standing_loads(loads: Sequence[AnyLoad]) -> tuple[AnyLoad, ...]:
    """The loads of one kind that what is there is made of, in order: not withdrawn, nor replaced by one that stands.

    A withdrawal takes one load out, and those that remain count in their order, as if it had never been.

    Args:
        loads: Of one trial and kind, in order of version; withdrawals among them.
    """
    withdrawn = {load.withdraws for load in loads}
    standing: list[AnyLoad] = []
    for load in loads:
        if load.mode == "withdraw" or load.version in withdrawn:
            continue
        standing = [load] if load.mode in ("first", "replace") else [*standing, load]
    return tuple(standing)
