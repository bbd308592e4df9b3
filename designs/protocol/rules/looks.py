"""Rules about looks before the end: when they can be counted, and for which trials their error is known.

Boundaries rest on statistics whose increments are independent and whose information grows with the customers who are
due (Jennison & Turnbull 2000, Group Sequential Methods, chapters 3 and 11). Where that is not known to hold, looks are
refused rather than taken on trust.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from designs.protocol.consistency import Breach, reads
from designs.protocol.models import Protocol

_PLACE = ("analysis", "looks")


@reads("analysis")
def looks_come_in_order(protocol: Protocol) -> Iterator[Breach]:
    looks = protocol.analysis.looks
    for position, (earlier, later) in enumerate(pairwise(looks.fractions if looks else ()), start=1):
        if later <= earlier:
            problem = f"{later:g} is not above {earlier:g}, the look before"
            yield Breach((*_PLACE, "fractions", position), problem, "looks come in ascending order of information")


@reads("analysis", "randomisation", "population", "arms", "outcomes")
def looks_suit_the_trial(protocol: Protocol) -> Iterator[Breach]:
    """No looks where the joint distribution of the statistics over the looks is not the one that boundaries use."""
    if protocol.analysis.looks is None:
        return
    reasons = (
        (
            not protocol.randomised_here,
            "the trial was randomised elsewhere",
            "looks are counted, in order and once, by the registry that runs the trial",
        ),
        (
            protocol.randomisation.method not in ("simple", "complete", "external"),
            f"method: {protocol.randomisation.method} has no boundaries",
            "boundaries are for customers assigned one by one (simple, complete): redraws, pairs, saturations and "
            "main effects have another distribution over the looks",
        ),
        (
            protocol.cluster is not None,
            "customers are assigned by cluster",
            "with clusters, information does not grow with the customers who are due",
        ),
        (
            protocol.analysis.errors_clustered_by is not None,
            "errors are clustered, by analysis.errors_clustered_by",
            "with clustered errors, information does not grow with the customers who are due",
        ),
        (
            any(arm.not_for for arm in protocol.arms),
            "an arm is closed to some customers",
            "an arm that is closed to some is compared among customers of its own, whose information is not the "
            "trial's",
        ),
        (
            any(outcome.role == "primary" and outcome.kind == "time_to_event" for outcome in protocol.outcomes),
            "the primary is a time to an event",
            "the information of a time to an event is its events, and looks count customers who are due",
        ),
    )
    for holds, problem, rule_text in reasons:
        if holds:
            yield Breach(_PLACE, problem, rule_text)


@reads("analysis", "arms")
def looks_have_their_tests(protocol: Protocol) -> Iterator[Breach]:
    analysis = protocol.analysis
    if analysis.looks is None:
        return
    if analysis.adjustment == "additive":
        rule_text = "with shares that differ, additive adjustment need not have independent increments over the looks"
        yield Breach(("analysis", "adjustment"), "additive has no boundaries", rule_text, ("none", "lin"))
    if analysis.multiplicity not in ("holm", "bonferroni"):
        rule_text = "with looks, each approach has its share of the error at every look"
        problem = f"{analysis.multiplicity} does not share the error over looks"
        yield Breach(("analysis", "multiplicity"), problem, rule_text, ("holm", "bonferroni"))


@reads("analysis", "randomisation", "arms")
def looks_have_their_dates(protocol: Protocol) -> Iterator[Breach]:
    looks, scheme = protocol.analysis.looks, protocol.randomisation
    if looks is None or not protocol.randomised_here:
        return
    days = {wave.issue_on for wave in scheme.waves} or set(scheme.batches.issue_on.values() if scheme.batches else ())
    if len(days) < 2:
        rule_text = "looks need waves or batches issued on two days or more: else all outcomes are due together"
        yield Breach(_PLACE, "every customer has the same day 0", rule_text)
    if len(scheme.waves) > 1 and looks.customers is None:
        rule_text = "until the last wave is allocated, only the plan knows how many customers there will be"
        yield Breach((*_PLACE, "customers"), "this is missing", rule_text)
    least = len(scheme.waves) * len(protocol.arms)
    if scheme.waves and looks.customers is not None and looks.customers < least:
        problem = f"{looks.customers} are too few for {len(scheme.waves)} waves of {len(protocol.arms)} arms"
        rule_text = f"customers is how many all waves are planned to have: at least one in each arm of each, {least}"
        yield Breach((*_PLACE, "customers"), problem, rule_text)
    if not scheme.waves and looks.customers is not None:
        rule_text = "without waves the customers who are allocated are all there will be"
        yield Breach((*_PLACE, "customers"), "the trial has no waves", rule_text)


RULES = (looks_come_in_order, looks_suit_the_trial, looks_have_their_tests, looks_have_their_dates)
