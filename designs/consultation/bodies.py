"""The bodies that must be involved in every one-to-many approach, as an edition of the guidance names them.

The list is data: the guidance has changed before. How long a body usually takes is nobody's promise. It is an
assumption of this service, from which a timeline is made until a body answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

STRATEGY_UNIT: Final = "ec_strategy_unit"
STEERING_GROUP: Final = "camsg"
USUAL_LEAD_DAYS: Final = 10
"""Working days that anybody takes of whom no more is known; an assumption."""


@dataclass(frozen=True, slots=True)
class Body:
    """One of those that must be involved.

    Attributes:
        id: Its name in entries.
        name: What people call it.
        asked: What it is asked.
        lead_days: Working days that it usually takes to answer; an assumption.
    """

    id: str
    name: str
    asked: str
    lead_days: int


@dataclass(frozen=True, slots=True)
class Bodies:
    """Those that must be involved, the one that is asked first at the head.

    Attributes:
        edition: Which list this is.
        source: Where it stands.
        bodies: In the order of the guidance.
    """

    edition: str
    source: str
    bodies: tuple[Body, ...]

    @property
    def first(self) -> Body:
        """The one that is asked before all others."""
        return self.bodies[0]

    def find(self, body: str) -> Body | None:
        """The body of an id; None where it is not one of these."""
        return next((candidate for candidate in self.bodies if candidate.id == body), None)

    def place(self, body: str) -> int:
        """Its place in the list, from 0; that after the last for any other."""
        return next((place for place, required in enumerate(self.bodies) if required.id == body), len(self.bodies))


BODIES: Final = Bodies(
    "2026-11",
    "Compliance Handbook CH600280",
    (
        Body(
            STRATEGY_UNIT,
            "E&C Strategy Unit",
            "Does the proposal fit what is a priority, and does it overlap with other new work or fill a gap?",
            10,
        ),
        Body(
            "kai",
            "Knowledge, Analysis and Intelligence (KAI)",
            "Is the sample statistically valid, and which scores and mismatches say who belongs to it?",
            15,
        ),
        Body(
            STEERING_GROUP,
            "Campaigns Steering Group (CamSG)",
            "Is the idea worth designing, and then: is the design ready to go?",
            10,
        ),
        Body(
            "ris_campaigns",
            "RIS Campaigns",
            "What do campaigns of now and before say about these customers, and what was learned from them?",
            5,
        ),
        Body(
            "taa",
            "TAA",
            "Does any wording let customers expect that a compliance check has been opened, or put an unprompted "
            "disclosure at risk?",
            10,
        ),
        Body(
            "copgu",
            "COPGU",
            "Do customers learn their rights and responsibilities, what to do, what happens then, and whom to ask, "
            "in the usual language and tone?",
            10,
        ),
        Body(
            "customer_directorate",
            "Central Customer Directorate (Behaviour Change Team)",
            "Does the approach rest on evidence about behaviour, and will the trial show whether it works?",
            5,
        ),
        Body(
            "communications",
            "CDIO Communications",
            "Are press and colleagues briefed, and is there a Welsh version of what customers get?",
            10,
        ),
    ),
)
"""The edition in force."""
