"""What a population would do to the draw that was declared, said before the plan is locked.

A finding blocks (the draw would refuse) or warns (it would go ahead, with a risk that is named).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from designs.assignment.declare import Scheme, barred_arms, declare, gather
from designs.assignment.findings.flags import by_agreement, kept_from_english, missing_flags, undeclared_flags
from designs.assignment.population.clusters import clusters, varying_clusters
from designs.assignment.population.units import Levels, as_array, levels
from designs.assignment.schemes.matched_pairs import MatchedPairs, matched
from designs.assignment.schemes.rerandomised import MOST_DRAWS, Rerandomised, acceptance, criterion
from designs.assignment.schemes.saturation import TwoStage
from designs.assignment.schemes.scheme import LEAST_PER_ARM
from designs.assignment.schemes.simple import Simple
from designs.assignment.schemes.stratified import block_units
from designs.errors import DesignRefused
from designs.finding import Finding, blocking_first
from designs.protocol.models import Protocol
from designs.protocol.words import ColumnWords, column_words

FEW_CLUSTERS = 40  # below about so many, cluster-robust standard errors are unreliable
_CODE_LIST = 20  # so many values may yet be a list of codes
_SHARED = r"household|address|uprn|family|spouse|partner|agent|adviser|accountant|group|company|employer|payroll|branch"
_SHARED_WORDS = re.compile(_SHARED, re.IGNORECASE)
_ENDS_IN_SHARED = re.compile(rf"({_SHARED})(s|_code|_uid|_uuid|_hash|_identifier)?$", re.IGNORECASE)
# Ages, sums and days: what many have alike, and share with nobody. A longer number may be that of an account.
_MEASURE = (
    r"^\s*[-+(]?[£$€]?(\d{1,7}|\d{1,3}(,\d{3})+(\.\d+)?|\d*\.\d+|\d+\.\d*)%?\)?\s*$"
    r"|^\s*(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4})([ T]\d{1,2}:\d{2}.*)?\s*$"
)
_LOOKED_AT = 1_000  # values that show what a column holds
_MOST = 0.95
_NAMES_SOMEBODY = re.compile(r"(^|_)(id|no|number|ref|reference|key)$", re.IGNORECASE)


def check_population(protocol: Protocol, table: Any) -> tuple[Finding, ...]:
    """All that a population says about the draw declared for it.

    Args:
        protocol: Of a trial randomised here.
        table: An Arrow table of the customers who would be assigned, one row each, with every column of the file:
            those that the protocol does not name are looked at for shared identities.

    Returns:
        Findings, the blocking ones first.
    """
    scheme, unit = declare(protocol), protocol.population.unit
    words = column_words(protocol)
    findings = [*undeclared_groups(table, unit, scheme), *_missing_labels(scheme, table, words)]
    findings += [*by_agreement(protocol, table), *missing_flags(protocol, table)]
    findings += [*kept_from_english(protocol, table), *undeclared_flags(protocol, table, welsh_alone=True)]
    findings += _unanalysed(protocol, len(table))
    if not any(finding.code == "missing_label" for finding in findings):
        findings += [*_clusters(scheme, table, words), *_strata(scheme, table, unit), *_method(scheme, table, unit)]
    return blocking_first(findings)


def _unanalysed(protocol: Protocol, customers: int) -> Iterator[Finding]:
    """What the draw could do and no evaluation could read."""
    adjustment = protocol.analysis.adjustment
    if protocol.randomisation.method == "matched_pairs" and adjustment != "none":
        yield Finding(
            code="pairs_adjusted",
            severity="blocks",
            where="analysis.adjustment",
            problem=f"{adjustment} is declared for matched pairs",
            risk="Pairs are compared within themselves, and an evaluation would refuse the adjustment for ever",
            remedy="declare adjustment: none",
            customers=customers,
        )


def undeclared_groups(table: Any, unit: str, scheme: Scheme) -> Iterator[Finding]:
    """Households, agents, company groups: columns by which customers share something, and are not assigned together.

    A column is looked at when its name says so, or when it is text with about as many values as there are customers.
    Numbers and days are measures, such as ages and debts, unless the name ends in what customers share.
    """
    declared = {unit, *scheme.columns}
    for name in table.column_names:
        if name in declared:
            continue
        column = as_array(table.column(name))
        if not _shared_identity(name, column):
            continue
        sizes = np.array([count.as_py() for count in pc.value_counts(column.drop_null()).field("counts")], np.int64)
        yield from _shared_by(name, sizes[sizes > 1], scheme)


def _shared_identity(name: str, column: Any) -> bool:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if not (text or pa.types.is_integer(kind)):
        return False
    names_somebody = _ENDS_IN_SHARED.search(name) or _NAMES_SOMEBODY.search(name)
    if not names_somebody and (not text or _measures(column)):
        return False
    values = pc.count_distinct(column, mode="only_valid").as_py()
    if _SHARED_WORDS.search(name):
        # A flag or a code list ("agent: yes", "age_group") sorts customers, and identifies none of them.
        return bool(_NAMES_SOMEBODY.search(name) or values > _CODE_LIST)
    return text and bool(values > _CODE_LIST and values * 10 > len(column))


def _measures(column: Any) -> bool:
    """Whether the values of a column of text are numbers or days, by the first of them that differ."""
    values = pc.drop_null(pc.unique(column.slice(0, _LOOKED_AT * 20)))
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    values = values.slice(0, _LOOKED_AT)
    alike = pc.sum(pc.match_substring_regex(values, _MEASURE)).as_py() or 0
    return bool(len(values) and alike >= _MOST * len(values))


def _shared_by(name: str, sizes: NDArray[np.int64], scheme: Scheme) -> Iterator[Finding]:
    customers = int(sizes.sum())
    if customers == 0:
        return
    shares = [float(share) for share in scheme.shares]
    together, counts = np.unique(sizes, return_counts=True)
    whole = sum(
        number * sum(share**size for share in shares)
        for size, number in zip(together.tolist(), counts.tolist(), strict=True)
    )
    yield Finding(
        code="undeclared_cluster",
        severity="warns",
        where=name,
        problem=(
            f"{customers:,} customers share a {name} with another "
            f"({len(sizes):,} groups, the largest of {sizes.max():,})"
        ),
        risk=(
            f"Assigned one by one, about {len(sizes) - whole:,.0f} of these groups would hold different arms: members "
            "see each other's letters, and standard errors that take them for independent are too small"
        ),
        remedy=f"declare population.cluster: {name}, or record why its members do not matter to each other",
        customers=customers,
    )


def _missing_labels(scheme: Scheme, table: Any, words: ColumnWords) -> Iterator[Finding]:
    for name in (*scheme.strata, *([scheme.cluster] if scheme.cluster else [])):
        missing = table.column(name).null_count
        if missing:
            what = "cluster" if name == scheme.cluster else "stratum"
            yield Finding(
                code="missing_label",
                severity="blocks",
                where=name,
                problem=f"{missing:,} customers have no {words.column(name)}",
                risk=f"A customer without a {what} cannot be assigned",
                remedy=f"give a missing {name} a level of its own, or exclude these customers, in the protocol",
                customers=missing,
            )


def _clusters(scheme: Scheme, table: Any, words: ColumnWords) -> Iterator[Finding]:
    if scheme.cluster is None:
        return
    cluster = levels(table.column(scheme.cluster), "cluster")
    sizes = np.bincount(cluster.codes, minlength=len(cluster.names))
    for name in scheme.strata:
        stratum = levels(as_array(table.column(name)).cast(pa.string()), name)
        yield from _varying(name, stratum, cluster, words)
    alone = int((sizes == 1).sum())
    if alone:
        yield Finding(
            code="one_customer_cluster",
            severity="warns",
            where=scheme.cluster,
            problem=f"{alone:,} of {len(sizes):,} clusters hold one customer",
            risk="Nothing, if they are true; but a cluster id that was filled in by default looks the same",
            remedy="check that these are single customers and not unknown groups",
            customers=alone,
        )
    if len(sizes) < FEW_CLUSTERS:
        yield Finding(
            code="few_clusters",
            severity="warns",
            where=scheme.cluster,
            problem=f"{len(sizes)} clusters, the largest of {sizes.max():,} customers",
            risk=f"Below about {FEW_CLUSTERS} clusters standard errors are unreliable, and power hangs on clusters",
            remedy="take smaller clusters, or more of them",
            customers=len(cluster.codes),
        )


def _varying(name: str, stratum: Levels, cluster: Levels, words: ColumnWords) -> Iterator[Finding]:
    varying = varying_clusters(stratum.codes, cluster)
    if len(varying):
        first = cluster.names[int(varying[0])]
        yield Finding(
            code="stratum_varies_in_cluster",
            severity="blocks",
            where=name,
            problem=f"{words.column(name)} varies within {len(varying):,} clusters, first within {first!r}",
            risk="A cluster is assigned as a whole, in one stratum",
            remedy=f"stratify by what the whole cluster shares, or leave {name} to the analysis as a covariate",
            customers=int(np.isin(cluster.codes, varying).sum()),
        )


def _strata(scheme: Scheme, table: Any, unit: str) -> Iterator[Finding]:
    """Empty, small and one-armed strata; simple randomisation takes no account of strata and has none to find."""
    if scheme.strata and not isinstance(scheme, Simple):
        yield from _empty(scheme, table)
    try:
        units = gather(scheme, table, unit)
        blocks = block_units(clusters(units).units if scheme.cluster else units, scheme)
    except DesignRefused as refusal:
        if "varies within" not in refusal.problem:
            yield _blocking("cannot_be_assigned", refusal, len(table))
        return
    for (stratum, barred), size, weights in zip(blocks.rows, blocks.sizes.tolist(), blocks.weights, strict=True):
        where = stratum + (f" (without {barred})" if barred else "")
        shares = _shares_within(scheme, weights)
        if len(shares) == 1:
            yield _one_arm(where, size)
        elif not isinstance(scheme, Simple | MatchedPairs) and size * min(shares.values()) < LEAST_PER_ARM:
            yield _small(where, size, shares)


def _shares_within(scheme: Scheme, weights: Sequence[int]) -> dict[str, Fraction]:
    """The share of a stratum's units that each open arm can expect, its hold-out included; in two stages, each
    saturation's share of the clusters."""
    if isinstance(scheme, TwoStage):
        total = sum(scheme.saturation_weights)
        names = [name for name, _ in scheme.saturations]
        return {name: Fraction(part, total) for name, part in zip(names, scheme.saturation_weights, strict=True)}
    shares: dict[str, Fraction] = {}
    for arm, weight in zip(scheme.arm_of_cell.tolist(), weights, strict=True):
        if weight:
            shares[scheme.arms[arm]] = shares.get(scheme.arms[arm], Fraction(0)) + Fraction(weight, sum(weights))
    return shares


def _one_arm(where: str, size: int) -> Finding:
    return Finding(
        code="one_arm_open",
        severity="warns",
        where=where,
        problem=f"one arm only is open to {size:,} units",
        risk="They say nothing about any contrast",
        remedy="exclude them with the reason, or open a second arm to them",
        customers=size,
    )


def _small(where: str, size: int, shares: Mapping[str, Fraction]) -> Finding:
    without = size < len(shares)
    units = "1 unit" if size == 1 else f"{size} units"
    problem, least = f"{units} for {len(shares)} arms", size * min(shares.values())
    if len(set(shares.values())) > 1 and not without:
        few = [arm for arm, share in shares.items() if size * share < LEAST_PER_ARM]
        problem += f", of which {' and '.join(few)} can expect fewer than two (the least {float(least):.3g})"
    risk = "Some arm may have none, and with one" if least < 1 else "With one"
    return Finding(
        code="stratum_smaller_than_arms" if without else "fewer_than_two_per_arm",
        severity="warns",
        where=where,
        problem=problem,
        risk="Some arm will have none, and whoever has no counterpart there is left out of that comparison and counted"
        if without
        else f"{risk} unit in an arm, no variance can be estimated",
        remedy="declare randomisation.merge, or a coarser stratum",
        customers=size,
    )


def _empty(scheme: Scheme, table: Any) -> Iterator[Finding]:
    columns = [levels(as_array(table.column(name)).cast(pa.string()), name) for name in scheme.strata]
    possible = prod(len(column.names) for column in columns)
    code = np.zeros(len(table), np.int64)
    for column in columns:
        code = code * len(column.names) + column.codes
    present = len(np.unique(code))
    if present < possible:
        yield Finding(
            code="empty_strata",
            severity="warns",
            where=", ".join(scheme.strata),
            problem=f"{possible - present} of the {possible} combinations of strata have no customers",
            risk="Nothing can be said about such customers, should they come later",
            remedy="none is needed if such customers do not exist",
            customers=0,
        )


def _method(scheme: Scheme, table: Any, unit: str) -> Iterator[Finding]:
    """What the design itself asks of the population."""
    try:
        units = gather(scheme, table, unit)
        if isinstance(scheme, MatchedPairs):
            matched(clusters(units).units if scheme.cluster else units, scheme)
        if isinstance(scheme, Rerandomised) and units.covariates is not None:
            criterion(units.covariates, scheme.covariates)
    except DesignRefused as refusal:
        yield _blocking("cannot_be_assigned", refusal, len(table))
    if isinstance(scheme, Rerandomised):
        yield from _rare(scheme, len(table))
    if isinstance(scheme, Rerandomised | MatchedPairs) and scheme.bars:
        barred = sum(1 for text in barred_arms(scheme, table).to_pylist() if text)
        if barred:
            yield Finding(
                code="barred_arm",
                severity="blocks",
                where="arms",
                problem=f"an arm is barred to {barred:,} customers",
                risk=f"In a {scheme.name} design everybody can get every arm",
                remedy="exclude these customers, or declare complete randomisation",
                customers=barred,
            )


def _rare(scheme: Rerandomised, customers: int) -> Iterator[Finding]:
    often = max(acceptance(scheme.threshold, len(scheme.covariates), len(scheme.arms)), 1e-300)
    # The draw gives up after MOST_DRAWS; it should have no real chance of getting there.
    if often * MOST_DRAWS < 20:
        yield Finding(
            code="threshold_too_strict",
            severity="blocks",
            where="randomisation.rerandomise.threshold",
            problem=f"about one draw in {1 / often:,.3g} is balanced within {float(scheme.threshold):g}",
            risk=f"The draw gives up after {MOST_DRAWS:,}, and so few acceptable draws leave too little to chance",
            remedy="declare a higher threshold, or fewer covariates",
            customers=customers,
        )


def _blocking(code: str, refusal: DesignRefused, customers: int) -> Finding:
    return Finding(
        code,
        "blocks",
        refusal.where or "population",
        refusal.problem,
        refusal.rule or "the draw would refuse",
        refusal.remedy or "correct the population, or the protocol",
        customers,
    )
