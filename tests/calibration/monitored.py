"""Five looks at one trial, through the whole verdict: what is ever promised, and ever called harm.

Customers come due in five equal batches. Declared, each batch is a look and the last the end; undeclared, a cut before
the end has no verdict. What would come of judging every cut as if it were the end is told beside it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from analysis.deciding import net_benefit
from analysis.deciding.verdict import Decided, decide
from analysis.evaluate import evaluate
from analysis.evaluate.evidence.assembly import bare_evidence, harms_of, trial_evidence
from analysis.evaluate.evidence.rules import rules_of
from analysis.evaluate.fits import Fits, JudgedOverLooks
from analysis.evaluate.looks import concluded, look_of, monitoring, rules_at
from analysis.evaluate.specify import response_of
from analysis.fit import Regression
from analysis.frame import ARM_COLUMN, DAY_ZERO_COLUMN
from analysis.inference.score_bounds import EventCounts
from analysis.integrity.due import days_due, maturity
from analysis.results import Look, Maturity
from analysis.specification import Cell
from designs.literals import LookPurpose, Spending
from designs.protocol.models import Protocol
from tests.analysis.evaluations import NFA, arm, declared
from tests.analysis.frames import frame_of
from tests.calibration.rates import ALPHA, always, at_most, share
from tests.calibration.simulated import Customers, cells_of, of_trial, regressed, specification_of, stream
from tests.suites import Figure, Suite

Floats = NDArray[np.float64]

LOOKS = 5
IN_BATCH = 400  # customers of one arm and batch
BASE = 0.3
VALUE = 50.0  # pounds for each payer
MARGIN = 0.03
COMPLAINTS = 0.05
AT_ONCE = 50
TRIED = 2  # trials that also go through whole evaluations
STARTS = [date(2026, 1, 5) + timedelta(weeks=week) for week in range(LOOKS)]
WORSE = ("no_further_action",)


@dataclass(frozen=True)
class Setting:
    """One truth, and what is promised of it.

    Attributes:
        name: what is so.
        effect: on paying, of every approach; it pays for its cost and no more unless ``free``.
        free: whether contact costs nothing.
        harm: by which complaints rise; None without a guardrail.
        arms: how many approaches.
        may, spending: as declared; without a ``may`` no looks are.
    """

    name: str
    effect: float = 0.0
    free: bool = False
    harm: float | None = None
    arms: int = 1
    may: LookPurpose | None = "harm_and_benefit"
    spending: Spending = "obrien_fleming"

    @property
    def names(self) -> tuple[str, ...]:
        return ("nfa", *("letter", "sms", "call")[: self.arms])

    @property
    def protocol(self) -> Protocol:
        paid = {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "day": 23}
        complaint = {"id": "complaint", "role": "guardrail", "kind": "binary", "direction": "decrease"}
        fractions = [number / LOOKS for number in range(1, LOOKS)]
        looks = {"fractions": fractions, "may": self.may, "spending": self.spending}
        return declared(
            arms=[
                NFA,
                *(arm(name, cost_per_customer=0.0 if self.free else VALUE * self.effect) for name in self.names[1:]),
            ],
            randomisation={
                "method": "complete",
                "strata": ["batch"],
                "batches": {"column": "batch", "issue_on": {str(n): day.isoformat() for n, day in enumerate(STARTS)}},
            },
            outcomes=[paid, *([complaint | {"margin": MARGIN}] if self.harm is not None else [])],
            analysis={"looks": looks} if self.may else {},
            decision={"benefits": [{"outcome": "paid", "value": VALUE}]},
        )


NULL = (
    Setting("no effect, no cost"),
    Setting("no effect, no cost, pocock", spending="pocock"),
    Setting("no effect, no cost, three approaches", arms=3),
    Setting("effect of 8 points that costs what it returns", effect=0.08),
    Setting("no effect, no cost, looks for harm only", may="harm"),
)
UNDECLARED = Setting("no effect, no cost, five cuts undeclared", may=None)
AT_MARGIN = (
    Setting("harm at its margin, a large gain", effect=0.1, free=True, harm=MARGIN),
    Setting("harm at its margin, a large gain, pocock", effect=0.1, free=True, harm=MARGIN, spending="pocock"),
)


@dataclass(frozen=True, eq=False)
class Counts:
    """One trial: (arms, looks) payers and complaints of every batch."""

    paid: Floats
    complaints: Floats

    def columns(self, names: Sequence[str]) -> dict[str, object]:
        """Rows with these counts; a batch that is not due is in the file too."""
        cells = [(name, batch) for name in names for batch in range(LOOKS)]
        place = np.tile(np.arange(IN_BATCH), len(cells))
        return {
            ARM_COLUMN: np.repeat([name for name, _ in cells], IN_BATCH),
            "batch": np.repeat([str(batch) for _, batch in cells], IN_BATCH),
            DAY_ZERO_COLUMN: np.repeat(np.array([STARTS[b] for _, b in cells], dtype="datetime64[D]"), IN_BATCH),
            "paid": (place < np.repeat(self.paid.ravel(), IN_BATCH)).astype(float),
            "complaint": (place < np.repeat(self.complaints.ravel(), IN_BATCH)).astype(float),
        }


def matured(protocol: Protocol, names: Sequence[str], look: int) -> Maturity:
    """What is due when so many batches are."""
    zeros = {name: dict.fromkeys(STARTS, IN_BATCH) for name in names}
    found = maturity(days_due(protocol), zeros, STARTS[look - 1] + timedelta(days=23))
    assert found is not None
    return found


def verdicts(
    setting: Setting, size: int, rng: np.random.Generator
) -> Iterator[tuple[Counts, list[tuple[str, Look | None]]]]:
    """So many trials, each with the code and the look of its five cuts, up to the first verdict."""
    protocol, names = setting.protocol, setting.names
    treated = np.arange(len(names)) > 0
    for begin in range(0, size, AT_ONCE):
        shape = (min(AT_ONCE, size - begin), len(names), LOOKS)
        paid = rng.binomial(IN_BATCH, (BASE + setting.effect * treated)[:, None], shape).astype(float)
        harm = (COMPLAINTS + (setting.harm or 0.0) * treated)[:, None]
        complaints = rng.binomial(IN_BATCH, harm, shape).astype(float)
        by_look = [_regressions(protocol, names, paid, look) for look in range(1, LOOKS + 1)]
        for r in range(shape[0]):
            counts = Counts(paid[r], complaints[r])
            cuts: list[tuple[str, Look | None]] = []
            for look in range(1, LOOKS + 1):
                taken = [one for _, one in cuts if one is not None]
                decided, seen = cut(setting, protocol, by_look[look - 1][r], counts, look, taken)
                cuts.append((decided.code if decided else "not_due", seen))
                if cuts[-1][0] != "not_due":
                    break
            yield counts, cuts


_MONITORED: dict[tuple[str, int, int], JudgedOverLooks] = {}


def cut(
    setting: Setting, protocol: Protocol, regression: Regression, counts: Counts, look: int, taken: Sequence[Look]
) -> tuple[Decided | None, Look | None]:
    """What one cut decides, as an evaluation does; nothing where it is at no look before the end."""
    due, rules = matured(protocol, setting.names, look), rules_of(protocol)
    seen = look_of(protocol, due, taken)
    fits = Fits(regression)
    if seen is None and not due.complete:
        return None, None
    if seen is not None:
        key = (setting.name, look, len(seen.stopped))
        if key not in _MONITORED:  # the same for every trial: boundaries depend on what was due alone
            _MONITORED[key] = JudgedOverLooks.of(protocol, monitoring(protocol, rules, seen, taken))
        judged = _MONITORED[key]
        judged = dataclasses.replace(judged, monitoring=dataclasses.replace(judged.monitoring, look=seen))
        fits = dataclasses.replace(fits, judged=judged)
        rules = rules_at(rules, judged.monitoring)
    evidence = evidence_of(protocol, fits, counts, look, rules)
    decided = decide(evidence, rules)
    return decided, concluded(protocol, fits, decided, evidence) if seen else None


def evidence_of(protocol, fits, counts, look, rules):
    place = {declared_arm.id: number for number, declared_arm in enumerate(protocol.arms)}

    def complaints(cell: Cell) -> EventCounts:
        arms = [place[name] for name in cell.pair]
        events = [counts.complaints[at, :look] for at in arms]
        customers = np.full(look, float(IN_BATCH))
        return EventCounts(events[0], customers, events[1], customers)

    guarded = any(outcome.role == "guardrail" for outcome in protocol.outcomes)
    events = {("complaint", cell): complaints(cell) for cell in fits.cells(protocol)} if guarded else {}
    evidence = bare_evidence(protocol, rules, fits, harms_of(protocol, rules, fits, events), "central")
    return trial_evidence(protocol, fits, evidence, "central")


def _regressions(protocol: Protocol, names: Sequence[str], paid: Floats, look: int) -> list[Regression]:
    """Every trial's fits of the primary and of net benefit on the batches that are due."""
    assigned, batch = (values.ravel() for values in np.indices((len(names), look)))
    customers = Customers(
        specification_of(tuple(names), strata=True), assigned, np.full(assigned.size, IN_BATCH), stratum=batch
    )
    plain = (response_of(protocol.primary), net_benefit.composite(protocol, "central"))
    R = len(paid)
    responses = tuple(of_trial(one, r) for one in plain for r in range(R))
    payers = paid[:, :, :look].reshape(R, -1).T
    sums, squares = np.hstack([payers, VALUE * payers]), np.hstack([payers, VALUE**2 * payers])
    fits = regressed(cells_of(customers, sums, squares, responses)).fits
    return [Regression({(one.id, None): fits[f"{r}|{one.id}", None] for one in plain}, {}) for r in range(R)]


def figures(size: int, seed: int) -> Iterator[Figure]:
    shared: list[bool] = []
    for number, setting in enumerate((*NULL, UNDECLARED)):
        ended, early, every_cut = [], [], []
        for counts, cuts in verdicts(setting, size, stream(seed, f"monitored {number}")):
            ended.append(cuts[-1][0])
            early.append(len(cuts) < LOOKS)
            if len(ended) <= TRIED:
                shared.append(_whole(setting, counts) == [code for code, _ in cuts])
            if setting is UNDECLARED:
                every_cut.append(_as_if_it_were_the_end(setting, counts))
        scaled, worse = share([code == "scale" for code in ended]), share([code in WORSE for code in ended])
        yield at_most(setting.name, "ever scale", scaled, ALPHA / 2, size)
        yield at_most(setting.name, "ever no_further_action", worse, ALPHA / 2, size)
        if setting is UNDECLARED:
            yield always(setting.name, "no verdict before everything is due", [not one for one in early])
            note = "what it would be if every cut were judged as the end; told, not promised"
            yield Figure(setting.name, "ever scale, every cut judged", share(every_cut), None, None, size, note)
    yield always("every setting", "verdicts that the whole evaluation shares", shared)


def at_margin(size: int, seed: int) -> Iterator[Figure]:
    """A guardrail exactly at its margin: neither harm nor safety is true, and each has its own share of the error."""
    for number, setting in enumerate(AT_MARGIN):
        scaled, harmful = [], []
        routes = rules_of(setting.protocol).routes
        for _, cuts in verdicts(setting, size, stream(seed, f"monitored margin {number}")):
            scaled.append(cuts[-1][0] == "scale")
            harmful.append(any(look is not None and bool(look.stopped) for _, look in cuts))
        yield at_most(setting.name, "ever scale", share(scaled), ALPHA / 2, size)
        yield at_most(setting.name, "ever called harmful", share(harmful), ALPHA / 2 / routes, size)


def _as_if_it_were_the_end(setting: Setting, counts: Counts) -> bool:
    """Whether any of the five cuts would scale, each judged as if it were the only one."""
    protocol = setting.protocol
    rules = rules_of(protocol)
    for look in range(1, LOOKS + 1):
        (regression,) = _regressions(protocol, setting.names, counts.paid[None], look)
        if decide(evidence_of(protocol, Fits(regression), counts, look, rules), rules).code == "scale":
            return True
    return False


def _whole(setting: Setting, counts: Counts) -> list[str]:
    """The codes of five cuts, or of those up to the first verdict, by whole evaluations."""
    codes: list[str] = []
    taken: list[Look] = []
    for look in range(1, LOOKS + 1):
        frame = frame_of(counts.columns(setting.names), as_at=STARTS[look - 1] + timedelta(days=23))
        evaluation = evaluate(frame, setting.protocol, protocol_digest="0" * 64, looks=tuple(taken))
        codes.append(evaluation.verdict.code)
        if codes[-1] != "not_due":
            break
        taken += [evaluation.look] if evaluation.look else []
    return codes


SUITES = (
    Suite("looks-verdicts", "Five looks at trials with nothing to find, declared and undeclared", figures, size=4_000),
    Suite("looks-harm", "Five looks at a guardrail exactly at its margin", at_margin, size=4_000),
)
