"""Both frames say, once, which arms each customer could get, and which strata they lay down."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from analysis.errors import AnalysisRefused
from analysis.evaluate import evaluate
from analysis.frame import AnalysisFrame
from data.engine import open_engine
from data.intake import read_file
from designs.protocol import external_contract, load_protocol
from designs.protocol.eligibility import ELIGIBLE_ARMS
from tests.analysis.frames import frame_of as plain_frame
from tests.golden.external import arm, outcome, protocol
from tests.trials.examples import FIRST, Files, allocated, eligible, load_outcomes, write_csv
from trials.field.allocated import allocated_trial
from trials.field.whole import whole_of
from trials.frames import allocated_here, randomised_elsewhere
from trials.frames.sources import Sources
from trials.registry import Registry, queries

OPEN = "channel: sms"
CLOSED = "channel: sms, not_for: [{when: {column: principal, at_least: 200}, reason: too large for a text}]"


def laid_down(registry: Registry, files: Files, scratch: Path) -> AnalysisFrame:
    allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    with registry.inspect(FIRST, "evaluate", files.trial) as session:
        outcomes = whole_of(queries.returned_of(session, files.trial), "outcomes")
        assert outcomes is not None
        sources = Sources(allocated_trial(session, files.trial, "evaluate"), outcomes, None, outcomes.as_at)
    return allocated_here.frame_of(open_engine(threads=1), registry.snapshots, sources, scratch)


def test_a_trial_allocated_here_holds_the_arms_that_were_open(registry: Registry, files: Files, tmp_path: Path) -> None:
    files.edit_protocol(lambda text: text.replace(OPEN, CLOSED))
    frame = laid_down(registry, files, tmp_path)
    assert frame.laid_strata == (ELIGIBLE_ARMS,)
    rows = frame.engine.collect(frame.rows).to_pylist()
    expected = {True: "nfa letter", False: "nfa letter sms"}
    assert len(rows) == len(eligible(files.customers))
    assert all(row[ELIGIBLE_ARMS] == expected[row["principal"] >= 200] for row in rows)
    assert all(row["_arm"] in row[ELIGIBLE_ARMS].split() for row in rows)


def test_a_trial_that_closes_no_arm_lays_no_stratum_down(registry: Registry, files: Files, tmp_path: Path) -> None:
    frame = laid_down(registry, files, tmp_path)
    assert frame.laid_strata == ()
    assert ELIGIBLE_ARMS not in frame.rows.collect_schema().names()


def test_a_trial_randomised_elsewhere_holds_the_arms_that_were_open(tmp_path: Path) -> None:
    closed = [{"when": {"column": "welsh", "equals": True}, "reason": "there is no Welsh text"}]
    declared = protocol(
        arms=[arm("nfa", "C", "nfa"), arm("sms", "T", not_for=closed)],
        outcomes=[outcome("paid", "binary")],
        arm_column="group",
        population={"unit": "id", "exclude": [{"when": {"column": "hnw", "equals": True}, "reason": "HNW"}]},
    )
    (tmp_path / "protocol.yaml").write_text(json.dumps(declared))
    rows = [
        {"id": n, "group": "CT"[n % 2], "paid": n % 3 // 2, "welsh": int(n % 4 == 0), "hnw": int(n == 6)}
        for n in range(40)
    ]
    loaded = load_protocol(tmp_path / "protocol.yaml").protocol
    intake = read_file(write_csv(tmp_path / "data.csv", rows), external_contract(loaded))
    frame = randomised_elsewhere.frame_of(open_engine(threads=1), loaded, intake, "group", date(2026, 1, 5))
    assert frame.laid_strata == (ELIGIBLE_ARMS,)
    assert frame.flow.allocated == 39
    found = frame.engine.collect(frame.rows).to_pylist()
    expected = {True: "nfa", False: "nfa sms"}
    assert {int(row["id"]): row[ELIGIBLE_ARMS] for row in found} == {
        row["id"]: expected[bool(row["welsh"])] for row in rows if not row["hnw"]
    }


def test_rows_that_do_not_say_who_could_get_which_arm_are_refused(tmp_path: Path) -> None:
    closed = [{"when": {"column": "welsh", "equals": True}, "reason": "there is no Welsh text"}]
    declared = protocol(
        arms=[arm("nfa", "C", "nfa"), arm("sms", "T", not_for=closed)],
        outcomes=[outcome("paid", "binary")],
        arm_column="group",
    )
    (tmp_path / "protocol.yaml").write_text(json.dumps(declared))
    table = pa.table({"_arm": ["nfa", "sms"] * 9, "paid": [0.0, 1.0] * 9, "welsh": [False] * 18})
    with pytest.raises(AnalysisRefused, match="which arms each customer could get"):
        evaluate(plain_frame(table), load_protocol(tmp_path / "protocol.yaml").protocol, protocol_digest="f" * 64)
