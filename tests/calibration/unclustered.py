"""5% means 5%, each side 2.5%, 95% means 95%: means, strata, additive and Lin's adjustment, customers one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from analysis.evaluate import evaluate
from analysis.fit import Contrast
from analysis.specification import Column
from designs.literals import Adjustment, StandardErrors
from tests.analysis.evaluations import declared
from tests.analysis.frames import frame_of
from tests.calibration.rates import always, coverage, digits, effects_of, error_rates, uniformity
from tests.calibration.simulated import (
    AT_ONCE,
    Customers,
    Floats,
    columns_of,
    contrasts_of,
    digits_of_agreement,
    specification_of,
    stream,
)
from tests.calibration.worlds import Binary, Normal, Pounds, World
from tests.suites import Figure, Suite

Draw = Callable[[np.random.Generator], tuple[Customers, Floats]]

SKEWED = "outside the grid: the outcome is skewed for shares as unequal as these, and its rows say so"
THIN = "outside the grid: the smaller arm has few customers for its columns, and its rows say so"
EVALUATED = 10  # whole evaluations, of those outside the grid
LIFTS = np.array([-1.0, -0.3, 0.4, 1.0])  # of four strata, which hold these shares of the customers
STRATA = np.array([0.1, 0.2, 0.3, 0.4])


@dataclass(frozen=True)
class Setting:
    """One line of the grid: who is in the trial, and what they do without and with an effect."""

    name: str
    draw: Draw
    null: World
    real: World
    note: str | None = None
    at_once: int = AT_ONCE
    covered: int = 1  # one in so many of the simulations is also run with an effect


def simulated(setting: Setting, world: World, size: int, rng: np.random.Generator) -> list[Contrast]:
    """The contrast of each of ``size`` trials; who is in them is drawn again for every ``at_once`` of them."""
    found: list[Contrast] = []
    while len(found) < size:
        customers, lift = setting.draw(rng)
        sums = world.sums(rng, customers, lift, min(setting.at_once, size - len(found)))
        found += [contrast for (contrast,) in contrasts_of(customers, *sums)]
    return found


def figures(suite: str, settings: tuple[Setting, ...], size: int, seed: int) -> Iterator[Figure]:
    agree = []
    for number, setting in enumerate(settings):
        rng = stream(seed, f"{suite} {number}")
        name = f"{setting.name}, {setting.null.name}"
        contrasts = simulated(setting, setting.null, size, rng)
        null = effects_of(contrasts)
        yield from error_rates(name, null, note=setting.note)
        if isinstance(setting.null, Normal) and setting.note is None:
            yield uniformity(name, [effect.p_value for effect in null])
        real = effects_of(simulated(setting, setting.real, max(size // setting.covered, 20), rng))
        yield coverage(name, real, setting.real.effect, note=setting.note)
        if setting.note == THIN:
            yield always(name, "rows that say so", [contrast.note is not None for contrast in contrasts])
        if setting.note == SKEWED:
            yield always(name, "rows that say so", [says_so(setting, rng) for _ in range(EVALUATED)])
        customers, lift = setting.draw(rng)
        agree.append(digits_of_agreement(customers, setting.real.rows(rng, customers, lift)))
    yield digits("every setting", agree)


def says_so(setting: Setting, rng: np.random.Generator) -> bool:
    """Whether the row of a whole evaluation says that one end of its range is less sure than stated."""
    customers, lift = setting.draw(rng)
    kind = "binary" if isinstance(setting.null, Binary) else "amount"
    outcome = {"id": "y0", "role": "primary", "kind": kind, "direction": "increase", "day": 23}
    columns = columns_of(customers, setting.null.rows(rng, customers, lift))
    protocol = declared(outcomes=[outcome])
    evaluation = evaluate(frame_of(columns), protocol, protocol_digest="0" * 64)
    (row,) = (row for row in evaluation.estimates if row.estimand == "itt")
    return "less sure than stated" in (row.note or "")


NORMAL = (Normal(), Normal(effect=0.3, spread=1.5))
ALIKE = (Normal(), Normal(effect=0.3))
RARE = (Binary(0.015), Binary(0.01, effect=0.01))
POUNDS = (Pounds(), Pounds(more_paying=0.05))


def complete(nfa: int, letter: int) -> Draw:
    """So many customers in each arm, and nothing known of them."""
    everyone = Customers(specification_of(), np.array([0, 1]), np.array([nfa, letter]))
    return lambda rng: (everyone, np.zeros(2))


def stratified(nfa: int, letter: int) -> Draw:
    """Four strata that differ, each with the same shares."""
    counts = np.outer([nfa, letter], STRATA).round().astype(np.int64)
    stratum = np.tile(np.arange(4), 2)
    everyone = Customers(specification_of(strata=True), np.repeat([0, 1], 4), counts.ravel(), stratum)
    return lambda rng: (everyone, LIFTS[stratum])


def adjusted(adjustment: Adjustment, kind: StandardErrors, nfa: int, letter: int) -> Draw:
    """Four strata, a category and a number, all of which foretell the outcome."""
    covariates = (Column("reason", "category"), Column("late", "number"))
    design = specification_of(adjustment=adjustment, kind=kind, covariates=covariates, strata=True)
    counts = np.outer([nfa, letter], STRATA).round().astype(np.int64).ravel()
    arm, stratum = np.repeat(np.repeat([0, 1], 4), counts), np.repeat(np.tile(np.arange(4), 2), counts)

    def draw(rng: np.random.Generator) -> tuple[Customers, Floats]:
        reason = rng.choice(3, len(arm), p=[0.5, 0.3, 0.2])
        late = rng.choice(4, len(arm), p=[0.55, 0.25, 0.15, 0.05])
        cell, count = np.unique(((arm * 4 + stratum) * 3 + reason) * 4 + late, return_counts=True)
        parts = np.unravel_index(cell, (2, 4, 3, 4))
        number = parts[3].astype(float)
        customers = Customers(
            design, parts[0], count, parts[1], categories={"reason": parts[2]}, numbers={"late": number}
        )
        lift = 0.5 * LIFTS[parts[1]] + np.array([0.0, 0.6, -0.4])[parts[2]] + 0.1 * number**2
        return customers, lift

    return draw


MEANS = (
    Setting("1:1, n = 400", complete(200, 200), *NORMAL),
    Setting("3:1, n = 400", complete(100, 300), *NORMAL),
    Setting("1:19, n = 400", complete(20, 380), *NORMAL),
    Setting("1:1, n = 10,000", complete(5_000, 5_000), *RARE),
    Setting("3:1, n = 120,000", complete(30_000, 90_000), *RARE),
    Setting("1:19, n = 1,400,000", complete(70_000, 1_330_000), *RARE),
    Setting("1:19, n = 20,000", complete(1_000, 19_000), *RARE, SKEWED),
    Setting("1:1, n = 4,000", complete(2_000, 2_000), *POUNDS),
    Setting("3:1, n = 240,000", complete(60_000, 180_000), *POUNDS, at_once=20, covered=5),
    Setting("3:1, n = 4,000", complete(1_000, 3_000), *POUNDS, SKEWED),
    Setting("1:19, n = 20,000", complete(1_000, 19_000), *POUNDS, SKEWED),
)
STRATIFIED = (
    Setting("1:1, n = 400", stratified(200, 200), *NORMAL),
    Setting("3:1, n = 400", stratified(100, 300), *NORMAL),
    Setting("1:19, n = 8,000", stratified(400, 7_600), *NORMAL),
    Setting("1:19, n = 400", stratified(20, 380), *NORMAL, THIN),
    Setting("1:1, n = 10,000", stratified(5_000, 5_000), *RARE),
    Setting("1:19, n = 1,400,000", stratified(70_000, 1_330_000), *RARE),
    Setting("1:1, n = 8,000", stratified(4_000, 4_000), *POUNDS),
)
ADDITIVE = (
    Setting("HC2, 1:1, n = 600", adjusted("additive", "HC2", 300, 300), *NORMAL),
    Setting("HC2, 3:1, n = 600", adjusted("additive", "HC2", 150, 450), *NORMAL),
    Setting("HC2, 1:19, n = 8,000", adjusted("additive", "HC2", 400, 7_600), *NORMAL),
    Setting("HC3, 3:1, n = 600", adjusted("additive", "HC3", 150, 450), *NORMAL),
    Setting("classical, 3:1, n = 600", adjusted("additive", "classical", 150, 450), *ALIKE),
    Setting("HC2, 1:1, n = 10,000", adjusted("additive", "HC2", 5_000, 5_000), *RARE),
    Setting("HC2, 1:1, n = 8,000", adjusted("additive", "HC2", 4_000, 4_000), *POUNDS),
)
LIN = (
    Setting("HC2, 1:1, n = 600", adjusted("lin", "HC2", 300, 300), *NORMAL),
    Setting("HC2, 3:1, n = 600", adjusted("lin", "HC2", 150, 450), *NORMAL),
    Setting("HC2, 1:19, n = 8,000", adjusted("lin", "HC2", 400, 7_600), *NORMAL),
    Setting("HC2, 1:19, n = 600", adjusted("lin", "HC2", 30, 570), *NORMAL, THIN),
    Setting("HC3, 1:1, n = 600", adjusted("lin", "HC3", 300, 300), *NORMAL),
    Setting("classical, 3:1, n = 600", adjusted("lin", "classical", 150, 450), *ALIKE),
    Setting("HC2, 1:1, n = 10,000", adjusted("lin", "HC2", 5_000, 5_000), *RARE),
    Setting("HC2, 3:1, n = 120,000", adjusted("lin", "HC2", 30_000, 90_000), *RARE),
    Setting("HC2, 1:1, n = 8,000", adjusted("lin", "HC2", 4_000, 4_000), *POUNDS),
)


def _suite(name: str, what: str, settings: tuple[Setting, ...]) -> Suite:
    return Suite(name, what, lambda size, seed: figures(name, settings, size, seed))


SUITES = (
    _suite("means", "Difference in means, Welch's degrees of freedom, complete assignment", MEANS),
    _suite("strata", "Difference in means within four strata, weighted by their customers", STRATIFIED),
    _suite("additive", "Additive adjustment for strata, a category and a number", ADDITIVE),
    _suite("lin", "Lin's adjustment for strata, a category and a number", LIN),
)
