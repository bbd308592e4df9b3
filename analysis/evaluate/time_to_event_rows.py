"""Times to an event: their rows, each estimand adjusted over the planned contrasts, and what a verdict reads of them.

A verdict is about the share of customers who had the event by the horizon, so the fits here are of that share: the
difference in survival with its sign the other way round. The survival room is loaded only where it is needed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import narwhals as nw
import numpy as np
from scipy.special import chdtrc

from analysis.evaluate.families import by_family, family, family_over_levels
from analysis.evaluate.fits import Fits
from analysis.fit import Contrast, Fit
from analysis.frame import ARM_COLUMN, AnalysisFrame, open_to
from analysis.inference.estimates import row_of, with_notes, within_family
from analysis.inference.intervals import Effect, above_zero
from analysis.inference.multiplicity import Adjusted, adjust
from analysis.results import Estimand, Estimate, EstimationMethod, Interaction, SurvivalCurve
from analysis.specification import Levels
from designs.protocol.eligibility import closes_an_arm
from designs.protocol.models import Outcome, Protocol

if TYPE_CHECKING:
    from analysis.survival.horizons import Differences

NOT_COMPARED = "an arm is closed to some customers: its times are compared with the comparison arm's only"
NOT_TESTED = "under clusters there is no test that keeps its size for times to an event"


@dataclass(frozen=True, slots=True, eq=False)
class Timed:
    """All times to an event of one trial.

    Attributes:
        rows: of the results, those of subgroup levels last.
        curves: one an arm and outcome.
        fits: by outcome: the share with the event by the horizon.
        levels: the same by outcome, subgroup column and level, of the outcomes that a verdict rests on.
        interactions: one test an arm, of the same outcomes.
    """

    rows: tuple[Estimate, ...] = ()
    curves: tuple[SurvivalCurve, ...] = ()
    fits: Mapping[str, Fit] = field(default_factory=dict)
    levels: Mapping[tuple[str, str, str], Fit] = field(default_factory=dict)
    interactions: tuple[Interaction, ...] = ()

    def beside(self, fits: Fits) -> Fits:
        """The regressions, with these among them."""
        if not self.fits:
            return fits
        whole: dict[tuple[str, str | None], Fit] = dict(fits.whole.fits)
        whole |= {(outcome, None): fit for outcome, fit in self.fits.items()}
        subgroups = []
        for subgroup in fits.subgroups:
            column = subgroup.by.column
            of_levels: dict[tuple[str, str | None], Fit] = dict(subgroup.regression.fits)
            of_levels |= {(o, level): fit for (o, name, level), fit in self.levels.items() if name == column}
            regression = replace(subgroup.regression, fits=of_levels)
            tests = tuple(test for test in self.interactions if test.subgroup == column)
            subgroups.append(replace(subgroup, regression=regression, interactions=(*subgroup.interactions, *tests)))
        return replace(fits, whole=replace(fits.whole, fits=whole), subgroups=tuple(subgroups))


def times_to_event(
    frame: AnalysisFrame, protocol: Protocol, protocol_digest: str, subgroups: Sequence[Levels] = ()
) -> Timed:
    """Hazard ratio, survival and restricted mean of every time-to-event outcome, its curves, and its fits.

    Args:
        subgroups: levels of the declared subgroup columns.
    """
    outcomes = [outcome for outcome in protocol.outcomes if outcome.kind == "time_to_event"]
    if not outcomes:
        return Timed()
    from analysis.survival.time_to_event import survival_by_level, time_to_event

    rows: list[Estimate] = []
    of_levels: list[Estimate] = []
    curves: list[SurvivalCurve] = []
    fits: dict[str, Fit] = {}
    levels: dict[tuple[str, str, str], Fit] = {}
    interactions: list[Interaction] = []
    for outcome in outcomes:
        seed = int.from_bytes(hashlib.sha256(f"{protocol_digest}:{outcome.id}".encode()).digest()[:8], "big")
        if protocol.randomisation.method == "saturation":
            rows += _of_saturations(protocol, outcome)
            continue
        of_outcome: list[Estimate] = []
        survival: list[Differences] = []
        for among, of_arms in _compared_together(frame, protocol):
            part = time_to_event(among, of_arms, outcome, seed=seed)
            of_outcome += part.estimates
            survival.append(part.survival)
            drawn = {curve.arm for curve in curves if curve.outcome == outcome.id}
            curves += [curve for curve in part.curves if curve.arm not in drawn]
        of_outcome += _across_parts(protocol, of_outcome)
        fits[outcome.id] = _fit(
            protocol, [row for row in of_outcome if row.estimand == "survival_difference"], survival
        )
        for estimand in dict.fromkeys(row.estimand for row in of_outcome):
            alike = _in_order(protocol, [row for row in of_outcome if row.estimand == estimand])
            adjusted = family(protocol, fits[outcome.id]) if estimand == "survival_difference" else None
            rows += _within(alike, [_reversed(a) for a in adjusted]) if adjusted else _adjusted(protocol, alike)
        for by in subgroups if outcome in protocol.judged else ():
            by_level: dict[str, tuple[list[Estimate], list[Differences]]] = {name: ([], []) for name in by.names}
            for among, of_arms in _compared_together(frame, protocol):
                for name, (found, difference) in survival_by_level(among, of_arms, outcome, by, seed=seed).items():
                    by_level[name][0].extend(found)
                    by_level[name][1].append(difference)
            complete = {name: [*found, *_across_parts(protocol, found)] for name, (found, _) in by_level.items()}
            of_column = [_fit(protocol, complete[name], by_level[name][1]) for name in by.names]
            for name, fit, adjusted in zip(by.names, of_column, family_over_levels(protocol, of_column), strict=True):
                of_levels += _within(_in_order(protocol, complete[name]), [_reversed(a) for a in adjusted])
                levels[outcome.id, by.column, name] = fit
            interactions += _interactions(protocol, outcome, by, of_column)
    return Timed((*rows, *of_levels), tuple(curves), fits, levels, tuple(interactions))


def _of_saturations(protocol: Protocol, outcome: Outcome) -> Iterator[Estimate]:
    """Where clusters hold both arms the curves of the arms would be of different clusters: nothing is estimated."""
    reason = "customers of one cluster are in both arms, and times are compared between whole clusters only"
    methods: tuple[tuple[Estimand, EstimationMethod], ...] = (
        ("log_hazard_ratio", "cox"), ("survival_difference", "kaplan_meier"), ("rmst_difference", "kaplan_meier")
    )  # fmt: skip
    for estimand, method in methods:
        for pair in protocol.contrasts:
            row = row_of(outcome, pair, estimand=estimand, method=method, standard_errors="none")
            yield replace(row, reason=reason)


def _compared_together(frame: AnalysisFrame, protocol: Protocol) -> Iterator[tuple[AnalysisFrame, Protocol]]:
    """Customers and arms that one model can hold: those open to all, and each closed arm with its comparison."""
    if not closes_an_arm(protocol):
        yield frame, protocol
        return
    comparison = protocol.comparison
    closed = [arm for arm in protocol.arms if arm != comparison and (arm.not_for or comparison.not_for)]
    groups = [tuple(arm for arm in protocol.arms if arm not in closed), *((comparison, arm) for arm in closed)]
    for arms in groups:
        if len(arms) > 1:
            names = [arm.id for arm in arms]
            among = open_to(frame, protocol, names)
            among = replace(among, rows=among.rows.filter(nw.col(ARM_COLUMN).is_in(names)))
            yield among, protocol.model_copy(update={"arms": arms})


def _across_parts(protocol: Protocol, rows: list[Estimate]) -> list[Estimate]:
    """Contrasts of two arms that no part holds together."""
    known = {(row.arm, row.comparison) for row in rows}
    return [
        replace(row, arm=arm, comparison=comparison, estimate=None, std_error=None, df=None, statistic=None,
                p_value=None, ci_lower=None, ci_upper=None, n_arm=0, n_comparison=0, reason=NOT_COMPARED, note=None)
        for arm, comparison in protocol.contrasts if (arm, comparison) not in known
        for row in rows if (row.arm, row.comparison) == (rows[0].arm, rows[0].comparison)
    ]  # fmt: skip


def _in_order(protocol: Protocol, rows: Sequence[Estimate]) -> list[Estimate]:
    by_pair = {(row.arm, row.comparison): row for row in rows}
    return [by_pair[pair] for pair in protocol.contrasts]


def _fit(protocol: Protocol, rows: Sequence[Estimate], parts: Sequence[Differences]) -> Fit:
    """Differences in survival as a fit of the share with the event by the horizon, in the order of the contrasts.

    Arms that are compared over customers of their own have no covariance: it is NaN.
    """
    ordered, T = _in_order(protocol, rows), len(protocol.contrasts)
    covariance = np.full((T, T), np.nan)
    pairs = [(row.arm, row.comparison) for row in rows]
    start = 0
    for part in parts:
        places = [protocol.contrasts.index(pair) for pair in pairs[start : start + len(part.effects)]]
        covariance[np.ix_(places, places)] = part.covariance
        start += len(part.effects)
    contrasts = tuple(
        Contrast(
            row.outcome, row.arm, row.comparison, None if row.estimate is None else -row.estimate, row.std_error,
            row.df, row.n_arm or 0, row.n_comparison or 0, None, None, None, None, reason=row.reason, note=row.note,
        )
        for row in ordered
    )  # fmt: skip
    customers = {row.arm: row.n_arm or 0 for row in ordered} | {
        row.comparison: row.n_comparison or 0 for row in ordered
    }
    return Fit(contrasts, covariance, dropped=(), n=sum(customers.values()), clusters=None)


def _within(rows: Sequence[Estimate], adjusted: Sequence[Adjusted]) -> list[Estimate]:
    return [with_notes(within_family(row, of), [of.note]) for row, of in zip(rows, adjusted, strict=True)]


def _reversed(adjusted: Adjusted) -> Adjusted:
    """Of the share with the event, as of the share without it."""
    lower, upper = adjusted.ci_lower_simultaneous, adjusted.ci_upper_simultaneous
    return replace(
        adjusted,
        ci_lower_simultaneous=None if upper is None else 0.0 - upper,
        ci_upper_simultaneous=None if lower is None else 0.0 - lower,
    )


def _adjusted(protocol: Protocol, rows: list[Estimate]) -> list[Estimate]:
    """One estimand's contrasts, family by family. Dunnett needs a covariance these do not carry: Holm stands in."""
    method, effects = protocol.analysis.multiplicity, [Effect(row.estimate, row.std_error, row.df) for row in rows]
    note = "adjusted by Holm, for Dunnett needs a covariance" if method == "dunnett" else None
    used = "holm" if method == "dunnett" else method

    def of_family(places: tuple[int, ...]) -> tuple[Adjusted, ...]:
        return adjust([effects[i] for i in places], used, protocol.analysis.alpha)

    adjusted = by_family(protocol, [row.arm for row in rows], of_family)
    return [with_notes(row, [note]) for row in _within(rows, adjusted)]


def _interactions(protocol: Protocol, outcome: Outcome, by: Levels, fits: Sequence[Fit]) -> list[Interaction]:
    """Wald's test that a contrast is equal in the levels: χ² over its degrees of freedom. Levels are independent where
    customers are; under clusters nothing is tested."""
    tests = []
    for number, (arm, comparison) in enumerate(protocol.contrasts):
        effects = [(c.estimate, c.std_error) for c in (fit.contrasts[number] for fit in fits)]
        known = np.array([(e, s) for e, s in effects if e is not None and s is not None], dtype=float).reshape(-1, 2)
        test: tuple[float | None, float | None, float | None, str | None] = (None, None, None, None)
        if protocol.cluster is not None:
            test = (None, None, None, NOT_TESTED)
        elif len(known) < 2:
            test = (None, None, None, "fewer than two levels can be estimated")
        else:
            weights = known[:, 1] ** -2.0
            centre = weights @ known[:, 0] / weights.sum()
            df = len(known) - 1
            statistic = float(weights @ (known[:, 0] - centre) ** 2)
            test = (statistic / df, float(df), above_zero(float(chdtrc(df, statistic))), None)
        tests.append(
            Interaction(outcome.id, by.column, arm, comparison, test[0], test[1], None, test[2], reason=test[3])
        )
    return tests
