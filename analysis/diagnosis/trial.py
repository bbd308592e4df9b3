"""One simulated trial: customers, the plan's own assignment, what they do, its own analysis and verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.diagnosis.results import Replicate, ReplicateEffect, TruthName
from analysis.diagnosis.worlds import World
from analysis.evaluate import evaluate
from analysis.frame import ARM_COLUMN, CONDITIONAL_COLUMN, SATURATION_COLUMN, STRATUM_COLUMN, AnalysisFrame
from analysis.results import Evaluation, Flow
from data.engine import Engine, open_engine
from designs.assignment import Assignment, conduct, declare, gather, strata_as_assigned
from designs.protocol.eligibility import ELIGIBLE_ARMS, closes_an_arm, with_eligible_arms
from designs.protocol.models import Protocol

Arms = NDArray[Any]
OutcomesOf = Callable[[Arms], pa.Table]
"""From (n,) arm ids to the columns that come back, in the order of the customers."""


def decisive(protocol: Protocol) -> Protocol:
    """The plan with only what its verdict rests on; the rest, which decides nothing, would take most of the time."""
    return protocol.model_copy(
        update={
            "outcomes": tuple(outcome for outcome in protocol.outcomes if outcome in protocol.judged),
            "analysis": protocol.analysis.model_copy(update={"complier": None}),
        }
    )


def replicate(world: World, truth: TruthName, plan_digest: str, seed: np.random.SeedSequence) -> Replicate:
    """One trial of a declared world. The same seed gives the same trial, whoever asks and whatever else is running.

    Args:
        world: What is declared and assumed.
        truth: Which effects are true.
        plan_digest: SHA-256 of the plan; it seeds what the analysis redraws.
        seed: Of this trial alone.

    Raises:
        Refused: The plan cannot be drawn or analysed with so many customers.
    """
    rng = np.random.default_rng(seed)
    people = world.people(rng)
    secret = rng.bytes(32).hex()
    evaluation = conducted(
        world.plan, people, lambda arms: world.outcomes(people, arms, truth, rng), secret, plan_digest
    )
    return read_off(world.plan, evaluation)


def conducted(protocol: Protocol, people: pa.Table, outcomes_of: OutcomesOf, secret: str, digest: str) -> Evaluation:
    """A plan conducted on customers who all take part, from the draw to the verdict.

    Args:
        protocol: Randomised here.
        people: What is known before, n rows.
        outcomes_of: What they do.
        secret: 64 hexadecimal characters that the draw follows from.
        digest: Of the plan.
    """
    engine = open_engine(threads=1)
    table = assigned_trial(protocol, people, outcomes_of, secret)
    return evaluate(_frame(engine, table, protocol), protocol, protocol_digest=digest)


def assigned_trial(protocol: Protocol, people: pa.Table, outcomes_of: OutcomesOf, secret: str) -> pa.Table:
    """Customers with the arm that they were drawn into and what came back, n rows, as an analysis has them."""
    scheme = declare(protocol)
    drawn = conduct(scheme, gather(scheme, people, protocol.population.unit), secret, protocol.id)
    arms = np.array(scheme.arms)[drawn.arm]
    table = people.append_column(ARM_COLUMN, pa.array(arms))
    for name, column in _of_the_draw(protocol, people, drawn).items():
        table = table.append_column(name, column)
    back = outcomes_of(arms)
    for name in back.column_names:
        if name in table.column_names:  # what comes back stands for what was known before under the same name
            table = table.drop_columns([name])
        table = table.append_column(name, back.column(name))
    return table


def _of_the_draw(protocol: Protocol, people: pa.Table, drawn: Assignment) -> dict[str, pa.Array]:
    columns: dict[str, pa.Array] = {}
    if protocol.randomisation.merge:
        columns[STRATUM_COLUMN] = strata_as_assigned(protocol, people, algorithm=drawn.algorithm).cast(pa.string())
    if protocol.randomisation.saturations:
        names = np.array([saturation.id for saturation in protocol.randomisation.saturations])
        columns[SATURATION_COLUMN] = pa.array(names[drawn.saturation])
        columns[CONDITIONAL_COLUMN] = pa.array(drawn.conditional)
    return columns


def _frame(engine: Engine, table: pa.Table, protocol: Protocol) -> AnalysisFrame:
    rows = engine.scan(table)
    laid: tuple[str, ...] = ()
    if closes_an_arm(protocol):
        rows, laid = engine.scan(engine.collect(with_eligible_arms(rows, protocol))), (ELIGIBLE_ARMS,)
    n = table.num_rows
    return AnalysisFrame(engine, rows, Flow(n, 0, (), n, n), (), "0" * 64, synthetic=True, laid_strata=laid)


def read_off(protocol: Protocol, evaluation: Evaluation) -> Replicate:
    """What a diagnosis keeps of an evaluation."""
    primary, comparison = protocol.primary.id, protocol.comparison.id
    wanted = ("itt", "total") if protocol.primary.kind != "time_to_event" else ("survival_difference",)
    effects: dict[str, ReplicateEffect] = {}
    for row in evaluation.estimates:
        plain = row.outcome == primary and row.comparison == comparison and row.variant is None and row.subgroup is None
        if not plain or row.estimand not in wanted or (row.estimand == "total" and not row.declared):
            continue
        p = row.p_value if row.p_adjusted is None else row.p_adjusted
        found = p is not None and p <= protocol.analysis.alpha
        figures = (row.estimate, row.std_error, row.ci_lower, row.ci_upper)
        if row.estimand == "survival_difference":  # of those without the event; the effect is of those with it
            figures = (_less(row.estimate), row.std_error, _less(row.ci_upper), _less(row.ci_lower))
        # Of a saturation trial the total effect is the one that decides, and it comes last.
        effects[row.arm] = ReplicateEffect(row.arm, *figures, found)
    verdict = evaluation.verdict
    return Replicate(verdict.code, verdict.arm, tuple(effects.values()))


def _less(value: float | None) -> float | None:
    return None if value is None else -value
