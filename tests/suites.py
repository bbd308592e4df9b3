"""The long runs: what a suite of simulations or faults is, and how those of a room are found and carried out.

A file of tests/calibration (or tests/faults) lists its suites, for instance::

    def type_one_error(size: int, seed: int) -> Iterator[Figure]:
        for design in GRID:
            rate = share_rejected(design, size, np.random.default_rng([seed, design.number]))
            yield Figure(str(design), "type I error", rate, *monte_carlo_band(0.05, size), simulations=size)

    SUITES = (Suite("type-one-error", "5% means 5%, per estimator and design", type_one_error),)
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from types import ModuleType
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a suite, and the band it must lie in (either end may be open, both ends belong to it)."""

    setting: str
    quantity: str
    value: float
    lower: float | None
    upper: float | None
    simulations: int
    note: str | None = None

    @property
    def inside(self) -> bool:
        """Whether the value lies in its band; a value that is no number never does."""
        low = float("-inf") if self.lower is None else self.lower
        high = float("inf") if self.upper is None else self.upper
        return low <= self.value <= high


@dataclass(frozen=True, slots=True)
class Suite:
    """A named long run. ``run(size, seed)`` yields its figures; ``size`` is the number of simulations, or of rounds."""

    id: str
    what: str
    run: Callable[[int, int], Iterable[Figure]]
    size: int = 10_000


def monte_carlo_band(rate: float, simulations: int, level: float = 0.999) -> tuple[float, float]:
    """Where an observed rate falls with probability ``level`` if the true rate is ``rate``: exact binomial quantiles.

    Examples:
        >>> monte_carlo_band(0.05, 10_000)
        (0.043, 0.0573)
        >>> monte_carlo_band(0.025, 10_000)
        (0.02, 0.0303)
    """
    from scipy.stats import binom

    tail = (1 - level) / 2
    return float(binom.ppf(tail, simulations, rate)) / simulations, float(
        binom.ppf(1 - tail, simulations, rate)
    ) / simulations


def gather(package: ModuleType, attribute: str) -> list[Any]:
    """Everything that the package's modules list under one name, in the order of the modules' names.

    Raises:
        ValueError: Two entries carry the same id.
    """
    found: list[Any] = []
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
        if not module.name.startswith(("test_", "__")):
            found.extend(getattr(importlib.import_module(f"{package.__name__}.{module.name}"), attribute, ()))
    ids = [entry.id for entry in found]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ValueError(f"{package.__name__} holds {', '.join(twice)} more than once")
    return found


def select(entries: Sequence[Any], wanted: str | None) -> list[Any]:
    """The entries named in a comma-separated list; P1 also means P1-1m. None means all.

    Raises:
        ValueError: A name that no entry carries.
    """
    if wanted is None:
        return list(entries)
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    chosen = [entry for entry in entries if any(_answers_to(entry, name) for name in names)]
    unknown = [name for name in names if not any(_answers_to(entry, name) for entry in chosen)]
    if unknown:
        held = ", ".join(entry.id for entry in entries) or "none yet"
        raise ValueError(f"unknown: {', '.join(unknown)}. There are: {held}")
    return chosen


def _answers_to(entry: Any, name: str) -> bool:
    return bool(entry.id == name or entry.id.startswith(f"{name}-"))


def carry_out(suites: Sequence[Suite], size: int | None, seed: int) -> dict[str, Any]:
    """Run suites one after the other; each one's figures as plain values, by id. What is going on: standard error."""
    done: dict[str, Any] = {}
    for suite in suites:
        count = size or suite.size
        print(f"otm: {suite.id}: {suite.what} ({count:,})", file=sys.stderr, flush=True)
        started, figures = time.monotonic(), []
        for figure in suite.run(count, seed):
            word = "inside" if figure.inside else "OUTSIDE"
            print(f"  {figure.setting}: {figure.quantity} {figure.value:.6g} {word}", file=sys.stderr, flush=True)
            figures.append(asdict(figure) | {"inside": figure.inside})
        if not figures:
            raise ValueError(f"{suite.id} gave no figure")
        seconds = round(time.monotonic() - started, 1)
        done[suite.id] = {"what": suite.what, "size": count, "seed": seed, "seconds": seconds, "figures": figures}
    return done
