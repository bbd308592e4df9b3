"""What a reader takes away: every row, full precision, nothing that a spreadsheet would run."""

import csv
import io
import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.document import to_document
from analysis.results import Estimate, Variant
from data.spreadsheet_safety import cell
from designs.protocol import load_protocol
from tests.trials.reporting.examples import evaluation
from trials.reporting.exports import estimates_csv, shown_document
from trials.reporting.results.effects import effects, segments
from trials.reporting.results.sensitivity import sensitivity
from trials.reporting.words.names import Names
from trials.stages.analyse import analyse


def read_back(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_what_is_taken_away_of_an_earlier_release_claims_no_loss_that_was_not_shown():
    today = json.loads(json.dumps(to_document(evaluation())))
    assert shown_document(today) is today
    before = {**json.loads(json.dumps(today)), "schema": 2}
    assert shown_document(before) is before  # it says nothing that was not shown, and its digest can be checked
    before["verdict"]["arms"][0] |= {"code": "works_not_worth_sending", "sentence": "Works, and is not worth sending."}
    taken = shown_document(before)
    assert taken["schema"] == 3
    assert taken["verdict"]["arms"][0]["code"] == "works_worth_unknown"
    assert taken["verdict"]["arms"][0]["sentence"] == "Works; whether it is worth sending is not known."
    assert taken["estimates"] == before["estimates"]


def test_every_estimate_keeps_its_precision():
    rows = evaluation().estimates
    back = read_back(estimates_csv(rows))
    assert len(back) == len(rows)
    assert list(back[0]) == [field.name for field in fields(Estimate)]
    assert [float(row["estimate"]) for row in back] == [row.estimate for row in rows]
    assert back[0]["subgroup"] == ""


def test_a_variant_is_said_in_words():
    back = read_back(estimates_csv(evaluation().sensitivity))
    assert [row["variant"] for row in back] == ["capped at £250", "logit, average marginal effect"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+44+A1", "-1*A1", "＝1", "＋A", "－A", "＠cmd", "@cmd", "\t=1", "\r", "\0=1"]
)
def test_text_that_a_spreadsheet_would_run_is_made_plain(text):
    row = replace(evaluation().estimates[0], level=text, subgroup="reason")
    level = read_back(estimates_csv([row]))[0]["level"]
    assert level[0] not in "=+-@＝＋－＠\t\r\0"


@given(st.text())
def test_no_text_begins_like_a_formula(text):
    made = str(cell(text))
    assert not made.lstrip().startswith(("=", "+", "-", "@"))
    assert not set(made) & {"\t", "\r", "\n", "\0"}


def test_negative_numbers_stay_numbers():
    assert cell(-0.25) == -0.25


def test_no_p_value_is_nil(reference_data):
    """The smallest number is about 10^-308, and this p-value about 10^-2094."""
    folder = reference_data.parent / "cases" / "04-p-below-the-smallest-number"
    protocol, evaluated = load_protocol(folder / "p.yaml").protocol, analyse(folder / "p.yaml", folder / "d.csv")
    letter = next(row for row in evaluated.estimates if row.arm == "letter")
    assert 0.0 < letter.p_value < 1e-307  # two sides of the smallest number
    names = Names(protocol)
    assert "<0.001" in effects([letter], names, "x").rows[0]
    segment = replace(letter, subgroup="region", level="north")
    assert "<0.001" in segments([segment], names, "x").rows[0]
    tested = replace(letter, variant=Variant("standard_errors", standard_errors="HC3"))
    assert "p <0.001" in str(sensitivity([tested], names).rows[0])
    (line,) = (line for line in estimates_csv(evaluated.estimates).splitlines() if ",letter," in line)
    assert line.count("<1e-300") == 2
