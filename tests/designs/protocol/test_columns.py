"""Columns by their use: kinds, what each file must hold, and what may be known when."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.errors import DataRefused
from data.intake import read_file
from designs.protocol import (
    Protocol,
    ProtocolRefused,
    check,
    check_allocation_date,
    check_columns,
    column_kinds,
    external_contract,
    outcomes_contract,
    population_contract,
)
from tests.designs.protocol.examples import ABSENT, ELSEWHERE, HERE, Change, changed, loaded, written

SCORED = changed(
    HERE,
    ("population.columns", {"age_days": {"as_at": "2026-02-02", "source": "risk model of January", "kind": "number"}}),
    ("population.columns.unused", {"as_at": "2030-01-01"}),
)


def protocol(folder: Path, *changes: Change, base: dict[str, Any] = HERE) -> Protocol:
    return loaded(folder, changed(base, *changes)).protocol


def test_a_kind_follows_the_use(tmp_path: Path) -> None:
    assert column_kinds(protocol(tmp_path)) == {
        "customer_id": "text",
        "years_late": "number",
        "trust": "boolean",
        "region": "text",
        "filed_30": "boolean",
        "paid": "number",
        "days": "number",
        "f": "boolean",
        "complaint": "boolean",
        "age_days": "any",
        "reason": "any",
    }


@pytest.mark.parametrize(
    ("changes", "column", "kind"),
    [
        ([("population.columns.region", {"kind": "number"})], "region", "number"),
        ([("population.where[0]", {"column": "region", "at_least": 2})], "region", "text"),
        ([("population.where[0]", {"column": "w", "one_of": ["a", "b"]})], "w", "text"),
        ([("population.where[0]", {"column": "w", "one_of": [1, "b"]})], "w", "text"),
        ([("population.where[0]", {"column": "w", "one_of": [1, 2]})], "w", "number"),
        ([("population.where[0]", {"column": "w", "equals": True, "at_least": 0})], "w", "number"),
        ([("population.where[0]", {"column": "w", "missing": False})], "w", "any"),
        ([("population.where[0]", {"column": "age_days", "above": 0})], "age_days", "number"),
        ([("analysis.covariates[0]", {"column": "age_days", "as": "number"})], "age_days", "number"),
        ([("analysis.covariates[0]", {"column": "age_days", "as": "category"})], "age_days", "any"),
        ([("analysis.subgroups[0].quantiles", 4)], "reason", "number"),
        ([("analysis.covariates[0]", {"column": "region", "as": "number"})], "region", "number"),
        ([("analysis.complier", {"received": "spoken_to"})], "spoken_to", "boolean"),
        ([("outcomes[0].column", "filed")], "filed", "boolean"),
        ([("population.columns.filed_30", {"kind": "number"})], "filed_30", "number"),
    ],
)
def test_uses_are_weighed(tmp_path: Path, changes: list[Change], column: str, kind: str) -> None:
    assert column_kinds(protocol(tmp_path, *changes))[column] == kind


def test_the_population_holds_what_is_known_before_the_draw(tmp_path: Path) -> None:
    contract = population_contract(protocol(tmp_path, ("population.columns.score", {"source": "a model"})))
    assert contract.id_column == "customer_id"
    assert contract.duplicates == "refuse"
    assert contract.required_names == ("customer_id", "years_late", "trust", "score", "region", "age_days", "reason")
    assert contract.kind_of("years_late") == "number"


def test_outcomes_come_by_id_and_receipt_may_come_otherwise(tmp_path: Path) -> None:
    contract = outcomes_contract(protocol(tmp_path, ("analysis.complier", {"received": "spoken_to"})))
    assert contract.duplicates == "reject"
    assert contract.required_names == ("customer_id", "filed_30", "paid", "days", "f", "complaint")
    assert [column.name for column in contract.columns if not column.required] == ["spoken_to"]
    assert {column.name: column.minimum for column in contract.columns if column.minimum is not None} == {"days": 0}


def test_an_external_file_holds_everything(tmp_path: Path) -> None:
    contract = external_contract(protocol(tmp_path, ("analysis.covariates", ["age"]), base=ELSEWHERE))
    assert contract.id_column is None
    assert contract.required_names == ("treated", "filed", "age")
    assert [contract.kind_of(name) for name in contract.required_names] == ["text", "boolean", "any"]


def test_a_binary_outcome_declared_a_number_stays_between_zero_and_one(tmp_path: Path) -> None:
    contract = external_contract(protocol(tmp_path, ("population.columns.filed", {"kind": "number"}), base=ELSEWHERE))
    (filed,) = (column for column in contract.columns if column.name == "filed")
    assert (filed.kind, filed.minimum, filed.maximum) == ("number", 0, 1)


POPULATION = ("customer_id", "years_late", "trust", "region", "age_days", "reason")


@pytest.mark.parametrize(
    ("absent", "path"),
    [
        ("years_late", "population.where[0].column"),
        ("trust", "population.exclude[0].when.column"),
        ("region", "randomisation.strata[0]"),
        ("age_days", "analysis.covariates[0]"),
        ("reason", "analysis.subgroups[0]"),
        ("customer_id", "population.unit"),
    ],
)
def test_a_column_that_the_population_lacks_is_named_where_it_is_used(tmp_path: Path, absent: str, path: str) -> None:
    columns = [name for name in POPULATION if name != absent]
    check_columns(protocol(tmp_path), POPULATION)
    with pytest.raises(ProtocolRefused) as refusal:
        check_columns(protocol(tmp_path), columns)
    (error,) = refusal.value.errors
    assert error.path == path
    assert f'the file has no column "{absent}"' in error.problem
    assert error.allowed == tuple(columns)


def test_the_refusal_of_a_file_names_the_place_in_the_protocol(tmp_path: Path) -> None:
    file = tmp_path / "population.csv"
    file.write_text("customer_id,year_late,trust,region,age_days\nA1,2,0,N,5\n", encoding="utf-8")
    with pytest.raises(DataRefused) as refusal:
        read_file(file, population_contract(protocol(tmp_path)))
    assert "years_late, named in population.where[0].column (is it 'year_late'?)" in str(refusal.value)
    assert "reason, named in analysis.subgroups[0]" in str(refusal.value)


def test_a_likely_spelling_is_offered(tmp_path: Path) -> None:
    with pytest.raises(ProtocolRefused, match="did you mean years_Late"):
        check_columns(protocol(tmp_path), ["years_Late", *POPULATION[2:], "customer_id"])


def test_every_use_of_an_absent_column_is_named(tmp_path: Path) -> None:
    both = protocol(tmp_path, ("analysis.covariates[1]", "region"), ("analysis.subgroups[1]", {"column": "region"}))
    with pytest.raises(ProtocolRefused) as refusal:
        check_columns(both, [name for name in POPULATION if name != "region"])
    assert [error.path for error in refusal.value.errors] == [
        "randomisation.strata[0]",
        "analysis.covariates[1]",
        "analysis.subgroups[1]",
    ]


def test_each_file_is_held_against_its_own_part(tmp_path: Path) -> None:
    outcomes = ("customer_id", "filed_30", "paid", "days", "f", "complaint")
    here = protocol(tmp_path, ("analysis.complier", {"received": "spoken_to"}))
    check_columns(here, outcomes, file="outcomes")
    with pytest.raises(ProtocolRefused) as refusal:
        check_columns(here, [name for name in outcomes if name != "days"], file="outcomes")
    assert [error.path for error in refusal.value.errors] == ["outcomes[2].time"]
    with pytest.raises(ProtocolRefused, match=r"population\.unit"):
        check_columns(here, outcomes[1:], file="outcomes")
    elsewhere = protocol(tmp_path, base=ELSEWHERE)
    check_columns(elsewhere, ["filed", "treated"])
    with pytest.raises(ProtocolRefused) as refusal:
        check_columns(elsewhere, ["arm"])
    assert [error.path for error in refusal.value.errors] == ["randomisation.arm_column", "outcomes[0].id"]


@pytest.mark.requirement("K08")
def test_what_was_measured_after_allocation_is_refused(tmp_path: Path) -> None:
    scored = loaded(tmp_path, SCORED)
    declared = scored.protocol.population.columns["age_days"]
    assert (declared.source, declared.as_at) == ("risk model of January", date(2026, 2, 2))
    check_allocation_date(scored.protocol, date(2026, 2, 2))
    with pytest.raises(ProtocolRefused) as refusal:
        check_allocation_date(scored.protocol, date(2026, 2, 1))
    (error,) = refusal.value.errors
    assert error.path == "population.columns.age_days.as_at"
    assert "analysis.covariates[0] uses it" in error.problem
    with pytest.raises(ProtocolRefused, match="2026-02-02 is after the allocation on 2026-02-01"):
        loaded(tmp_path, changed(SCORED, ("randomisation.allocation_date", "2026-02-01")))


@pytest.mark.parametrize(
    "use", ["randomisation.strata[0]", "population.where[0].column", "analysis.subgroups[0].column"]
)
def test_whatever_settles_the_draw_is_measured_before_it(tmp_path: Path, use: str) -> None:
    late = changed(HERE, (use, "score"), ("population.columns.score", {"as_at": "2026-02-02"}))
    with pytest.raises(ProtocolRefused, match=r"population\.columns\.score\.as_at"):
        check_allocation_date(loaded(tmp_path, late).protocol, date(2026, 2, 1))


def test_the_check_asks_whether_it_may_be_registered_today(tmp_path: Path) -> None:
    path = written(tmp_path, SCORED)
    assert check(path, day=date(2026, 2, 2)).digest == loaded(tmp_path, SCORED).digest
    with pytest.raises(ProtocolRefused, match=r"age_days\.as_at \(line \d+\): 2026-02-02 is after"):
        check(path, day=date(2026, 2, 1))
    planned = written(tmp_path, changed(SCORED, ("randomisation.allocation_date", "2026-03-01")))
    check(planned, day=date(2026, 1, 1))


def test_the_check_knows_the_day(tmp_path: Path) -> None:
    path = written(tmp_path, changed(HERE, ("population.columns.age_days", {"as_at": "2999-01-01"})))
    with pytest.raises(ProtocolRefused, match="2999-01-01 is after"):
        check(path)


def test_a_trial_randomised_elsewhere_may_look_at_missing_outcomes_and_at_the_arm(tmp_path: Path) -> None:
    where = [{"column": "filed", "missing": False}, {"column": "treated", "one_of": [0, 1]}]
    assert len(protocol(tmp_path, ("population.where", where), base=ELSEWHERE).population.where) == 2


def test_an_id_that_is_absent_has_no_column(tmp_path: Path) -> None:
    elsewhere = protocol(tmp_path, ("population.unit", "person"), base=ELSEWHERE)
    assert external_contract(elsewhere).id_column == "person"
    assert protocol(tmp_path, ("randomisation.strata", ABSENT)).randomisation.strata == ()
