"""The paper of a design: the fourteen points of a proposal, filled from the record."""

from trials.reporting.proposal.days import locked_on
from trials.reporting.proposal.points import POINTS, proposal_paper

__all__ = ["POINTS", "locked_on", "proposal_paper"]
