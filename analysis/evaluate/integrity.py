"""The checks that an analysis can make on its own frame, beside those that came with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals as nw

from analysis.evaluate.follow_up import Followed, event_codes, with_early_ends
from analysis.evaluate.specify import Kinds
from analysis.evaluate.tallies import (
    ArmTally,
    tally_clusters,
    tally_day_zeros,
    tally_saturations,
    tally_shares,
    tally_within_strata,
)
from analysis.frame import AnalysisFrame, strata_of
from analysis.inference.multiplicity import holm
from analysis.integrity import checks
from analysis.integrity.balance import of_category, of_number
from analysis.integrity.checks import ArmShare
from analysis.integrity.due import days_due, maturity
from analysis.integrity.follow_up import compare_follow_up
from analysis.integrity.shares_by_stratum import compare_shares
from analysis.results import Balance, Check, Maturity
from analysis.specification import Specification
from analysis.wording.naming import outcome_in_words, outcome_label
from designs.literals import Severity
from designs.protocol.columns import columns_of
from designs.protocol.models import Outcome, Protocol
from designs.protocol.words import column_words

FEW_CLUSTERS = 40


def compared_columns(
    protocol: Protocol, specification: Specification, kinds: Kinds
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(numbers, categories) whose balance is looked at: covariates, strata and subgroup columns."""
    declared = {column.name: column.kind for column in specification.covariates}
    for name in protocol.randomisation.strata:
        declared.setdefault(name, "category")
    for subgroup in protocol.analysis.subgroups:
        cut = subgroup.quantiles is not None and kinds[subgroup.column].is_numeric()
        declared.setdefault(subgroup.column, "number" if cut else "category")
    numbers = tuple(name for name, kind in declared.items() if kind == "number")
    return numbers, tuple(name for name in declared if name not in numbers)


def balance_rows(
    frame: AnalysisFrame,
    protocol: Protocol,
    arms: Mapping[str, ArmTally],
    numbers: tuple[str, ...],
    categories: tuple[str, ...],
) -> tuple[Balance, ...]:
    """Standardised differences of every compared column, each arm against the comparison.

    Within strata where shares differ by them: otherwise the stratum itself, and all that goes with it, would differ.
    """
    within = tally_within_strata(frame, strata_of(frame, protocol), numbers, categories)
    pairs = [(arm.id, protocol.comparison.id) for arm in protocol.arms if arm.id != protocol.comparison.id]
    rows: list[Balance] = []
    for name in numbers:
        moments = {arm: tally.moments[name] for arm, tally in arms.items() if name in tally.moments}
        rows += of_number(name, moments, pairs, within.numbers[name] if within else None)
    for name in categories:
        levels = {arm: tally.levels[name] for arm, tally in arms.items()}
        rows += of_category(name, levels, pairs, within.levels[name] if within else None)
    return tuple(rows)


def maturity_of(frame: AnalysisFrame, protocol: Protocol) -> Maturity | None:
    """What was due when the data were cut; None where the cut, the customers' day 0 or the outcomes have no date."""
    days = days_due(protocol)
    if frame.as_at is None or not days:
        return None
    counted = tally_day_zeros(frame, [arm.id for arm in protocol.arms])
    return maturity(days, counted, frame.as_at, planned=frame.still_to_come)


def integrity_checks(
    frame: AnalysisFrame,
    protocol: Protocol,
    arms: Mapping[str, ArmTally],
    balance: tuple[Balance, ...],
    everybody: Mapping[str, ArmTally],
    followed: Mapping[str, Followed],
    maturity: Check | None = None,
) -> tuple[Check, ...]:
    """Every check that counts of this frame can make.

    Args:
        frame, arms, balance: of those whose arms are alike.
        everybody: all allocated customers, who must be covered; at a look those who are due.
        followed: of each time to an event, how long those whose arms are alike were followed.
        maturity: how much of their outcomes was due, where that is known.
    """
    made = [*frame.checks, *([maturity] if maturity else []), *_ratio(frame, protocol, arms)]
    made += _losses(frame, protocol, arms, followed)
    made += [
        checks.coverage(
            outcome.id,
            outcome_label(outcome),
            _shares(protocol, outcome, everybody),
            protocol.coverage(outcome),
        )
        for outcome in protocol.judged
    ]
    made += [
        check
        for outcome in protocol.outcomes
        if outcome.id in followed and (check := event_codes(protocol, outcome, followed[outcome.id]))
    ]
    made.append(checks.balance(balance, labels=protocol.labels, words=column_words(protocol)))
    return tuple(made)


def _ratio(frame: AnalysisFrame, protocol: Protocol, arms: Mapping[str, ArmTally]) -> list[Check]:
    """The sample ratio on the units that were randomised, where assignment was simple or made elsewhere."""
    made: list[Check] = []
    counts, unit = {arm.id: arms[arm.id].customers if arm.id in arms else 0 for arm in protocol.arms}, "customers"
    if protocol.cluster is not None:
        clusters = tally_clusters(frame, protocol.cluster)
        counts = {arm.id: clusters.whole.get(arm.id, 0) for arm in protocol.arms}
        unit = "clusters that lie whole in an arm," if clusters.straddling else "clusters"
        made += (
            _clusters_of_saturations(*tally_saturations(frame, protocol.cluster))
            if protocol.randomisation.saturations
            else _clusters(clusters.total, clusters.straddling)
        )
    elif protocol.errors_cluster is not None:
        of_errors = tally_clusters(frame, protocol.errors_cluster).total
        by = column_words(protocol).column(protocol.errors_cluster)
        made.append(_enough(of_errors, f"Errors are clustered by {of_errors:,} of {by}."))
    method = protocol.randomisation.method
    if method not in ("simple", "external"):
        return made
    shares = protocol.randomisation.shares
    if shares is None and method == "simple":
        shares = _expected(protocol)
    ratio = (
        checks.sample_ratio(counts, shares, unit=unit, labels=protocol.labels)
        if shares
        else checks.sample_ratio_not_declared(counts, unit=unit, labels=protocol.labels)
    )
    return [*made, ratio]


def _expected(protocol: Protocol) -> dict[str, float]:
    """Relative weights by arm of a simple assignment; who is held out stays on the comparison."""
    held = protocol.randomisation.hold_out or 0.0
    weights = {arm.id: arm.share for arm in protocol.arms if arm.share is not None}
    total = sum(weights.values())
    shares = {arm: (1.0 - held) * weight / total for arm, weight in weights.items()}
    shares[protocol.comparison.id] += held
    return shares


def _clusters(clusters: int, straddling: int) -> list[Check]:
    return _whole_and_enough(
        straddling,
        "Every cluster lies in one arm.",
        f"{straddling:,} clusters have customers in more than one arm, though clusters were dealt whole.",
        clusters,
        f"{clusters:,} clusters were dealt.",
    )


def _clusters_of_saturations(clusters: int, straddling: int) -> list[Check]:
    """Of a saturation trial, where clusters hold both arms by design and each has one saturation."""
    return _whole_and_enough(
        straddling,
        "Every cluster has one saturation.",
        f"{straddling:,} clusters have customers at more than one saturation, though each was assigned one.",
        clusters,
        f"{clusters:,} clusters are compared.",
    )


def _whole_and_enough(straddling: int, whole: str, split: str, clusters: int, counted: str) -> list[Check]:
    """Whether any cluster straddles, in the words for either answer, and whether clusters are enough."""
    detail = split if straddling else whole
    return [
        Check("clusters_whole", straddling == 0, detail, "warns", {"straddling": straddling}),
        _enough(clusters, counted),
    ]


def _enough(clusters: int, counted: str) -> Check:
    few = f" With fewer than {FEW_CLUSTERS}, ranges and tests are less reliable." if clusters < FEW_CLUSTERS else ""
    return Check("clusters_enough", clusters >= FEW_CLUSTERS, counted + few, "warns", {"clusters": clusters})


def _losses(
    frame: AnalysisFrame, protocol: Protocol, arms: Mapping[str, ArmTally], followed: Mapping[str, Followed]
) -> list[Check]:
    """Whether outcomes are missing alike in every arm: of the primary, and of every other outcome.

    Those that a verdict rests on block. They are one family with their arms, so that a trial whose outcomes are lost
    alike is called invalid once in a thousand, however many outcomes it values.
    """
    comparison, margin = protocol.comparison.id, protocol.retention_margin
    shares = {outcome.id: _shares(protocol, outcome, arms) for outcome in protocol.outcomes}
    compared = {name: checks.compare_arms(of, comparison) for name, of in shares.items()}
    lost = [outcome for outcome in protocol.outcomes if any(s.count < s.customers for s in shares[outcome.id])]
    strata = strata_of(frame, protocol)
    if lost and (strata or protocol.cluster):
        columns = {outcome.id: observed_value(outcome) for outcome in lost}
        for name, counts in tally_shares(frame, columns, strata, protocol.cluster).items():
            compared[name] = {arm: compare_shares(counts, arm, comparison) for arm in compared[name]}
    for name in followed.keys() & {outcome.id for outcome in lost}:
        compared[name] = {arm: compare_follow_up(followed[name].cells, arm, comparison) for arm in compared[name]}
    judged = [outcome.id for outcome in protocol.judged]
    family = [(name, arm) for name in judged for arm in compared[name]]
    p_values = holm([row.p_value if (row := compared[name][arm]) else None for name, arm in family])
    adjusted = dict(zip(family, p_values, strict=True))
    made = []
    for outcome in sorted(protocol.outcomes, key=lambda outcome: outcome.role != "primary"):
        name = outcome.id
        rule: dict[str, Any] = {
            "least_difference": margin,
            "compared": compared[name],
            "adjusted": {arm: adjusted[name, arm] for arm in compared[name]} if name in judged else None,
        }
        if outcome.role == "primary":
            check = checks.retention(shares[name], comparison, **rule)
        else:
            severity: Severity = "blocks" if name in judged else "warns"
            words = outcome_in_words(outcome)
            check = checks.missing_outcomes(name, words, shares[name], comparison, severity=severity, **rule)
        made.append(with_early_ends(check, protocol, outcome, followed[name]) if name in followed else check)
    return made


def _shares(protocol: Protocol, outcome: Outcome, arms: Mapping[str, ArmTally]) -> list[ArmShare]:
    return [
        ArmShare(arm.id, arms[arm.id].customers, arms[arm.id].observed[outcome.id], label=arm.label)
        if arm.id in arms
        else ArmShare(arm.id, 0, 0, label=arm.label)
        for arm in protocol.arms
    ]


def observed_value(outcome: Outcome) -> nw.Expr:
    """What is null where an outcome is missing: for a time to an event, where its time or its event is."""
    first, *others = columns_of(outcome)
    value = nw.col(first)
    for name in others:
        value = nw.when(~nw.col(name).is_null()).then(value)
    return value
