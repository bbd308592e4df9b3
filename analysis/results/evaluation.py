"""All that one analysis of one trial says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from analysis.results.amendments import AmendmentInForce, Unplanned
from analysis.results.checks import Balance, Check, Flow, UnreadableCell
from analysis.results.estimates import CutLevel, Estimate, Interaction, OutcomeBounds, SurvivalCurve
from analysis.results.looks import Look
from analysis.results.maturity import Maturity
from analysis.results.money import NetBenefit, Posterior
from analysis.results.thresholds import Thresholds
from analysis.results.tipping_points import TippingPoint
from analysis.results.verdicts import ArmFinding, Verdict

SCHEMA = 3
DATA_INVALID: Final = "the data failed a check, so no effect is shown"
NOT_JUDGED: Final = "Not judged: the trial is invalid."


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that one analysis of one trial says. Stored whole."""

    trial: str
    title: str
    protocol_digest: str
    data_digest: str
    flow: Flow
    checks: tuple[Check, ...]
    estimates: tuple[Estimate, ...]
    sensitivity: tuple[Estimate, ...]
    verdict: Verdict
    alpha: float | None = None  # of every interval; None in a stored evaluation that has no interval to tell it by
    net_benefit: NetBenefit | None = None
    net_benefit_reason: str | None = None
    balance: tuple[Balance, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    cut_levels: tuple[CutLevel, ...] = ()  # of subgroup columns that were cut at their quantiles
    curves: tuple[SurvivalCurve, ...] = ()
    bounds: tuple[OutcomeBounds, ...] = ()
    posteriors: tuple[Posterior, ...] = ()
    dropped_columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unreadable: tuple[UnreadableCell, ...] = ()  # the first of them; the check of cells counts all
    thresholds: Thresholds | None = None  # None: stored before they were, or not judged
    tipping_points: tuple[TippingPoint, ...] = ()  # of a verdict that stands; empty where nobody lacks an outcome
    versions: Mapping[str, str] = field(default_factory=dict)
    maturity: Maturity | None = None  # None where no day is declared, or none is known
    look: Look | None = None  # where the protocol declares looks and this was one of them, or the end after some
    looks_before: tuple[Look, ...] = ()  # taken earlier, ascending
    amendments: tuple[AmendmentInForce, ...] = ()  # of the plan since its lock, in force when it was made
    unplanned: Unplanned | None = None  # what those after the draw say beside it; None where there is none
    schema: int = SCHEMA

    @property
    def shows_effects(self) -> bool:
        """Whether an effect may be shown at all: of due outcomes, on data that passed their checks."""
        return self.verdict.code not in ("not_due", "invalid")


def without_effects(evaluation: Evaluation) -> Evaluation:
    """What may be shown of data that failed a check: counts, checks and reasons. Every other evaluation is as it is.

    No effect, p-value, range or amount of money is left: they would be looked at before the files are mended, and the
    mending would be chosen by them. Earlier releases stored them.
    """
    if evaluation.verdict.code != "invalid":
        return evaluation
    verdict, look, beside = evaluation.verdict, evaluation.look, evaluation.unplanned
    arms = tuple(ArmFinding(row.arm, "not_estimable", NOT_JUDGED, failed=("integrity",)) for row in verdict.arms)
    return replace(
        evaluation,
        estimates=(),
        sensitivity=(),
        verdict=Verdict("invalid", verdict.sentence, reasons=verdict.reasons, arms=arms, flips=verdict.flips),
        net_benefit=None,
        net_benefit_reason=DATA_INVALID,
        interactions=(),
        cut_levels=(),
        curves=(),
        bounds=(),
        posteriors=(),
        dropped_columns=(),
        notes=(),
        thresholds=None,
        tipping_points=(),
        unplanned=None if beside is None else Unplanned(beside.protocol_digest, reason=DATA_INVALID),
        look=None if look is None else replace(look, inference=()),
    )
