"""Randomisation inference on the rows of a trial: the primary outcome, and net benefit where pounds are skewed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from analysis.deciding import net_benefit
from analysis.estimators.as_designed import eligible_for_both
from analysis.frame import ARM_COLUMN, AnalysisFrame, strata_of
from analysis.randomisation.in_memory import Dense, bring, column_of, compared, seed_of
from analysis.randomisation.randomisation_inference import RandomisationTest, randomisation_test
from analysis.randomisation.schemes import paired_test, rerandomised_test, whole_clusters_test, within_clusters_test
from analysis.results import Estimate, Scenario
from analysis.specification import Levels
from designs.protocol.models import Outcome, Protocol

Floats = NDArray[np.float64]
DRAWS = 10_000
UP_TO = 2_000_000  # customers of two arms, for outcomes that are not binary


@dataclass(frozen=True, slots=True)
class Redraw:
    """What a randomisation p-value is asked for: one arm's net benefit, among everyone or in one level."""

    scenario: Scenario
    arm: str
    comparison: str
    by: Levels | None = None
    level: str | None = None


RandomisationP = Callable[[Redraw], float | None]  # one-sided, studentised; None where it cannot be had


def redrawn_rows(frame: AnalysisFrame, protocol: Protocol, outcome: Outcome, protocol_digest: str) -> list[Estimate]:
    """Every planned contrast of one outcome, tested by redrawing its two arms under the declared scheme."""
    rows = []
    for arm, comparison in protocol.contrasts:
        rng = seed_of(protocol_digest, f"redraw:{outcome.id}:{arm}:{comparison}")
        test = _test(frame, protocol, outcome, (arm, comparison), rng)
        exact = "every assignment" if test.exact else f"{test.draws:,} redraws"
        rows.append(
            Estimate(
                outcome=outcome.id, role=outcome.role, arm=arm, comparison=comparison, estimand="itt",
                method="randomisation_inference", standard_errors="studentised",
                variant=f"randomisation inference, {exact}", estimate=test.estimate, std_error=test.std_error,
                statistic=test.statistic, p_value=test.p_value, ci_lower=test.ci_lower, ci_upper=test.ci_upper,
                reason=test.reason,
            )
        )  # fmt: skip
    return rows


def _test(
    frame: AnalysisFrame, protocol: Protocol, outcome: Outcome, pair: tuple[str, str], rng: np.random.Generator
) -> RandomisationTest:
    alpha = protocol.analysis.alpha
    column = column_of(outcome)
    method = protocol.randomisation.method
    eligible = eligible_for_both(frame, protocol, pair)
    if method == "matched_pairs":
        return paired_test(eligible, protocol, column, pair, rng, alpha=alpha, draws=DRAWS)
    if method == "rerandomised":
        return rerandomised_test(eligible, protocol, column, pair, rng, alpha=alpha, draws=DRAWS)
    if method == "saturation":
        return within_clusters_test(eligible, protocol, column, pair, rng, alpha=alpha, draws=DRAWS)
    if outcome.kind == "binary" and not protocol.cluster:
        y, treated, stratum, count = _cells(eligible, protocol, column, pair)
        return randomisation_test(y, treated, stratum, count=count, draws=DRAWS, rng=rng, alpha=alpha)
    among = compared(frame, protocol, pair)
    return _dense_test(among, protocol, lambda dense: dense.number(column), pair, rng, alpha, interval=True)


def _cells(
    frame: AnalysisFrame, protocol: Protocol, column: str, pair: tuple[str, str]
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """A binary outcome counted by stratum and arm: the cost does not grow with the number of customers."""
    strata = strata_of(protocol, frame.rows.collect_schema().names())
    keys = list(dict.fromkeys([*strata, ARM_COLUMN, column]))
    counted = frame.engine.collect(
        frame.rows.filter(nw.col(ARM_COLUMN).is_in(list(pair)), ~nw.col(column).is_null())
        .select(*(nw.col(key) for key in keys))
        .group_by(keys)
        .agg(nw.len().alias("_customers"))
    )
    labels = ["\x1f".join(map(str, values)) for values in zip(
        *(counted[name].to_pylist() for name in strata), strict=True
    )] or [""] * counted.num_rows  # fmt: skip
    return (
        np.array([float(value) for value in counted[column].to_pylist()]),
        np.array([arm == pair[0] for arm in counted[ARM_COLUMN].to_pylist()]),
        np.unique(labels, return_inverse=True)[1].astype(np.int64),
        np.array(counted["_customers"].to_pylist(), dtype=np.int64),
    )


def _dense_test(
    frame: AnalysisFrame, protocol: Protocol, values: Callable[[Dense], Floats], pair: tuple[str, str],
    rng: np.random.Generator, alpha: float, *, interval: bool, columns: list[str] | None = None,
) -> RandomisationTest:  # fmt: skip
    customers = int(frame.engine.collect(frame.rows.select(nw.len().alias("n")))["n"][0].as_py())
    if customers > UP_TO:
        return RandomisationTest(None, reason=f"more than {UP_TO:,} customers in the two arms: not redrawn")
    wanted = columns if columns is not None else [column_of(o) for o in protocol.outcomes if o.kind != "time_to_event"]
    dense = bring(frame, protocol, wanted)
    y = values(dense)
    known = ~np.isnan(y)
    y, treated = y[known], (dense.arm == pair[0])[known]
    stratum = np.unique(dense.stratum[known], return_inverse=True)[1].astype(np.int64)
    if dense.cluster is None:
        return randomisation_test(y, treated, stratum, draws=DRAWS, rng=rng, alpha=alpha, interval=interval)
    return whole_clusters_test(y, treated, stratum, dense.cluster[known], rng, alpha=alpha, draws=DRAWS)


def net_benefit_redraws(
    frame: AnalysisFrame, protocol: Protocol, protocol_digest: str
) -> Callable[[Redraw], float | None]:
    """What a verdict asks for where pounds are skewed: a one-sided p-value of an arm's net benefit."""

    def asked(redraw: Redraw) -> float | None:
        response = net_benefit.composite(protocol, redraw.scenario)
        pair = (redraw.arm, redraw.comparison)
        label = f"net benefit:{redraw.scenario}:{redraw.arm}:{redraw.by and redraw.by.column}:{redraw.level}"

        def pounds(dense: Dense) -> Floats:
            total = np.zeros(dense.arm.size)
            for column, weight in response.terms:
                total = total + weight * dense.number(column)
            offset = np.array([response.offsets.get(str(arm), 0.0) for arm in dense.arm])
            return np.asarray(total + offset, dtype=np.float64)

        among = compared(frame, protocol, pair, redraw.by, redraw.level)
        test = _dense_test(
            among, protocol, pounds, pair, seed_of(protocol_digest, label), protocol.analysis.alpha,
            interval=False, columns=[column for column, _ in response.terms],
        )  # fmt: skip
        return test.p_greater

    return asked
