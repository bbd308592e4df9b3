"""What is designed, as it is read: a design and the revisions of its draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from designs.drafting import Draft

if TYPE_CHECKING:
    from analysis.diagnosis import Diagnosis
    from designs.gates import Facts, Gate


@dataclass(frozen=True, slots=True)
class DesignRecord:
    """A trial in the making.

    Attributes:
        id: The id that its protocol has.
        origin: What it began with: ``kind`` (``empty``, ``template``, ``trial`` or ``file``) and its ``name``.
        revisions: How many its draft has had.
    """

    id: str
    origin: dict[str, Any]
    begun_at: datetime
    begun_by: str
    revisions: int


@dataclass(frozen=True, slots=True)
class RevisionRecord:
    """A draft as somebody saved it; ``made_from`` is the revision that they had before them, 0 for none."""

    number: int
    made_from: int
    draft: Draft
    digest: str
    saved_at: datetime
    saved_by: str


@dataclass(frozen=True, slots=True)
class DesignDetail:
    """A design as a page shows it, from one transaction.

    Attributes:
        design: Who began it, and with what.
        revision: Its draft, as it was saved last.
        facts: What its gates are judged by.
        gates: Each with what is missing for it and who clears that.
        version: The latest version of its plan in the registry; None while it is registered nowhere.
        current: Whether that version is what the draft has.
        locked_on: The day on which its plan was locked; None while it may change.
    """

    design: DesignRecord
    revision: RevisionRecord
    facts: Facts
    gates: tuple[Gate, ...]
    version: int | None
    current: bool
    locked_on: date | None

    @property
    def locked(self) -> bool:
        """Whether its plan is locked."""
        return self.locked_on is not None

    @property
    def title(self) -> str:
        """What people call it; its id until it has a title."""
        title = self.revision.draft.document.get("title")
        return title if isinstance(title, str) and title.strip() else self.design.id


@dataclass(frozen=True, slots=True)
class Typed:
    """What one person has typed on a page of a design and not saved yet.

    Attributes:
        made_from: The revision under it.
        document: The whole draft, as it stands on the page.
        window: In which of the person's windows it was typed.
        typed_at: When it was kept last.
    """

    made_from: int
    document: dict[str, Any]
    window: str
    typed_at: datetime


@dataclass(frozen=True, slots=True)
class DiagnosisRecord:
    """A plan that was simulated, as it was recorded.

    Attributes:
        number: Its place among those of the design, from 1.
        diagnosis: What it came to; it names the plan's digest.
    """

    number: int
    diagnosis: Diagnosis
    digest: str
    made_at: datetime
    made_by: str
