"""Complete randomisation: the arms' totals are fixed before anyone is assigned."""

from __future__ import annotations

from dataclasses import dataclass

from designs.assignment.schemes.scheme import BaseScheme


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete(BaseScheme):
    """Exact counts over the whole population, within strata where they are declared, by cluster where one is.

    Every unit's probability of an arm is exactly the arm's share; arm totals are within 1 of their targets, and so
    is every stratum × arm cell. Without strata it is stratified randomisation with a single stratum
    (:mod:`designs.assignment.schemes.stratified` conducts both).
    """
