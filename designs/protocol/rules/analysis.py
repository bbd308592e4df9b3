"""Rules about the declared analysis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from designs.literals import CLUSTERED, StandardErrors
from designs.protocol.consistency import Breach, reads, repeated
from designs.protocol.effects import (
    FEWER,
    FEWER_TOGETHER,
    MOST_EFFECTS,
    MOST_TOGETHER,
    RULE_EFFECTS,
    RULE_TOGETHER,
    comparisons,
    declared_levels,
    effects_asked,
    effects_in_words,
    together,
)
from designs.protocol.models import Protocol

_UNCLUSTERED = tuple(errors for errors in get_args(StandardErrors) if errors not in CLUSTERED)


@reads("analysis", "population", "randomisation")
def errors_follow_the_clusters(protocol: Protocol) -> Iterator[Breach]:
    declared, cluster = protocol.analysis.standard_errors, protocol.cluster
    path = ("analysis", "standard_errors")
    if cluster is not None and declared not in CLUSTERED:
        rule_text = f'customers of one "{cluster}" are assigned together, so errors are clustered'
        yield Breach(path, f"{declared} ignores the clusters", rule_text, CLUSTERED)
    if protocol.errors_cluster is None and declared in CLUSTERED:
        rule_text = "clustered errors need population.cluster, or analysis.errors_clustered_by"
        yield Breach(path, f"{declared} needs a cluster", rule_text, _UNCLUSTERED)
    if protocol.randomisation.method == "matched_pairs" and cluster is not None and declared in ("CR0", "CR1"):
        rule_text = "with a term for each pair of clusters, only CR2 keeps its size"
        yield Breach(path, f"{declared} is too small for pairs of clusters", rule_text, ("CR2",))


@reads("analysis", "population", "randomisation", "outcomes")
def errors_of_what_was_not_assigned_whole(protocol: Protocol) -> Iterator[Breach]:
    """``errors_clustered_by`` is for customers who are alike and were assigned one by one."""
    column, path = protocol.analysis.errors_clustered_by, ("analysis", "errors_clustered_by")
    if column is None:
        return
    if protocol.cluster is not None:
        rule_text = f'customers of one "{protocol.cluster}" are assigned together, so errors are clustered by it'
        yield Breach(path, "errors have a cluster already", rule_text)
        return
    if column == protocol.population.unit:
        yield Breach(path, f'"{column}" is the customer\'s id', "a cluster is of several customers")
    if protocol.analysis.standard_errors not in CLUSTERED:
        rule_text = "errors are clustered where a column is declared for it"
        problem = f"{protocol.analysis.standard_errors} ignores analysis.errors_clustered_by"
        yield Breach(("analysis", "standard_errors"), problem, rule_text, CLUSTERED)
    if protocol.randomisation.method == "matched_pairs":
        yield Breach(path, "pairs have errors of their own", "pairs are compared within themselves")
    for position, outcome in enumerate(protocol.outcomes):
        if outcome.kind == "time_to_event":
            rule_text = "a time to an event is clustered by those who were assigned together, and by nothing else"
            yield Breach(("outcomes", position, "kind"), "errors_clustered_by does not reach it", rule_text)


@reads("analysis")
def dunnett_compares_with_one(protocol: Protocol) -> Iterator[Breach]:
    if protocol.analysis.multiplicity == "dunnett" and protocol.analysis.contrasts != "each_against_comparison":
        rule_text = "dunnett is for contrasts: each_against_comparison"
        options = ("none", "holm", "bonferroni", "benjamini_hochberg")
        yield Breach(("analysis", "multiplicity"), "dunnett does not cover all pairs", rule_text, options)


@reads("analysis")
def columns_stand_once(protocol: Protocol) -> Iterator[Breach]:
    for key in ("covariates", "subgroups"):
        for position, name in repeated(part.column for part in getattr(protocol.analysis, key)):
            path = ("analysis", key, position)
            yield Breach(path, f'"{name}" is already among the {key}', "each column is given once")


@reads("analysis", "arms", "outcomes")
def effects_can_be_held(protocol: Protocol) -> Iterator[Breach]:
    """As far as the plan says; the analysis asks again when it knows the levels."""
    levels = declared_levels(protocol)
    if effects_asked(protocol, levels) > MOST_EFFECTS:
        at = "subgroups" if levels else "contrasts"
        yield Breach(("analysis", at), effects_in_words(protocol, levels), f"{RULE_EFFECTS}; {FEWER}")
    elif (of_one := together(protocol, levels)) > MOST_TOGETHER:
        problem = f"it asks for {of_one:,} comparisons together, {comparisons(protocol):,} of them in each level"
        yield Breach(("analysis", "contrasts"), problem, f"{RULE_TOGETHER}; {FEWER_TOGETHER}")


RULES = (
    errors_follow_the_clusters,
    errors_of_what_was_not_assigned_whole,
    dunnett_compares_with_one,
    columns_stand_once,
    effects_can_be_held,
)
