"""Diagnoses of the demonstrations' plans, held to what is known otherwise.

In the world that each plan declares, what is true is known: coverage, bias and false alarms have their bands, power is
that of `otm power`, errors of sign and size are those of a closed form. In the world of the demonstration its verdicts
are those that the suite *demonstrations* counts, by other code.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import betabinom, norm

from analysis.diagnosis import (
    Diagnosand,
    EffectDiagnosis,
    Replicate,
    TruthDiagnosis,
    conducted,
    decisive,
    declared_world,
    diagnosands,
)
from analysis.diagnosis.trial import read_off
from analysis.planning.power import plan as power_plan
from analysis.results import Evaluation
from data.cohort import DEMONSTRATIONS, Demonstration, lose_tail, outcomes, population
from data.engine import open_engine
from designs.protocol import Protocol
from designs.protocol.conditions import exclusions
from tests.calibration.demonstrations import LOADED, STORIES
from tests.calibration.rates import ALPHA, SURE, at_least, at_most, banded
from tests.suites import Figure, Suite
from trials.stages.diagnose import simulated

CUSTOMERS = 8_000
BY_HAND = {"A": (194, 200), "B": (200, 200), "C": (193, 200), "D": (200, 200)}  # of the suite demonstrations
LARGE = 400_000  # customers from whom the true effects of a demonstration's world are counted


def in_declared_worlds(size: int, seed: int) -> Iterator[Figure]:
    """`otm diagnose` of the four plans."""
    for letter, demonstration in DEMONSTRATIONS.items():
        loaded = LOADED[demonstration.trial]
        world = declared_world(loaded.protocol, customers=CUSTOMERS)
        found = simulated(world, loaded.digest, replicates=size, seed=seed)
        for at in found.truths:
            yield from _effects(letter, loaded.protocol, at, size)
        yield from _false_verdicts(letter, found.truths[0], size)


def _effects(letter: str, plan: Protocol, at: TruthDiagnosis, size: int) -> Iterator[Figure]:
    alone = len(at.effects) == 1
    closed = {row.arm: row.power for row in power_plan(_sized(plan, at), CUSTOMERS) if row.outcome == plan.primary.id}
    for effect in at.effects:
        setting = f"{letter} {effect.arm}, {at.truth} effect"
        yield _unbiased(setting, effect.bias)
        assert effect.coverage.value is not None
        assert effect.power.value is not None
        yield banded(setting, "coverage", effect.coverage.value, 1 - ALPHA, effect.coverage.trials)
        power = closed.get(effect.arm)
        if at.truth == "none":
            yield at_most(setting, "told from zero", effect.power.value, ALPHA, size)
        elif power is not None and alone:
            yield banded(setting, "power", effect.power.value, power, size)
            yield from _signs_and_sizes(setting, effect, power)
        elif power is not None:
            yield at_least(setting, "power, Holm's at least Bonferroni's", effect.power.value, power, size)


def _sized(plan: Protocol, at: TruthDiagnosis) -> Protocol:
    """The plan with the smallest effect that is true here, and the baseline that the world has."""
    truth = abs(at.effects[0].truth) or None
    world = declared_world(plan, customers=CUSTOMERS)
    known = {"minimum_effect": truth, "baseline": world.doings[0].baseline}
    changed = tuple(o.model_copy(update=known) if o.role == "primary" else o for o in plan.outcomes)
    return plan.model_copy(update={"outcomes": changed})


def _unbiased(setting: str, bias: Diagnosand) -> Figure:
    assert bias.value is not None
    assert bias.monte_carlo_error is not None
    reach = float(norm.ppf(0.5 + SURE / 2)) * bias.monte_carlo_error
    return Figure(setting, "bias", bias.value, -reach, reach, bias.trials)


def _signs_and_sizes(setting: str, effect: EffectDiagnosis, power: float) -> Iterator[Figure]:
    """Gelman & Carlin 2014, for a normal estimate with the power of the closed form."""
    edge = float(norm.ppf(1 - ALPHA / 2))
    away = edge + float(norm.ppf(power))  # the effect in standard errors
    wrong = float(norm.cdf(-edge - away))
    # E|z| where |z| > edge, z normal about the effect: ∫ above the edge less ∫ below minus the edge.
    above = away * norm.cdf(away - edge) + norm.pdf(edge - away)
    below = away * norm.cdf(-edge - away) - norm.pdf(edge + away)
    truth = float((above - below) / power / away)
    assert effect.type_s is not None
    assert effect.type_m is not None
    if effect.type_s.value is None or effect.type_m.value is None or effect.type_m.monte_carlo_error is None:
        return
    yield at_most(setting, "type S", effect.type_s.value, wrong / power, effect.type_s.trials)
    reach = float(norm.ppf(0.5 + SURE / 2)) * effect.type_m.monte_carlo_error
    yield Figure(setting, "type M", effect.type_m.value, truth - reach, truth + reach, effect.type_m.trials)


def _false_verdicts(letter: str, at: TruthDiagnosis, size: int) -> Iterator[Figure]:
    scaled = sum(at.verdicts[code].value or 0.0 for code in ("scale", "scale_segment"))
    yield at_most(f"{letter}, nothing to find", "scale or scale_segment", scaled, ALPHA, size)
    worse = at.verdicts["no_further_action"].value or 0.0
    note = "told, not promised: an approach that costs and does nothing is worse, and this is right"
    yield Figure(f"{letter}, nothing to find", "no_further_action", worse, None, None, size, note)


def in_their_own_worlds(size: int, seed: int) -> Iterator[Figure]:
    """The same machinery in the demonstrations' worlds, whose verdicts are counted elsewhere."""
    for letter, demonstration in DEMONSTRATIONS.items():
        protocol = decisive(LOADED[demonstration.trial].protocol)
        pairs = [lived(demonstration, protocol, seed, number) for number in range(size)]
        told = [evaluation for _, evaluation in pairs]
        story, tells = STORIES[letter]
        held = float(np.mean([tells(evaluation) for evaluation in told]))
        yield Figure(f"{letter} {demonstration.trial}", f"verdict: {story}", held, *predicted(letter, size), size)
        at = diagnosands("central", true_effects(demonstration, protocol, seed), [one for one, _ in pairs])
        for effect in at.effects:
            if effect.bias.value is not None and effect.coverage.value is not None:
                setting = f"{letter} {effect.arm}"
                yield _unbiased(setting, effect.bias)
                yield banded(setting, "coverage", effect.coverage.value, 1 - ALPHA, effect.coverage.trials)


def predicted(letter: str, size: int) -> tuple[float, float]:
    """Where a share of so many trials falls 99.9 times in 100, after what the suite demonstrations counted."""
    held, of = BY_HAND[letter]
    after = betabinom(size, held + 0.5, of - held + 0.5)
    tail = (1 - SURE) / 2
    return float(after.ppf(tail)) / size, float(after.ppf(1 - tail)) / size


def lived(demonstration: Demonstration, protocol: Protocol, seed: int, number: int) -> tuple[Replicate, Evaluation]:
    """One trial of a demonstration, through what a diagnosis goes through."""
    drawn = np.random.default_rng([seed, 13, ord(demonstration.letter), number]).integers(0, 2**31, 2).tolist()
    people = eligible(demonstration, protocol, drawn[0], demonstration.customers)
    secret = hashlib.sha256(f"{seed} diagnosis {demonstration.letter} {number}".encode()).hexdigest()

    def outcomes_of(arms: np.ndarray) -> pa.Table:
        whole = outcomes(people, arms, drawn[1], demonstration.world)
        if demonstration.lost_tail is None:
            return whole
        kept = lose_tail(whole, arms, *demonstration.lost_tail).column("customer_id").combine_chunks()
        there = pc.is_in(whole.column("customer_id"), value_set=kept)
        return pa.table(
            {
                name: whole.column(name) if name == "customer_id" else pc.if_else(there, whole.column(name), None)
                for name in whole.column_names
            }
        )

    evaluation = conducted(protocol, people, outcomes_of, secret, LOADED[demonstration.trial].digest)
    return read_off(protocol, evaluation), evaluation


def eligible(demonstration: Demonstration, protocol: Protocol, seed: int, customers: int) -> pa.Table:
    """Who takes part of so many."""
    engine = open_engine(threads=1)
    rows = engine.scan(population(seed, customers, demonstration.kind))
    for _, left_out in exclusions(protocol):
        rows = rows.filter(~left_out)
    return engine.collect(rows)


def true_effects(demonstration: Demonstration, protocol: Protocol, seed: int) -> Mapping[str, float]:
    """What everybody's being assigned an arm would add, counted among many customers who live each life in turn."""
    people = eligible(demonstration, protocol, seed + 1, LARGE)
    column, comparison = protocol.primary.header, protocol.comparison.id
    means = {}
    for arm in protocol.arms:
        everybody = np.full(people.num_rows, arm.id)
        means[arm.id] = pc.mean(outcomes(people, everybody, seed + 2, demonstration.world).column(column)).as_py()
    return {arm: float(mean - means[comparison]) for arm, mean in means.items() if arm != comparison}


SUITES = (
    Suite(
        "diagnosis-declared",
        "The demonstrations' plans, diagnosed in the worlds they declare",
        in_declared_worlds,
        size=200,
    ),
    Suite("diagnosis-own", "The same in the demonstrations' own worlds", in_their_own_worlds, size=200),
)
