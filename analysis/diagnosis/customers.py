"""Customers of a simulated trial: the columns that its draw and its analysis read, and what clusters share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from analysis.diagnosis.results import Assumption
from data.pieces import in_one_piece
from designs.protocol.columns import column_kinds
from designs.protocol.models import Condition, Protocol
from designs.protocol.words import column_words

Floats = NDArray[np.float64]
CLUSTER_SIZE: Final = 20.0
_LEVELS: Final = ("a", "b")


@dataclass(frozen=True, slots=True)
class Customers:
    """Who takes part.

    Attributes:
        unit: Name of the id column.
        levels: Names of columns that are categories, with the values of each; customers have them in equal shares.
        numbers: Names of columns that are numbers.
        groups: Names of columns whose customers are together, with how many are.
        alike_in: The column of those whose outcomes are alike, where there is one.
        assigned_whole: The column of those who are drawn together, where there is one.
        size_variation: Of the sizes of these, the standard deviation over their mean.
    """

    unit: str
    levels: dict[str, tuple[Any, ...]]
    numbers: tuple[str, ...]
    groups: dict[str, float]
    alike_in: str | None
    assigned_whole: str | None
    size_variation: float = 0.0

    def drawn(self, n: int, rng: np.random.Generator) -> pa.Table:
        """n customers."""
        columns: dict[str, pa.Array] = {self.unit: pa.array([f"SIM{number:09d}" for number in range(n)])}
        for name, size in self.groups.items():
            columns[name] = pa.array([f"G{group:07d}" for group in self._groups(name, size, n, rng).tolist()])
        for name, values in self.levels.items():
            codes = rng.integers(0, len(values), n)
            if self.assigned_whole is not None:  # a stratum of whole clusters is one that they have alike
                codes = codes[_places(columns[self.assigned_whole])]
            columns[name] = pa.array([values[code] for code in codes.tolist()])
        for name in self.numbers:
            columns[name] = pa.array(rng.standard_normal(n))
        return pa.table(columns)

    def _groups(self, name: str, size: float, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """(n,) the group of each customer; gamma sizes where they vary, and nobody alone in none."""
        if name != self.assigned_whole or not self.size_variation:
            return (np.arange(n) // size).astype(np.int64)
        shape = self.size_variation**-2
        sizes = np.maximum(np.rint(rng.gamma(shape, size / shape, n)), 1.0)
        return np.searchsorted(np.cumsum(sizes), np.arange(n), side="right").astype(np.int64)

    def latent(self, people: pa.Table, rng: np.random.Generator) -> Floats | None:
        """(n,) standard normal numbers that the customers of a cluster share; None without clusters."""
        if self.alike_in is None:
            return None
        places = _places(in_one_piece(people.column(self.alike_in), self.alike_in))
        return np.asarray(rng.standard_normal(int(places.max()) + 1)[places])


def _places(groups: pa.Array) -> NDArray[np.int64]:
    return np.asarray(groups.dictionary_encode().indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def customers_of(plan: Protocol, taken: list[Assumption]) -> Customers:
    """The customers that a plan asks for."""
    scheme, kinds = plan.randomisation, column_kinds(plan)
    groups: dict[str, float] = {}
    if scheme.pairs is not None:
        groups[scheme.pairs] = float(len(plan.arms))
    for column in (plan.cluster, plan.analysis.errors_clustered_by):
        if column is not None and column not in groups:
            size = plan.population.cluster_size
            if size is None:
                taken.append(Assumption("population.cluster_size", f"{CLUSTER_SIZE:g} customers in each cluster"))
            groups[column] = size or CLUSTER_SIZE
    wanted, numbers, categories = _wanted(plan)
    levels: dict[str, tuple[Any, ...]] = {}
    plain: list[str] = []
    for name in wanted:
        if name in groups:
            continue
        free = kinds.get(name, "any") in ("number", "any") and not _values_of(plan, name)
        if name in numbers or (free and name not in categories):
            plain.append(name)
            continue
        levels[name] = _levels(plan, name, kinds.get(name, "any"), taken)
    if levels:
        taken.append(
            Assumption(
                "population", "customers have each value of a column equally often, whatever they have of another"
            )
        )
    variation = plan.population.cluster_size_cv or 0.0
    return Customers(plan.population.unit, levels, tuple(plain), groups, plan.errors_cluster, plan.cluster, variation)


def _wanted(plan: Protocol) -> tuple[list[str], frozenset[str], frozenset[str]]:
    """Columns that the draw and the analysis read; which of them must be numbers, and which categories."""
    scheme, analysis = plan.randomisation, plan.analysis
    balanced = scheme.rerandomise.covariates if scheme.rerandomise else ()
    categories = {c.column for c in analysis.covariates if c.as_ == "category"}
    numbers = {*balanced, *(c.column for c in analysis.covariates if c.as_ == "number")}
    categories |= {subgroup.column for subgroup in analysis.subgroups if not subgroup.quantiles}
    numbers |= {subgroup.column for subgroup in analysis.subgroups if subgroup.quantiles}
    barred = [condition.column for arm in plan.arms for exclusion in arm.not_for for condition in exclusion.conditions]
    covariates = [covariate.column for covariate in analysis.covariates]
    subgroups = [subgroup.column for subgroup in analysis.subgroups]
    everything = dict.fromkeys((*scheme.strata, *balanced, *barred, *covariates, *subgroups))
    categories |= set(scheme.strata)
    return list(everything), frozenset(numbers - categories), frozenset(categories)


def _conditions(plan: Protocol, name: str) -> list[Condition]:
    found = [c for arm in plan.arms for exclusion in arm.not_for for c in exclusion.conditions]
    return [condition for condition in found if condition.column == name]


def _values_of(plan: Protocol, name: str) -> list[Any]:
    """Values of a column that the plan names: its declared levels, and what an arm's conditions compare it with."""
    declared = plan.population.columns.get(name)
    values: list[Any] = list(declared.levels or ()) if declared else []
    for condition in _conditions(plan, name):
        named = (condition.equals, condition.not_equals, *(condition.one_of or ()))
        values += [value for value in named if value is not None and str(value) not in {str(v) for v in values}]
    return values


def _levels(plan: Protocol, name: str, kind: str, taken: list[Assumption]) -> tuple[Any, ...]:
    if kind == "boolean":
        return (False, True)
    values = _values_of(plan, name)
    for exclusion in plan.left_out:  # who takes no part has no value of theirs
        if len(exclusion.conditions) == 1 and exclusion.conditions[0].column == name:
            values = [value for value in values if value != exclusion.conditions[0].equals]
    for condition in plan.population.where:
        if condition.column == name and (condition.one_of or condition.equals is not None):
            values = list(condition.one_of or (condition.equals,))
    if kind == "number":
        bounds = [
            b for c in _conditions(plan, name) for b in (c.at_least, c.above, c.at_most, c.below) if b is not None
        ]
        values = [float(value) for value in values] + [bound + side for bound in bounds for side in (-1.0, 1.0)]
        return tuple(dict.fromkeys(values)) or (1.0, 2.0)
    if len(values) < 2:
        if plan.population.columns.get(name) is None or not plan.population.columns[name].levels:
            taken.append(
                Assumption(
                    f"population.columns.{name}.levels",
                    f"{column_words(plan).label(name) or name.replace('_', ' ')}: two values",
                )
            )
        values = [*values, *(level for level in _LEVELS)][:2] if values else list(_LEVELS)
    return tuple(str(value) for value in values)
