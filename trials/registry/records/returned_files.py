"""Files as they were taken, and those that came back from the field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

ReturnedKind = Literal["contacts", "outcomes"]


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
class FileAccount:
    """A file as it was taken: ``read == loaded + rejected``. ``digest`` names the snapshot, ``as_at`` the cut."""

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


@dataclass(frozen=True, slots=True)
class ReturnedFileRecord:
    """A file that came back from the field.

    Attributes:
        matured: Whether all that the verdict reads had come due when it was cut; None where no day is declared.
        as_at: The day on which its outcomes were cut; that of the load where nobody said another.
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
