"""Rules about how customers are assigned: which keys a method needs, and what it can promise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, product

from designs.protocol.columns import uses
from designs.protocol.consistency import Breach, reads, repeated
from designs.protocol.models import Protocol

# The keys that belong to some methods alone, and which of these need them.
_OWN_KEYS: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "pairs": (("matched_pairs",), "matched_pairs"),
    "rerandomise": (("rerandomised",), "rerandomised"),
    "saturations": (("saturation", "external"), "saturation"),
    "saturation_column": (("external",), None),
    "factors": (("factorial",), "factorial"),
    "arm_column": (("external",), "external"),
    "shares": (("external",), None),
}
_HERE_ONLY = ("hold_out", "waves", "batches")


@reads("randomisation")
def keys_follow_the_method(protocol: Protocol) -> Iterator[Breach]:
    scheme = protocol.randomisation
    for key, (methods, needed_by) in _OWN_KEYS.items():
        given = bool(getattr(scheme, key))
        if given and scheme.method not in methods:
            problem = f"{key} has no meaning for method: {scheme.method}"
            yield Breach(("randomisation", key), problem, f"{key} belongs to method: {' or '.join(methods)}")
        if not given and scheme.method == needed_by:
            yield Breach(("randomisation", key), "this is missing", f"method: {needed_by} needs {key}")
    for key in _HERE_ONLY:
        if getattr(scheme, key) and not protocol.randomised_here:
            yield Breach(
                ("randomisation", key),
                "an external trial is already randomised",
                f"{key} is for trials randomised here",
            )


@reads("randomisation", "clock")
def clock_runs_here_and_forwards(protocol: Protocol) -> Iterator[Breach]:
    clock = protocol.clock
    if clock is None:
        return
    if not protocol.randomised_here:
        rule_text = "clock is for synthetic customers of trials randomised here; otm analyse takes --as-at"
        yield Breach(("clock",), "an external trial is already randomised", rule_text)
    if clock.cut_on is not None and clock.cut_on < clock.drawn_on:
        problem = f"{clock.cut_on} is before the draw on {clock.drawn_on}"
        yield Breach(("clock", "cut_on"), problem, "outcomes are cut after customers are assigned")


@reads("randomisation", "population")
def units_are_declared(protocol: Protocol) -> Iterator[Breach]:
    population, scheme = protocol.population, protocol.randomisation
    if protocol.randomised_here and population.unit == "row":
        rule_text = "a trial randomised here names the column that holds each customer's id"
        problem = "unit: row leaves customers without an id, by which they are assigned and followed"
        yield Breach(("population", "unit"), problem, rule_text)
    if scheme.cluster and population.cluster and scheme.cluster != population.cluster:
        problem = f'"{scheme.cluster}" is not the cluster of the population, "{population.cluster}"'
        yield Breach(("randomisation", "cluster"), problem, "a trial has one cluster; it need be given only once")
    place = ("randomisation", "cluster") if scheme.cluster else ("population", "cluster")
    if protocol.cluster is not None and protocol.cluster == population.unit:
        yield Breach(place, "the cluster is the customer", "a cluster holds several customers")
    if scheme.saturations and protocol.cluster is None:
        yield Breach(("randomisation", "cluster"), "this is missing", "clusters are assigned to saturations")


@reads("randomisation")
def saturations_differ(protocol: Protocol) -> Iterator[Breach]:
    scheme = protocol.randomisation
    place = ("randomisation", "saturations")
    if scheme.saturation_column and not scheme.saturations:
        rule_text = "saturation_column names the column of the saturations that are declared"
        yield Breach(("randomisation", "saturation_column"), "no saturations are declared", rule_text)
    if scheme.saturations and not any(level.treated > 0 for level in scheme.saturations):
        yield Breach(place, "nobody is treated at any of them", "at one saturation or more some customers are treated")
        return
    for position, _ in repeated(str(level.treated) for level in scheme.saturations):
        problem = f"{scheme.saturations[position].treated:g} is already treated at another saturation"
        rule_text = "saturations differ in how many customers are treated: two that do not are one"
        yield Breach((*place, position, "treated"), problem, rule_text)
    for position, level in enumerate(scheme.saturations):
        if level.value is not None and scheme.saturation_column is None:
            rule_text = "value is a saturation's label in saturation_column"
            yield Breach((*place, position, "value"), "no saturation_column is declared", rule_text)


@reads("id", "population")
def others_are_others(protocol: Protocol) -> Iterator[Breach]:
    for position, name in enumerate(protocol.population.mutually_exclusive_with):
        if name == protocol.id:
            path = ("population", "mutually_exclusive_with", position)
            yield Breach(path, f'"{name}" is the id of this trial', "mutually_exclusive_with names other trials")


@reads("randomisation", "population")
def strata_stand_apart(protocol: Protocol) -> Iterator[Breach]:
    special = {protocol.population.unit: "the customer's id", protocol.cluster: "the cluster"}
    special |= {protocol.randomisation.pairs: "the pair"}
    for position, column in enumerate(protocol.randomisation.strata):
        if column in special:
            place = ("randomisation", "strata", position)
            yield Breach(place, f'"{column}" is {special[column]}', "a stratum holds many customers")
    for position, column in repeated(protocol.randomisation.strata):
        place = ("randomisation", "strata", position)
        yield Breach(place, f'"{column}" is already a stratum', "each column stratifies once")


@reads("randomisation")
def strata_given_up_are_strata(protocol: Protocol) -> Iterator[Breach]:
    strata = protocol.randomisation.strata
    rule_text = "merge lists strata in the order in which small ones give them up"
    for position, column in enumerate(protocol.randomisation.merge):
        if column not in strata:
            place = ("randomisation", "merge", position)
            yield Breach(place, f'"{column}" is not among randomisation.strata', rule_text, strata)
    for position, column in repeated(protocol.randomisation.merge):
        yield Breach(("randomisation", "merge", position), f'"{column}" is given up twice', rule_text)


@reads("randomisation", "arms")
def expected_ratio_covers_the_arms(protocol: Protocol) -> Iterator[Breach]:
    shares = protocol.randomisation.shares
    if shares is None or protocol.randomised_here:
        return
    ids = tuple(arm.id for arm in protocol.arms)
    for name in shares:
        if name not in ids:
            yield Breach(
                ("randomisation", "shares", name), f'"{name}" is not an arm', "shares are given by arm id", ids
            )
    if missing := [name for name in ids if name not in shares]:
        problem = f"the share of {', '.join(missing)} is missing"
        yield Breach(("randomisation", "shares"), problem, "shares are given for every arm, or for none", ids)


@reads("randomisation", "arms", "nfa_waived")
def hold_out_needs_no_further_action(protocol: Protocol) -> Iterator[Breach]:
    if protocol.randomisation.hold_out is not None and all(arm.kind != "nfa" for arm in protocol.arms):
        rule_text = "the customers of a long-run hold-out stay on no further action, so an arm is nfa"
        yield Breach(("randomisation", "hold_out"), "no arm is of kind nfa", rule_text)


@reads("randomisation")
def parts_are_told_apart(protocol: Protocol) -> Iterator[Breach]:
    for key in ("waves", "saturations"):
        for position, name in repeated(part.id for part in getattr(protocol.randomisation, key)):
            place = ("randomisation", key, position, "id")
            yield Breach(place, f'"{name}" is already the id of one of the {key}', "each has a different id")
    waves = protocol.randomisation.waves
    for position, (earlier, later) in enumerate(pairwise(waves), start=1):
        if later.issue_on <= earlier.issue_on:
            place = ("randomisation", "waves", position, "issue_on")
            yield Breach(place, f"{later.issue_on} is not after the wave before", "waves are issued one after another")


@reads("randomisation")
def a_batch_is_a_stratum(protocol: Protocol) -> Iterator[Breach]:
    scheme = protocol.randomisation
    if scheme.batches is None or not protocol.randomised_here:
        return
    place = ("randomisation", "batches")
    if scheme.batches.column not in scheme.strata:
        problem = f'"{scheme.batches.column}" is not among randomisation.strata'
        rule_text = "the column of batches is a stratum, so that arms are compared on the same days"
        yield Breach((*place, "column"), problem, rule_text, scheme.strata)
    if scheme.waves:
        yield Breach(place, "waves are declared too", "day 0 is the wave's or the batch's, not both")


@reads("randomisation", "population")
def batches_at_random_choose_nobody(protocol: Protocol) -> Iterator[Breach]:
    """The load makes them after it has asked who takes part."""
    batches = protocol.randomisation.batches
    if batches is None or not batches.at_random:
        return
    for use in uses(protocol):
        if use.column == batches.column and use.part in ("id", "cluster", "pair", "where", "exclude", "welsh"):
            rule_text = "batches are made at random after it is known who takes part, and who goes together"
            yield Breach(use.path, f'"{use.column}" is a column of batches that are made at random', rule_text)


@reads("randomisation", "arms")
def equal_shares_where_needed(protocol: Protocol) -> Iterator[Breach]:
    reasons = {
        "rerandomised": "redrawing keeps each customer's probability only where shares are equal",
        "matched_pairs": "a pair has one customer for each arm, so shares are equal",
    }
    reason = reasons.get(protocol.randomisation.method)
    shares = [arm.share for arm in protocol.arms]
    if reason is None or None in shares:
        return
    for position, share in enumerate(shares):
        if share != shares[0]:
            yield Breach(("arms", position, "share"), f"{share:g} differs from {shares[0]:g}", reason)


@reads("randomisation", "analysis")
def rerandomisation_is_analysed_as_drawn(protocol: Protocol) -> Iterator[Breach]:
    criterion = protocol.randomisation.rerandomise
    if criterion is None:
        return
    rule_text = "a rerandomised trial is analysed by adjustment: lin on the columns that it balanced"
    if protocol.analysis.adjustment != "lin":
        yield Breach(
            ("analysis", "adjustment"), f"{protocol.analysis.adjustment} ignores the redraws", rule_text, ("lin",)
        )
    adjusted = {covariate.column for covariate in protocol.analysis.covariates}
    for position, column in enumerate(criterion.covariates):
        if column not in adjusted:
            place = ("randomisation", "rerandomise", "covariates", position)
            yield Breach(place, f'"{column}" is not among analysis.covariates', rule_text, tuple(sorted(adjusted)))


@reads("randomisation", "arms", "nfa_waived")
def factors_make_the_arms(protocol: Protocol) -> Iterator[Breach]:
    """Every combination of levels is one arm; only the comparison may stand outside."""
    factors = protocol.randomisation.factors
    for position, arm in enumerate(protocol.arms):
        if arm.levels is not None and not factors:
            yield Breach(("arms", position, "levels"), "no factors are declared", "levels belong to method: factorial")
    if not factors:
        return
    doubled = [
        Breach(("randomisation", "factors", factor, position), f'"{level}" is already a level of {factor}',
               "the levels of a factor are told apart, so each is given once")
        for factor, levels in factors.items()
        for position, level in repeated(levels)
    ]  # fmt: skip
    if doubled:
        yield from doubled
        return
    wanted = {tuple(zip(factors, levels, strict=True)) for levels in product(*factors.values())}
    made: dict[tuple[tuple[str, str], ...], str] = {}
    wrong = []
    for position, arm in enumerate(protocol.arms):
        place = ("arms", position, "levels")
        if arm.levels is None:
            if arm.kind == "otm":
                rule_text = "an otm arm of a factorial trial has a level of each factor"
                wrong.append(Breach(place, "this is missing", rule_text))
            continue
        combination = tuple((factor, arm.levels.get(factor, "")) for factor in factors)
        if combination not in wanted or len(arm.levels) != len(factors):
            options = tuple(f"{factor}: {' | '.join(levels)}" for factor, levels in factors.items())
            wrong.append(Breach(place, "these are not one level of each factor", "levels name every factor", options))
        elif combination in made:
            wrong.append(Breach(place, f"{made[combination]} has the same levels", "each combination is one arm"))
        made.setdefault(combination, arm.id)
    yield from wrong
    if not wrong and (absent := [" and ".join(level for _, level in levels) for levels in sorted(wanted - set(made))]):
        problem = f"no arm has {'; '.join(absent)}"
        yield Breach(("arms",), problem, "a factorial trial has an arm for each combination of levels")


RULES = (
    keys_follow_the_method,
    clock_runs_here_and_forwards,
    units_are_declared,
    saturations_differ,
    others_are_others,
    strata_stand_apart,
    strata_given_up_are_strata,
    expected_ratio_covers_the_arms,
    hold_out_needs_no_further_action,
    parts_are_told_apart,
    a_batch_is_a_stratum,
    batches_at_random_choose_nobody,
    equal_shares_where_needed,
    rerandomisation_is_analysed_as_drawn,
    factors_make_the_arms,
)
