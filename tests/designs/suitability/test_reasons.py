"""Segments by reason: coverage, mixed populations, and what the plan makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from data.cohort.population import population
from designs.protocol import population_contract
from designs.protocol.models import Reasons
from designs.suitability import ReasonCount, count_reasons, mix_of, review
from tests.designs.protocol.examples import HERE, Change, changed, errors_of
from tests.designs.suitability.plans import SETTLED, TODAY, codes, plan_of

DECLARED = {"column": "reason", "confidence_column": "reason_confidence", "evidence": "interviews of 2025"}
REASONS = Reasons.model_validate(DECLARED)
PLAN = changed(SETTLED, ("population.reasons", dict(DECLARED)), ("analysis.subgroups", []), ("analysis.covariates", []))
COHORT = count_reasons(population(20261130, 4000), REASONS)
ALIKE = (ReasonCount("forgot", "known", 96), ReasonCount("deliberate", "inferred", 4))


def opened(counts: Sequence[ReasonCount] | None, *changes: Change) -> list[tuple[str, str, str]]:
    return codes(review(plan_of(PLAN, *changes), [], TODAY, counts).open)


MIXED = ("mixed_reasons", "blocks", "analysis.subgroups")
DIFFER = ("reasons_differ", "warns", "suitability.same_reason.answer")
NO = ("suitability.same_reason.answer", "no")


@pytest.mark.requirement("S05")
def test_coverage_is_the_share_whose_reason_is_known_or_inferred() -> None:
    counts = [
        ReasonCount("forgot", "known", 30), ReasonCount("forgot", "inferred", 25), ReasonCount("confused", "known", 5),
        ReasonCount("forgot", "unknown", 10), ReasonCount("forgot", None, 8), ReasonCount(None, "known", 7),
        ReasonCount("unknown", "known", 9), ReasonCount("confused", "guessed", 6),
    ]  # fmt: skip
    mix = mix_of(REASONS, counts)
    assert (mix.customers, mix.known, mix.inferred, mix.unknown) == (100, 35, 25, 40)
    assert (mix.coverage, mix.share_unknown) == (0.6, 0.4)
    assert mix.by_reason == (("forgot", 55), ("confused", 5))


@pytest.mark.requirement("S05")
@pytest.mark.parametrize(("unknown", "warned"), [(20, False), (21, True), (100, True)])
def test_a_warning_above_the_declared_share_unknown(unknown: int, warned: bool) -> None:
    counts = [ReasonCount("forgot", "known", 100 - unknown), ReasonCount("forgot", "unknown", unknown)]
    found = review(plan_of(PLAN), [], TODAY, counts).open
    assert codes(found) == ([("reasons_unknown", "warns", "population.reasons.column")] if warned else [])
    assert all(f"{unknown} of 100 customers ({unknown}%)" in item.problem for item in found)
    assert opened(counts, ("population.reasons.warn_above", 1)) == []


@pytest.mark.requirement("S06")
def test_a_mixed_population_is_blocked_until_it_is_segmented() -> None:
    assert opened(COHORT) == [MIXED, DIFFER]
    assert opened(COHORT, NO) == [MIXED]
    for segmenting in (
        ("analysis.subgroups", [{"column": "reason"}]),
        ("randomisation.strata", ["region", "reason"]),
        ("arms[1].not_for", [{"when": {"column": "reason", "equals": "deliberate"}, "reason": "it is too gentle"}]),
    ):
        assert opened(COHORT, NO, segmenting) == [], segmenting
    assert opened(COHORT, NO, ("randomisation.strata", ["region"])) == [MIXED]
    assert opened(COHORT, NO, ("population.reasons.one_approach_because", "the law requires one letter")) == []


@pytest.mark.requirement("S06")
def test_few_others_do_not_make_a_mix() -> None:
    assert opened(ALIKE) == []
    assert opened([*ALIKE, ReasonCount("confused", "known", 2)]) == [MIXED, DIFFER]


@pytest.mark.requirement("S12")
def test_different_reasons_open_the_step_of_segments() -> None:
    undeclared = ("population.reasons", None)
    assert opened(None, NO, undeclared) == [("reasons_not_declared", "blocks", "population.reasons")]
    assert opened(None, NO) == [MIXED]
    assert opened(None, NO, ("analysis.subgroups", [{"column": "reason"}])) == []
    assert opened(None, undeclared) == opened(None) == []


def test_counts_are_of_the_table_and_need_no_customers() -> None:
    assert sum(count.customers for count in COHORT) == 4000
    mix = mix_of(REASONS, COHORT)
    assert mix.coverage == pytest.approx(0.85, abs=0.02)
    assert mix.by_reason[0][0] == "forgot"
    nobody = mix_of(REASONS, [])
    assert (nobody.coverage, nobody.share_unknown, nobody.mixed) == (0.0, 0.0, False)


def test_both_columns_are_asked_of_the_population() -> None:
    required = [column.name for column in population_contract(plan_of(PLAN)).columns if column.required]
    assert {"reason", "reason_confidence"} <= set(required)


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (("population.reasons.confidence_column", "reason"), "confidence_column"),
        (("population.reasons.inferred", ["model", "known"]), "inferred[1]"),
        (("population.reasons.column", "filed_30"), "column"),
        (("population.reasons.warn_above", 1.5), "warn_above"),
        (("population.reasons.evidence", " "), "evidence"),
    ],
)
def test_reasons_that_contradict_the_plan_are_refused(tmp_path: Path, change: Change, path: str) -> None:
    document: dict[str, Any] = changed(HERE, ("population.reasons", dict(DECLARED)), change)
    assert [error.path for error in errors_of(tmp_path, document)] == [f"population.reasons.{path}"]
