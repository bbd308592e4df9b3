"""Where the customers went, and what was checked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from designs.literals import Severity

CheckKind = Literal[
    "allocation_counts", "duplicate_ids", "arm_labels", "rows_taken", "cells_read", "conditions_known", "left_out",
    "known_before", "match", "only_yes", "in_its_days", "letters", "contact_days",
    "contacts_taken",
    "dispatch", "delivery", "maturity", "planned_day", "sample_ratio", "clusters_whole", "clusters_enough", "retention",
    "missing_outcomes", "coverage", "event_codes", "balance", "second_opinion",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """One integrity check. ``blocks`` makes the trial invalid when it fails (maturity: not due); ``warns`` never."""

    kind: CheckKind
    passed: bool | None  # None: could not be tested, and ``detail`` says why
    detail: str
    severity: Severity = "informs"
    figures: Mapping[str, float | int | str | None] = field(default_factory=dict)
    subject: str | None = None  # id of the outcome, for a check that is made of each

    @property
    def name(self) -> str:
        """The check's key in the JSON of an evaluation."""
        if self.kind == "missing_outcomes":
            return f"missing_{self.subject}"
        if self.kind in ("coverage", "event_codes", "only_yes", "in_its_days"):
            return f"{self.kind}_{self.subject}"
        return "second opinion (statsmodels)" if self.kind == "second_opinion" else self.kind


@dataclass(frozen=True, slots=True)
class UnreadableCell:
    """A cell that is a missing value because it could not be read. ``row`` counts data rows of the file from 1."""

    row: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    reason: str
    customers: int


@dataclass(frozen=True, slots=True)
class ArmFlow:
    """What happened to the customers of one arm; ``observed`` counts those with the primary outcome."""

    arm: str
    allocated: int
    observed: int
    missing: int


@dataclass(frozen=True, slots=True)
class Flow:
    """Every customer accounted for: ``rows_read = rejected + Σ excluded + allocated``.

    ``repeats_unknown`` is true where rows have no ids: then nobody knows whether a customer is among them twice.
    """

    rows_read: int
    rejected: int
    excluded: tuple[Exclusion, ...]
    allocated: int
    analysed: int  # with the primary outcome observed
    arms: tuple[ArmFlow, ...] = ()
    repeats_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Balance:
    """One covariate (or one level of it): difference ÷ √((s²ₐ + s²c)/2). Descriptive.

    The means are of whole arms. Where shares differ by stratum the difference is that within strata, not theirs.
    """

    covariate: str
    level: str | None
    arm: str
    comparison: str
    mean_arm: float | None
    mean_comparison: float | None
    standardised_difference: float | None
