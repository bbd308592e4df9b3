"""Looking before the end: total error over the looks, what is said after stopping, and guardrails watched always."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from analysis.planning.monitoring import (
    Boundary,
    boundaries,
    confidence_sequence,
    final_inference,
    information_fraction,
    must_stop_for_harm,
)
from designs.literals import Spending
from tests.calibration.rates import ALPHA, at_least, at_most, banded, share, uniformity
from tests.calibration.simulated import AT_ONCE, Customers, contrasts_of, specification_of, stream
from tests.suites import Figure, Suite

Floats = NDArray[np.float64]

PLANS: tuple[tuple[Spending, tuple[int, ...]], ...] = (
    ("obrien_fleming", (250, 500, 750, 1_000)),
    ("obrien_fleming", (300, 1_000)),
    ("pocock", (250, 500, 750, 1_000)),
    ("pocock", (100, 640, 1_000)),
)


def statistics(looks: Sequence[int], size: int, rng: np.random.Generator, effect: float = 0.0) -> Floats:
    """(size, looks) estimates over their errors as customers mature, from the project's difference in means."""
    found: list[list[float]] = []
    for begin in range(0, size, AT_ONCE):
        R = min(AT_ONCE, size - begin)
        sums, squares, before, by_look = np.zeros((2, R)), np.zeros((2, R)), 0, []
        for matured in looks:
            n = (matured - before) / 2
            mean = effect * np.array([[0.0], [1.0]]) + rng.normal(size=(2, R)) / np.sqrt(n)
            sums = sums + n * mean
            squares = squares + rng.chisquare(n - 1, size=(2, R)) + n * mean**2
            customers = Customers(specification_of(), np.array([0, 1]), np.full(2, matured // 2))
            pairs = (contrast for (contrast,) in contrasts_of(customers, sums, squares))
            by_look.append([float(c.estimate or 0.0) / float(c.std_error or 1.0) for c in pairs])
            before = matured
        found += [list(row) for row in zip(*by_look, strict=True)]
    return np.array(found)


def crossed(z: Floats, plan: Sequence[Boundary]) -> NDArray[np.bool_]:
    """(size, looks) whether each look's boundary is exceeded."""
    return np.abs(z) >= np.array([boundary.critical for boundary in plan])


def sequential(size: int, seed: int) -> Iterator[Figure]:
    for number, (spending, looks) in enumerate(PLANS):
        rng = stream(seed, f"looks {number}")
        fractions = [information_fraction(matured, looks[-1]) for matured in looks]
        plan = boundaries(fractions, spending, ALPHA)
        over = crossed(statistics(looks, size, rng), plan)
        name = f"{spending}, looks at {', '.join(f'{fraction:g}' for fraction in fractions)}"
        yield banded(name, "error over all looks", share(over.any(axis=1).tolist()), ALPHA, size)
        first = share(over[:, 0].tolist())
        yield banded(name, "error spent at the first look", first, plan[0].spent, size)


def after_stopping(size: int, seed: int) -> Iterator[Figure]:
    """p-values and intervals in the stage-wise order; each takes a search, so there are fewer of them."""
    looks = (400, 800)
    plan = boundaries([0.5, 1.0], "pocock", ALPHA)
    for number, effect in enumerate((0.0, 0.15)):
        rng = stream(seed, f"after stopping {number}")
        z = statistics(looks, size, rng, effect)
        stopped = np.where(crossed(z, plan)[:, 0], 0, 1)
        errors = [2.0 / np.sqrt(n) for n in looks]
        found = [
            final_inference(float(z[i, at]) * errors[at], errors[at], plan[: at + 1], ALPHA)
            for i, at in enumerate(stopped)
        ]
        name = f"pocock, two looks, effect {effect:g}"
        if effect == 0.0:
            yield uniformity(name, [one.p_value for one in found])
        held = share([one.ci_lower <= effect <= one.ci_upper for one in found])
        yield banded(name, "coverage after stopping", held, 1 - ALPHA, size)
        above = share([one.estimate > effect for one in found])
        yield banded(name, "median-unbiased estimate above the truth", above, 0.5, size)


def watched(size: int, seed: int) -> Iterator[Figure]:
    """A guardrail looked at every 50 customers, 100 times: the truth must be inside every time."""
    rng = stream(seed, "watched")
    margin, inside, stopped = 0.2, [], []
    n = np.arange(50, 5_050, 50)
    unit = [confidence_sequence(0.0, 1.0, int(m), 2_000, ALPHA) for m in n]
    reach = np.array([one.ci_upper for one in unit])  # for a standard error of 1; it grows in proportion
    for _ in range(size):
        steps = rng.normal(size=(2, len(n))) * np.sqrt(25.0)
        estimate = margin + (steps[1].cumsum() - steps[0].cumsum()) / (n / 2)
        error = 2.0 / np.sqrt(n)
        inside.append(bool((np.abs(estimate - margin) <= reach * error).all()))
        furthest = int(np.argmax((estimate - margin) / (reach * error)))
        sequence = confidence_sequence(
            float(estimate[furthest]), float(error[furthest]), int(n[furthest]), 2_000, ALPHA
        )
        stopped.append(must_stop_for_harm(sequence, margin))
    yield at_least("100 looks", "truth inside the confidence sequence every time", share(inside), 1 - ALPHA, size)
    yield at_most("harm at its margin, 100 looks", "ever stopped for harm", share(stopped), ALPHA / 2, size)


SUITES = (
    Suite("looks", "Group-sequential boundaries: error over all looks", sequential),
    Suite("looks-final", "What is said after stopping early", after_stopping, size=2_000),
    Suite("looks-always", "Confidence sequences of guardrails", watched),
)
