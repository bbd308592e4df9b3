"""Everything that the gates of one design are judged by, in one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from designs.entries import Recorded
from designs.gates.held import held_to
from designs.protocol.errors import ProtocolError
from designs.protocol.models import Protocol
from designs.suitability.reasons import ReasonCount
from designs.variants.sign_offs import Version, planned_texts


@dataclass(frozen=True, slots=True)
class Facts:
    """A design as it stands.

    Attributes:
        plan: As far as it can be read, with None for a section that is not there; None where nothing can.
        errors: What the rules of a protocol file say against it; none for a plan that may be registered.
        texts: The SHA-256 of each text, by its path as the plan has it; a sealed plan has digests for paths, and
            needs none.
        contents: The bytes of the texts, by SHA-256.
        versions: Of each text, by its subject (``text/letter/en``), every version that it has had, oldest first.
        recorded: Everything on record about this plan, in order; each that is bound to it says what has changed since.
        today: The day on which it is asked.
        counts: Customers who take part, by reason and confidence; None where no population is loaded.
        digest: Of the plan as it is shown: of a draft's revision, or of a registered plan.
        customers: How many take part of the population that is loaded; None where none is, or its rows say nothing.
        population: A population is loaded under the name that the plan gives it.
    """

    plan: Protocol | None
    errors: tuple[ProtocolError, ...]
    texts: Mapping[str, str]
    contents: Mapping[str, bytes]
    versions: Mapping[str, Sequence[Version]]
    recorded: Sequence[Recorded]
    today: date
    counts: Sequence[ReasonCount] | None = None
    population: bool = False
    digest: str | None = None
    customers: int | None = None

    def __post_init__(self) -> None:
        """Hold what is on record to the plan as it stands here."""
        object.__setattr__(self, "recorded", held_to(self.recorded, self.plan, self.texts))

    @property
    def contents_by_name(self) -> dict[str, bytes]:
        """The bytes of each text that the plan names and that is there, by its name in the plan."""
        named = () if self.plan is None else (text.name for text in planned_texts(self.plan))
        digests = {name: self.texts.get(name, name) for name in named if name is not None}
        return {name: self.contents[digest] for name, digest in digests.items() if digest in self.contents}
