"""False promises: how often a trial with nothing to find ends in `scale` or `scale_segment`.

Every trial goes through the whole verdict: the project's regressions of everyone and of every subgroup level, its
interaction tests, guardrails, skewness rule and Holm. Only the counting of rows is done in memory.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.deciding import net_benefit
from analysis.deciding.evidence import DecisionRules, Evidence, TrialEvidence
from analysis.deciding.verdict import Decided, decide
from analysis.evaluate import evaluate
from analysis.evaluate.evidence.assembly import bare_evidence, harms_of, to_redraw, trial_evidence
from analysis.evaluate.evidence.rules import rules_of
from analysis.evaluate.fits import Fits, SubgroupFits
from analysis.evaluate.itt_rows import interaction_rows
from analysis.evaluate.specify import response_of
from analysis.fit import Fit, JointCovariance, Regression
from analysis.inference.score_bounds import EventCounts
from analysis.randomisation.redrawing import redraw
from analysis.specification import Cell, Levels, Response
from designs.protocol.models import Protocol
from tests.analysis.evaluations import NFA, arm, declared
from tests.analysis.frames import frame_of
from tests.calibration.rates import ALPHA, always, at_most, share
from tests.calibration.simulated import Customers, cells_of, of_trial, regressed, specification_of, stream
from tests.calibration.worlds import Pounds
from tests.suites import Figure, Suite, monte_carlo_band

Floats = NDArray[np.float64]

ARMS = ("nfa", "letter", "sms", "call")
SUBGROUPS = {"reason": ("cannot_pay", "confused", "forgot"), "age": ("new", "old")}
IN_CELL = 400  # customers of one arm, reason and age
BASE = 0.3
VALUE = 50.0  # pounds for each payer
COMPLAINTS = 0.01
AT_ONCE = 50
TRIED = 3  # trials that also go through a whole evaluation
DIGEST = "0" * 64
SKEWED = (300, 1_900, 1_900, 1_900)  # customers by arm where pounds are skewed


@dataclass(frozen=True)
class Setting:
    """Nothing to find: no effect at no cost, or an effect that pays for its cost and no more."""

    name: str
    effect: float
    guarded: bool = False

    @property
    def protocol(self) -> Protocol:
        paid = {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23}
        complaint = {"id": "complaint", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.02}
        cost = VALUE * self.effect
        return declared(
            arms=[NFA, *(arm(name, cost_per_customer=cost) for name in ARMS[1:])],
            outcomes=[paid, complaint] if self.guarded else [paid],
            analysis={"subgroups": [{"column": column} for column in SUBGROUPS]},
            decision={"benefits": [{"outcome": "paid", "value": VALUE}]},
        )


SETTINGS = (
    Setting("no effect, no cost", 0.0),
    Setting("effect of 8 points that costs what it returns", 0.08),
)
GUARDED = Setting("no effect, no cost, a guardrail on complaints", 0.0, guarded=True)


def crossed() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Arm, reason and age of every cell."""
    reasons, ages = (len(names) for names in SUBGROUPS.values())
    parts = np.unravel_index(np.arange(len(ARMS) * reasons * ages), (len(ARMS), reasons, ages))
    return parts[0], parts[1], parts[2]


@dataclass(frozen=True, eq=False)
class Counts:
    """One trial: payers and complaints of every cell."""

    paid: Floats
    complaints: Floats

    def by(self, number: int | None, level: int | None) -> tuple[Floats, Floats, Floats]:
        """(4,) customers, payers and complaints by arm, among everyone or in one level of a subgroup column."""
        parts = crossed()
        here = np.ones(len(self.paid), bool) if number is None else parts[number + 1] == level
        of = parts[0][here]
        totals = (np.full(of.size, float(IN_CELL)), self.paid[here], self.complaints[here])
        n, paid, complaints = (np.bincount(of, values, len(ARMS)) for values in totals)
        return n, paid, complaints

    def columns(self) -> dict[str, object]:
        """Rows with these counts."""
        parts = crossed()
        place = np.tile(np.arange(IN_CELL), len(self.paid))
        labels = [np.array(names)[codes] for names, codes in zip((ARMS, *SUBGROUPS.values()), parts, strict=True)]
        named = dict(zip(("_arm", *SUBGROUPS), (np.repeat(values, IN_CELL) for values in labels), strict=True))
        events = {"paid": self.paid, "complaint": self.complaints}
        return named | {name: (place < np.repeat(of, IN_CELL)).astype(float) for name, of in events.items()}


def evidence_of(protocol: Protocol, rules: DecisionRules, fits: Fits, counts: Counts) -> TrialEvidence:
    """The evidence of a trial whose rows were counted in memory; none of its cells is skewed enough to be redrawn."""
    place, tallied = {name: number for number, name in enumerate(ARMS)}, {}
    for cell in fits.cells(protocol):
        column = cell.by.column if cell.by else None
        level = cell.by.names.index(str(cell.level)) if cell.by else None
        tallied[cell] = counts.by(None if column is None else list(SUBGROUPS).index(column), level)

    def complaints(cell: Cell) -> EventCounts:
        n, _, events = tallied[cell]
        first, second = (place[name] for name in cell.pair)
        return EventCounts(*(np.array([value]) for value in (events[first], n[first], events[second], n[second])))

    harms = harms_of(protocol, rules, fits, {("complaint", cell): complaints(cell) for cell in tallied})
    evidence = bare_evidence(protocol, rules, fits, harms, "central")
    found = trial_evidence(protocol, fits, evidence, "central")
    assert not to_redraw(protocol, rules, fits, found, "central")
    return found


def trials(setting: Setting, size: int, rng: np.random.Generator) -> Iterator[tuple[Counts, Decided]]:
    """So many trials and their verdicts."""
    protocol = setting.protocol
    chance = BASE + setting.effect * (crossed()[0] > 0)
    for begin in range(0, size, AT_ONCE):
        shape = (len(chance), min(AT_ONCE, size - begin))
        paid = rng.binomial(IN_CELL, chance[:, None], size=shape).astype(float)
        complaints = rng.binomial(IN_CELL, COMPLAINTS, size=shape).astype(float)
        whole = _regressions(protocol, paid, None)
        parts = [_regressions(protocol, paid, column) for column in SUBGROUPS]
        for r in range(shape[1]):
            counts = Counts(paid[:, r], complaints[:, r])
            subgroups = [_subgroup(protocol, column, part[r]) for column, part in zip(SUBGROUPS, parts, strict=True)]
            rules = rules_of(protocol)
            yield counts, decide(evidence_of(protocol, rules, Fits(whole[r], tuple(subgroups)), counts), rules)


def _regressions(protocol: Protocol, paid: Floats, column: str | None) -> list[Regression]:
    """Every trial's fits of the primary and of net benefit, all trials from the same cells."""
    assigned, reason, age = crossed()
    level = {"reason": reason, "age": age}.get(column or "")
    customers = Customers(
        specification_of(ARMS),
        assigned,
        np.full(len(assigned), IN_CELL),
        level=level,
        levels=SUBGROUPS.get(column or "", ()),
    )
    plain = (response_of(protocol.primary), net_benefit.composite(protocol, "central"))
    R = paid.shape[1]
    responses = tuple(of_trial(one, r) for one in plain for r in range(R))
    sums, squares = np.hstack([paid, VALUE * paid]), np.hstack([paid, VALUE**2 * paid])
    cubes = np.hstack([paid, VALUE**3 * paid])
    found = regressed(cells_of(customers, sums, squares, responses, cubes))
    return [_one(found, plain, r) for r in range(R)]


def _one(found: Regression, plain: Sequence[Response], r: int) -> Regression:
    fits: dict[tuple[str, str | None], Fit] = {}
    joint: dict[str, JointCovariance] = {}
    levels = dict.fromkeys(level for _, level in found.fits)
    for one in plain:
        fits |= {(one.id, level): found.fits[f"{r}|{one.id}", level] for level in levels}
        if f"{r}|{one.id}" in found.joint_covariance:
            joint[one.id] = found.joint_covariance[f"{r}|{one.id}"]
    return Regression(fits, joint)


def _subgroup(protocol: Protocol, column: str, regression: Regression) -> SubgroupFits:
    by, primary = Levels(column, SUBGROUPS[column]), protocol.primary
    fits = [regression.fits[primary.id, name] for name in by.names]
    tests = interaction_rows(primary, by, fits, regression.joint_covariance.get(primary.id))
    return SubgroupFits(by, regression, tuple(tests))


def figures(size: int, seed: int) -> Iterator[Figure]:
    shared: list[bool] = []
    for number, setting in enumerate((*SETTINGS, GUARDED)):
        rng = stream(seed, f"verdicts {number}")
        count = size // 10 if setting.guarded else size
        codes = []
        for counts, decided in trials(setting, count, rng):
            codes.append(decided.code)
            if len(codes) <= TRIED:
                frame = frame_of(counts.columns())
                whole = evaluate(frame, setting.protocol, protocol_digest=DIGEST).verdict
                shared.append((whole.code, whole.arm) == (decided.code, decided.arm))
        yield at_most(setting.name, "scale or scale_segment", _share(codes, "scale", "scale_segment"), ALPHA, count)
        yield Figure(setting.name, "of these, scale", _share(codes, "scale"), None, None, count, "told, not promised")
        worse = _share(codes, "no_further_action")
        yield at_most(setting.name, "no_further_action", worse, ALPHA / 2, count)
    yield always("every setting", "verdicts that the whole evaluation shares", shared)


def _share(codes: Sequence[str], *wanted: str) -> float:
    return share([code in wanted for code in codes])


def skewed(size: int, seed: int) -> Iterator[Figure]:
    """Pounds at no cost, a comparison of 1 in 20: the bounds alone would promise too often."""
    pounds = {"id": "pounds", "role": "primary", "kind": "amount", "direction": "increase", "day": 23}
    protocol = declared(
        arms=[{**NFA, "share": 1.0}, *(arm(name, share=19 / 3) for name in ARMS[1:])],
        outcomes=[pounds],
        decision={"benefits": [{"outcome": "pounds", "value": 1}]},
    )
    customers = Customers(specification_of(ARMS), np.arange(4), np.array(SKEWED))
    rng, rules = stream(seed, "verdicts skewed"), rules_of(protocol)
    plain = (response_of(protocol.primary), net_benefit.composite(protocol, "central"))
    codes, alone = [], []
    for number in range(size):
        y = Pounds().rows(rng, customers, np.zeros(4))
        sums, squares, cubes = (np.column_stack([_by_arm(values, customers)] * 2) for values in (y, y * y, y * y * y))
        regression = regressed(cells_of(customers, sums, squares, plain, cubes))
        evidence = _skewed_evidence(protocol, rules, Fits(regression), y, f"{seed}:{number}")
        codes.append(decide(evidence, rules).code)
        plain_arms = tuple(_upright(one) for one in evidence.arms)
        alone.append(decide(dataclasses.replace(evidence, arms=plain_arms), rules).code)
    name = "skewed pounds, comparison 1 in 20, no effect, no cost"
    yield at_most(name, "scale or scale_segment", _share(codes, "scale"), ALPHA, size)
    yield at_most(name, "no_further_action", _share(codes, "no_further_action"), ALPHA / 2, size)
    naive = _share(alone, "scale")
    note = f"what the redraws prevent; the band would be at most {monte_carlo_band(ALPHA, size)[1]:.4f}"
    yield Figure(name, "scale by the bounds alone", naive, None, None, size, note)


def _skewed_evidence(
    protocol: Protocol, rules: DecisionRules, fits: Fits, pounds: Floats, digest: str
) -> TrialEvidence:
    """Evidence among everyone; rows are put into an engine only to be redrawn."""

    def assembled(known: Fits) -> TrialEvidence:
        return trial_evidence(protocol, known, bare_evidence(protocol, rules, known, {}, "central"), "central")

    evidence = assembled(fits)
    wanted = to_redraw(protocol, rules, fits, evidence, "central")
    if not wanted:
        return evidence
    frame = frame_of({"arm": np.repeat(np.array(ARMS), SKEWED), "pounds": pounds})
    pays = response_of(protocol.primary)  # one pound is worth one, so effect and gain are the same
    tests = {key: redraw(frame, protocol, digest, pays, key[1], level) for key, level in wanted.items()}
    return assembled(dataclasses.replace(fits, redrawn=tests))


def _upright(evidence: Evidence) -> Evidence:
    assert evidence.net_benefit is not None
    effects = {name: dataclasses.replace(getattr(evidence, name), skewness=None) for name in ("effect", "net_benefit")}
    return dataclasses.replace(evidence, **effects)


def _by_arm(values: Floats, customers: Customers) -> Floats:
    return np.asarray(np.add.reduceat(values, np.cumsum(customers.count) - customers.count))


SUITES = (
    Suite("verdicts", "Trials with nothing to find that end in scale or scale_segment", figures),
    Suite("verdicts-skewed", "The same where pounds are skewed and the comparison is small", skewed, size=3_000),
)
