"""Every rule about randomisation refuses, at its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.designs.protocol.examples import (
    ABSENT,
    BY_BAU,
    CLUSTERED,
    ELSEWHERE,
    FACTORIAL,
    HERE,
    PAIRED,
    REDRAWN,
    SATURATED,
    SATURATIONS,
    Case,
)

BROKEN = [
    Case(
        HERE,
        {"population.mutually_exclusive_with": ["late-returns"]},
        "is the id of this trial",
        "names other trials",
        at="population.mutually_exclusive_with[0]",
    ),
    Case(HERE, {"population.unit": "row"}, "without an id", "customer's id"),
    Case(ELSEWHERE, {"randomisation.arm_column": ABSENT}, "missing", "external needs"),
    Case(HERE, {"randomisation.arm_column": "arm"}, "no meaning", "method: external"),
    Case(HERE, {"randomisation.shares": {"nfa": 1}}, "no meaning", "method: external"),
    Case(ELSEWHERE, {"randomisation.shares.treated": 1}, "not an arm", "by arm id", allowed="control, letter"),
    Case(
        ELSEWHERE,
        {"randomisation.shares.letter": ABSENT},
        "share of letter is missing",
        "every arm",
        at="randomisation.shares",
        allowed="letter",
    ),
    Case(ELSEWHERE, {"clock": {"drawn_on": "2026-01-05"}}, "already randomised", "randomised here"),
    Case(
        HERE,
        {"clock": {"drawn_on": "2026-01-05", "cut_on": "2026-01-04"}},
        "before the draw",
        "cut after customers",
        at="clock.cut_on",
    ),
    Case(ELSEWHERE, {"randomisation.hold_out": 0.1}, "already randomised", "randomised here"),
    Case(BY_BAU, {"randomisation.hold_out": 0.1}, "no arm is of kind nfa", "no further action"),
    Case(CLUSTERED, {"randomisation.cluster": "agent"}, "not the cluster", "one cluster"),
    Case(CLUSTERED, {"population.cluster": "customer_id"}, "is the customer", "several"),
    Case(HERE, {"randomisation.strata[1]": "customer_id"}, "customer's id", "many"),
    Case(CLUSTERED, {"randomisation.strata[1]": "household"}, "the cluster", "many"),
    Case(HERE, {"randomisation.strata[1]": "region"}, "already a stratum", "once"),
    Case(
        HERE,
        {"randomisation.merge": ["phone"]},
        "not among randomisation.strata",
        "give them up",
        at="randomisation.merge[0]",
    ),
    Case(HERE, {"randomisation.merge": ["region", "region"]}, "twice", "", at="randomisation.merge[1]"),
    Case(PAIRED, {"randomisation.pairs": ABSENT}, "missing", "matched_pairs needs"),
    Case(PAIRED, {"arms[2].share": 2}, "2 differs from 1", "one customer for each arm"),
    Case(REDRAWN, {"arms[2].share": 2}, "2 differs from 1", "shares are equal"),
    Case(REDRAWN, {"analysis.adjustment": "none"}, "ignores the redraws", "lin", allowed="lin"),
    Case(
        REDRAWN,
        {"analysis.covariates": ["other"]},
        "not among",
        "columns that it balanced",
        at="randomisation.rerandomise.covariates[0]",
        allowed="other",
    ),
    Case(
        SATURATED,
        {"analysis.standard_errors": "HC2", "randomisation.cluster": ABSENT},
        "missing",
        "assigned to saturations",
        at="randomisation.cluster",
    ),
    Case(SATURATED, {"randomisation.saturations[1].treated": 0.2}, "0.2 is already treated", "differ in how many"),
    Case(
        FACTORIAL,
        {"randomisation.factors.tone": ["plain", "plain"]},
        '"plain" is already a level of tone',
        "each is given once",
        at="randomisation.factors.tone[1]",
    ),
    Case(SATURATED, {"randomisation.saturations[1].id": "low"}, "already the id", "different id"),
    Case(
        SATURATED,
        {"randomisation.saturations": [{"id": name, "treated": 0, "share": 1} for name in ("one", "two")]},
        "nobody is treated at any of them",
        "some customers are treated",
        at="randomisation.saturations",
    ),
    Case(SATURATED, {"randomisation.saturation_column": "share"}, "no meaning for method", "method: external"),
    Case(
        SATURATED,
        {"randomisation.saturations[0].value": 20},
        "no saturation_column is declared",
        "label in saturation_column",
    ),
    Case(
        ELSEWHERE,
        {"randomisation.saturation_column": "share"},
        "no saturations are declared",
        "the saturations that are declared",
    ),
    Case(CLUSTERED, {"randomisation.saturations": SATURATIONS}, "no meaning for method", "saturation or external"),
    Case(FACTORIAL, {"arms[4]": ABSENT}, "no arm has norm and sms", "each combination", at="arms"),
    Case(FACTORIAL, {"arms[4].levels": ABSENT}, "missing", "level of each factor"),
    Case(
        FACTORIAL,
        {"arms[4].levels.tone": "loud"},
        "not one level",
        "every factor",
        at="arms[4].levels",
        allowed="plain | norm",
    ),
    Case(FACTORIAL, {"arms[4].levels.tone": "plain"}, "plain-sms has the same", "one arm", at="arms[4].levels"),
    Case(HERE, {"arms[1].levels": {"a": "b"}}, "no factors", "factorial"),
    Case(
        HERE,
        {"randomisation.waves": [{"id": "a", "issue_on": "2026-03-02"}, {"id": "b", "issue_on": "2026-03-02"}]},
        "not after the wave before",
        "one after another",
        at="randomisation.waves[1].issue_on",
    ),
    Case(
        HERE,
        {"randomisation.batches": {"column": "batch", "issue_on": {"one": "2026-03-02"}}},
        '"batch" is not among randomisation.strata',
        "the column of batches is a stratum",
        at="randomisation.batches.column",
    ),
    Case(
        HERE,
        {
            "randomisation.strata": ["batch"],
            "randomisation.batches": {"column": "batch", "issue_on": {"one": "2026-03-02"}},
            "randomisation.waves": [{"id": "a", "issue_on": "2026-03-02"}],
        },
        "waves are declared too",
        "not both",
        at="randomisation.batches",
    ),
    Case(
        HERE,
        {
            "randomisation.strata": ["batch"],
            "randomisation.batches": {"column": "batch", "at_random": True, "issue_on": {"one": "2026-03-02"}},
            "population.where[0]": {"column": "batch", "equals": "one"},
        },
        '"batch" is a column of batches that are made at random',
        "after it is known who takes part",
        at="population.where[0].column",
    ),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.path}-{number}") for number, case in enumerate(BROKEN)])
def test_a_broken_rule_is_named(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)
