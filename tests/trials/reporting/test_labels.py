"""Labels of columns and levels are declared once: no column's name, and no code, is in anything that people read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pytest

from analysis.document import to_document
from analysis.results import Evaluation, Segment, WouldBe
from analysis.wording.verdicts import would_be_in_words
from designs.protocol import load_protocol
from designs.protocol.words import column_words
from trials.reporting.charts.effects import segment_figure
from trials.reporting.charts.figure import LIGHT
from trials.reporting.results import effects, integrity, money
from trials.reporting.results.near_misses import near_misses, segment_misses
from trials.reporting.results.sensitivity import sensitivity
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import verdict
from trials.stages.analyse import analyse

N = 4000
NAMES_OF_COLUMNS = ("rsn_cd", "dbt_amt", "dbt_dup", "hnw_flg")
PLAN: dict[str, Any] = {
    "schema": 1,
    "id": "labelled",
    "title": "Labels",
    "hypothesis": "A letter helps those who forgot.",
    "population": {
        "unit": "row",
        "where": [{"column": "rsn_cd", "one_of": ["F", "C", "X"]}],
        "exclude": [{"when": {"column": "hnw_flg", "equals": True}, "reason": "another team writes to them"}],
        "columns": {
            "rsn_cd": {
                "label": "reason for not paying",
                "levels": {"F": "customers who forgot", "C": "customers who were confused", "X": "something else"},
            },
            "dbt_amt": {"label": "debt"},
            "dbt_dup": {"label": "debt in pence"},
            "hnw_flg": {"label": "high net worth", "levels": {"true": "customers of high net worth"}},
        },
    },
    "arms": [{"id": "nfa", "kind": "nfa"}, {"id": "letter", "kind": "otm", "label": "Letter", "channel": "letter"}],
    "randomisation": {"method": "external", "arm_column": "arm", "shares": {"nfa": 1, "letter": 1}},
    "outcomes": [
        {"id": "paid", "role": "primary", "kind": "binary", "direction": "increase", "label": "Paid by day 23"}
    ],
    "analysis": {
        "covariates": ["dbt_amt", "dbt_dup", "rsn_cd"],
        "adjustment": "lin",
        "subgroups": [{"column": "rsn_cd"}, {"column": "dbt_amt", "quantiles": 2}],
    },
    "decision": {"benefits": [{"outcome": "paid", "value": 10, "because": "it is so", "money": "extra"}]},
}


def rows() -> pa.Table:
    rng = np.random.default_rng(20261130)
    reason = rng.choice(["F", "C", "X"], N, p=[0.5, 0.4, 0.1])
    arm = rng.choice(["nfa", "letter"], N)
    chance = 0.3 + 0.25 * ((reason == "F") & (arm == "letter")) - 0.2 * ((reason == "C") & (arm == "letter"))
    debt = np.round(rng.lognormal(6, 1, N), 2)
    return pa.table(
        {
            "rsn_cd": reason, "arm": arm, "paid": (rng.random(N) < chance).astype(int), "dbt_amt": debt,
            "dbt_dup": np.round(debt * 100), "hnw_flg": rng.random(N) < 0.02,
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Evaluation, Names]:
    folder = tmp_path_factory.mktemp("labelled")
    (folder / "plan.yaml").write_text(json.dumps(PLAN))
    pc.write_csv(rows(), folder / "data.csv")
    return analyse(folder / "plan.yaml", folder / "data.csv"), Names(load_protocol(folder / "plan.yaml").protocol)


def sentences(evaluation: Evaluation) -> Iterator[str]:
    reached = evaluation.verdict
    yield from (reached.sentence, *reached.reasons, *reached.flips, *evaluation.notes)
    for arm in reached.arms:
        yield from (arm.sentence, *arm.reasons, arm.near_miss or "")
    for segment in reached.segments:
        yield from (segment.sentence, segment.near_miss or "")
    yield from (check.detail for check in evaluation.checks)
    yield from (exclusion.reason for exclusion in evaluation.flow.excluded)


def tables(evaluation: Evaluation, names: Names) -> Iterator[str]:
    within = [row for row in evaluation.estimates if row.subgroup is not None]
    shown = [
        near_misses(evaluation, names), segment_misses(evaluation, names),
        integrity.balance(evaluation.balance, names), integrity.checks(evaluation.checks, names),
        sensitivity(evaluation.sensitivity, names),
    ]  # fmt: skip
    assert evaluation.net_benefit is not None
    shown.append(money.segment_money(evaluation.net_benefit.segments, names))
    for column in ("rsn_cd", "dbt_amt"):
        levels = [row for row in within if row.subgroup == column]
        shown.append(effects.segments(levels, names, names.column(column)))
        figure = segment_figure(levels, names, LIGHT)
        assert figure is not None
        yield from (figure.title, figure.caption, figure.alt)
        shown.append(figure.table)
    shown.append(effects.cut_points(evaluation.cut_levels, names.column("dbt_amt"), names))
    for table in shown:
        if table is not None:
            yield table.caption
            yield from table.columns
            yield from (str(cell) for row in table.rows for cell in row)


def test_nothing_that_people_read_has_a_columns_name_or_a_code(analysed: tuple[Evaluation, Names]) -> None:
    evaluation, names = analysed
    read = [*sentences(evaluation), *tables(evaluation, names)]
    assert len(read) > 100
    assert [
        words for words in read for name in NAMES_OF_COLUMNS if name in words or name.replace("_", " ") in words
    ] == []
    assert [words for words in read if " = " in words or words in ("F", "C", "X")] == []


def test_segments_are_called_by_who_they_are(analysed: tuple[Evaluation, Names]) -> None:
    evaluation, names = analysed
    reached = evaluation.verdict
    assert reached.code == "scale_segment"
    assert "For every 1,000 customers who forgot assigned the letter" in reached.sentence
    assert "Scale the letter to customers who forgot" in reached.sentence
    where = names.where_to_scale(reached)[:1]
    assert verdict(reached.code, "the letter", where, words=names.columns) == "Scale the letter to customers who forgot"
    said = {
        finding.segment.level: finding.sentence for finding in reached.segments if finding.segment.column == "rsn_cd"
    }
    assert said["X"].startswith("The letter for customers whose reason for not paying is something else: ")
    assert said["C"].startswith("The letter for customers who were confused: ")
    assert any("customers in Q1 of debt" in finding.sentence for finding in reached.segments)


def test_what_is_left_out_and_what_is_alike_is_called_so_too(analysed: tuple[Evaluation, Names]) -> None:
    evaluation, names = analysed
    (dropped,) = (note for note in evaluation.notes if note.startswith("Left out because"))
    assert "debt in pence" in dropped or "debt" in dropped
    rows_of = {row[0] for row in integrity.balance(evaluation.balance, names).rows}
    assert {"Debt", "Customers who forgot", "Reason for not paying: something else"} <= rows_of


def test_json_keeps_the_names(analysed: tuple[Evaluation, Names]) -> None:
    document = to_document(analysed[0])
    assert document["verdict"]["segment"] == "rsn_cd = F"
    assert (document["verdict"]["segment_column"], document["verdict"]["segment_level"]) == ("rsn_cd", "F")
    assert {row["subgroup"] for row in document["estimates"]} == {None, "rsn_cd", "dbt_amt"}
    assert {row["covariate"] for row in document["balance"]} >= {"dbt_amt", "rsn_cd"}


def test_a_verdict_that_would_be_is_said_in_the_same_words(analysed: tuple[Evaluation, Names]) -> None:
    to = (("letter", Segment("rsn_cd", "F")), ("letter", Segment("rsn_cd", "C")))
    words = column_words(analysed[1].plan)
    said = would_be_in_words(WouldBe("scale_segment", None, to), "the {}".format, "no further action", words)
    assert said == "scale the letter to customers who forgot and customers who were confused"


def test_why_customers_do_not_take_part_is_said_in_words(tmp_path: Path) -> None:
    plan = json.loads(json.dumps(PLAN))
    plan["population"]["where"] = [{"column": "rsn_cd", "one_of": ["F", "C"]}, {"column": "dbt_amt", "at_least": 100}]
    (tmp_path / "plan.yaml").write_text(json.dumps(plan))
    pc.write_csv(rows(), tmp_path / "data.csv")
    flow = analyse(tmp_path / "plan.yaml", tmp_path / "data.csv").flow
    assert [exclusion.reason for exclusion in flow.excluded] == [
        "not: customers who forgot or customers who were confused",
        "not: debt at least 100",
        "another team writes to them",
    ]


def test_by_what_errors_are_clustered_is_said_in_words(tmp_path: Path) -> None:
    plan = json.loads(json.dumps(PLAN))
    plan["population"]["columns"]["off_cd"] = {"label": "tax office"}
    plan["analysis"] |= {"errors_clustered_by": "off_cd", "standard_errors": "CR2"}
    (tmp_path / "plan.yaml").write_text(json.dumps(plan))
    offices = pa.array([f"office {at % 60}" for at in range(N)])
    pc.write_csv(rows().append_column("off_cd", offices), tmp_path / "data.csv")
    evaluation = analyse(tmp_path / "plan.yaml", tmp_path / "data.csv")
    read = [*sentences(evaluation), *(row.note or "" for row in evaluation.estimates)]
    assert [words for words in read if "off_cd" in words] == []
    assert any("clustered by tax office" in (row.note or "") for row in evaluation.estimates)
    assert any(note == "Errors clustered by tax office, which was not assigned whole." for note in evaluation.notes)
