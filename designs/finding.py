"""Findings: what is to be settled, or known, before a plan is locked; and how much any finding weighs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from designs.literals import Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to settle, or to know, before the lock.

    Args:
        code: What kind it is.
        severity: ``blocks`` where the draw would refuse.
        where: The column, stratum or cluster.
        problem: What was found, with counts.
        risk: What it would do to the trial.
        remedy: What to do next.
        customers: How many are concerned.
    """

    code: str
    severity: Severity
    where: str
    problem: str
    risk: str
    remedy: str
    customers: int

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}. {self.risk}. To do: {self.remedy}."


@dataclass(frozen=True, slots=True)
class Open:
    """One thing that a design still lacks, or that is wrong with it.

    Args:
        code: What kind it is.
        severity: ``blocks`` where the next gate would refuse.
        where: A path of the plan, such as ``arms[1].text.en``, or the id of a body.
        problem: What is missing or wrong, without a final stop.
        remedy: What to do next.
        clears: Who clears it: a role, or the id of a body.
    """

    code: str
    severity: Severity
    where: str
    problem: str
    remedy: str
    clears: str


def blocking_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings by severity, otherwise as they came."""
    severities = get_args(Severity)
    return tuple(sorted(findings, key=lambda finding: severities.index(finding.severity)))
