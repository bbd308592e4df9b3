"""Every rule about the declared analysis refuses, at its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.designs.protocol.examples import ABSENT, CLUSTERED, HERE, PAIRED, Case

BROKEN = [
    Case(CLUSTERED, {"analysis.standard_errors": "HC2"}, "HC2 ignores", "household", allowed="CR2"),
    Case(CLUSTERED, {"analysis.standard_errors": ABSENT}, "HC2 ignores", "clustered", allowed="CR0"),
    Case(HERE, {"analysis.standard_errors": "CR1"}, "needs a cluster", "cluster", allowed="HC2"),
    Case(
        PAIRED,
        {"analysis.standard_errors": "CR1", "population.cluster": "office"},
        "too small for pairs",
        "only CR2",
        allowed="CR2",
    ),
    Case(
        HERE,
        {"analysis.multiplicity": "dunnett", "analysis.contrasts": "all_pairs"},
        "dunnett does not cover all pairs",
        "each_against_comparison",
        allowed="holm",
    ),
    Case(CLUSTERED, {"analysis.errors_clustered_by": "office"}, "have a cluster already", "assigned together"),
    Case(
        HERE,
        {"analysis.errors_clustered_by": "office", "outcomes[2]": ABSENT},
        "ignores analysis.errors_clustered_by",
        "clustered",
        at="analysis.standard_errors",
        allowed="CR2",
    ),
    Case(
        HERE,
        {"analysis.errors_clustered_by": "customer_id", "analysis.standard_errors": "CR2", "outcomes[2]": ABSENT},
        "the customer's id",
        "several customers",
    ),
    Case(
        PAIRED,
        {"analysis.errors_clustered_by": "office", "analysis.standard_errors": "CR2", "outcomes[2]": ABSENT},
        "errors of their own",
        "within themselves",
    ),
    Case(
        HERE,
        {"analysis.errors_clustered_by": "office", "analysis.standard_errors": "CR2"},
        "does not reach it",
        "assigned together",
        at="outcomes[2].kind",
    ),
    Case(HERE, {"analysis.covariates[1]": "age_days"}, "is already among", "once"),
    Case(HERE, {"analysis.subgroups[1]": {"column": "reason", "quantiles": 2}}, "is already among", "once"),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.path}-{number}") for number, case in enumerate(BROKEN)])
def test_a_broken_rule_is_named(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)
