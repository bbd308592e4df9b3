"""Every rule about columns refuses, at its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.designs.protocol.examples import ELSEWHERE, HERE, Case

TRUST = {"column": "trust", "equals": True}


def two(second: dict[str, object]) -> list[dict[str, object]]:
    return [{"when": [TRUST, second], "reason": "by hand"}]


LABELS = {"reason": {"label": "Reason", "levels": {"1": "forgot", "2": "confused"}}, "region": {"label": "region"}}
BROKEN = [
    Case(
        HERE,
        {"population.columns": {"region": {"circumstance": "hardship"}}},
        '"region" is text',
        "kind boolean",
        at="population.columns.region.circumstance",
    ),
    Case(
        HERE,
        {"population.columns": LABELS | {"why": {"label": "reason"}}},
        '"reason" is called so too',
        "told apart",
        at="population.columns.why.label",
    ),
    Case(
        HERE,
        {"population.columns": {"reason": {"levels": {"1": "forgot", "2": "Forgot"}}}},
        '"1" is called so too',
        "told apart by their words",
        at="population.columns.reason.levels.2",
    ),
    Case(
        HERE,
        {"population.columns": {"reason": {"levels": {"1": "forgot", "1.0": "confused"}}}},
        '"1" is the same value',
        "one name",
        at='population.columns.reason.levels["1.0"]',
    ),
    Case(
        HERE,
        {"arms[1].not_for": two({"column": "trust", "equals": False})},
        '"trust" is asked above',
        "stand in one condition",
        at="arms[1].not_for[0].when[1].column",
    ),
    Case(
        HERE,
        {"population.exclude": two({"column": "paid", "equals": True})},
        "an outcome",
        "takes part",
        at="population.exclude[0].when[1].column",
    ),
    Case(
        HERE,
        {"population.exclude": two({"column": "debt", "above": 2, "below": 1})},
        "nothing lies between",
        "lower bound",
        at="population.exclude[0].when[1]",
    ),
    Case(HERE, {"analysis.covariates[0]": "filed_30"}, "an outcome", "before customers"),
    Case(HERE, {"analysis.covariates[0]": "days"}, "an outcome", "before customers"),
    Case(HERE, {"analysis.subgroups[0].column": "paid"}, "an outcome", "subgroup", at="analysis.subgroups[0]"),
    Case(HERE, {"randomisation.strata[0]": "complaint"}, "an outcome", "stratum"),
    Case(HERE, {"population.where[0].column": "paid"}, "an outcome", "takes part"),
    Case(ELSEWHERE, {"analysis.covariates": ["treated"]}, "the arm", "before", at="analysis.covariates[0]"),
    Case(ELSEWHERE, {"randomisation.strata": ["treated"]}, "the arm", "before", at="randomisation.strata[0]"),
    Case(ELSEWHERE, {"analysis.subgroups": [{"column": "treated"}]}, "the arm", "before", at="analysis.subgroups[0]"),
    Case(
        ELSEWHERE,
        {"population.where": [{"column": "filed", "equals": 1}]},
        "an outcome",
        "takes part",
        at="population.where[0].column",
    ),
    Case(
        HERE,
        {"analysis.complier": {"received": "spoken_to"}, "analysis.covariates": ["spoken_to"]},
        "known only after allocation",
        "before",
        at="analysis.covariates[0]",
    ),
    Case(HERE, {"analysis.covariates[0]": "customer_id"}, "customer's id", "not an id"),
    Case(ELSEWHERE, {"outcomes[0].column": "treated"}, "the arm", "no other column is the arm"),
    Case(
        HERE,
        {"analysis.subgroups[0].quantiles": 4, "population.columns": {"reason": {"kind": "text"}}},
        "declared text",
        "kind number",
        at="analysis.subgroups[0]",
    ),
    Case(HERE, {"population.columns": {"paid": {"kind": "text"}}}, "declared text", "kind number", at="outcomes[1].id"),
    Case(
        HERE,
        {"population.columns": {"customer_id": {"kind": "number"}}},
        "declared number",
        "kind text",
        at="population.unit",
    ),
    Case(
        HERE,
        {
            "population.cluster": "agent",
            "analysis.standard_errors": "CR2",
            "analysis.covariates[0]": {"column": "agent", "as": "number"},
        },
        "elsewhere used as text",
        "kind number",
        at="analysis.covariates[0]",
    ),
    Case(
        HERE,
        {
            "population.where[0]": {"column": "principal", "equals": "high"},
            "analysis.covariates[0]": {"column": "principal", "as": "number"},
        },
        '"high" is not a number',
        "population.columns",
        at="population.where[0].equals",
    ),
    Case(HERE, {"population.where[0].below": 1}, "nothing lies between 1 and 1", "below", at="population.where[0]"),
    Case(HERE, {"population.where[0].missing": True}, "also compared", "alone", at="population.where[0]"),
    Case(
        HERE,
        {"population.columns": {"age_days": {"as_at": "2026-03-02"}}, "randomisation.allocation_date": "2026-03-01"},
        "2026-03-02 is after the allocation on 2026-03-01",
        "a covariate is measured before",
        at="population.columns.age_days.as_at",
    ),
]


@pytest.mark.parametrize("case", [pytest.param(case, id=f"{case.path}-{number}") for number, case in enumerate(BROKEN)])
def test_a_broken_rule_is_named(tmp_path: Path, case: Case) -> None:
    case.hold(tmp_path)
