"""What is planned, as it is read: protocols, populations, locks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ProtocolRecord:
    """The version in force: the locked one, or the latest of a draft."""

    version: int
    digest: str
    canonical: str
    path: str  # where the file stood when it was registered


@dataclass(frozen=True, slots=True)
class EnteredRecord:
    """That something of which the last counts was entered: a version of a plan, or a load of a population."""

    number: int
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class TextRecord:
    """A text that an arm is sent: its path as the protocol's file has it, and its bytes."""

    name: str
    digest: str
    content: bytes


@dataclass(frozen=True, slots=True)
class PopulationRecord:
    """One load of a population file; ``digest`` names its snapshot."""

    name: str
    version: int
    digest: str
    file_name: str
    file_digest: str
    rows_read: int
    loaded: int
    rejected: int
    synthetic: bool
    loaded_at: datetime
    loaded_by: str
    kinds: dict[str, str] = field(default_factory=dict)  # of each column kept
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExclusionRecord:
    """Customers left out before the draw, by the first reason that applied to them."""

    reason: str
    customers: int


@dataclass(frozen=True, slots=True)
class LockRecord:
    """One version of a plan, fixed with one load of its population."""

    protocol_version: int
    protocol_digest: str
    population_digest: str
    eligible: int
    exclusions: tuple[ExclusionRecord, ...]
    findings: tuple[str, ...]
    locked_at: datetime
    locked_by: str
    population: PopulationRecord
