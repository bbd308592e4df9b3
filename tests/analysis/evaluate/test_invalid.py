"""Data that fail a check show no effect: nothing is estimated of them, and nothing of it is written or read."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import analysis.evaluate.evaluation
from analysis.document import from_document, to_document
from analysis.evaluate import evaluate
from analysis.results import Check
from analysis.sensitivity import with_bounds, with_sensitivity
from tests.analysis.evaluations import money_trial, trial
from tests.analysis.frames import frame_of
from tests.trials.reporting import examples

FAILED = Check("dispatch", False, "4 of 9 were sent another arm's contact; 0.00% is tolerated.", "blocks")
OF_EFFECTS = (
    "estimates", "sensitivity", "interactions", "cut_levels", "curves", "bounds", "posteriors", "tipping_points",
)  # fmt: skip


def keys_of(part):
    if isinstance(part, dict):
        yield from part
        for value in part.values():
            yield from keys_of(value)
    elif isinstance(part, list):
        for entry in part:
            yield from keys_of(entry)


def shows_nothing(document):
    assert document["verdict"]["code"] == "invalid"
    assert {name: document[name] for name in OF_EFFECTS} == {name: [] for name in OF_EFFECTS}
    assert (document["net_benefit"], document["thresholds"], document["verdict"]["segments"]) == (None, None, [])
    for finding in document["verdict"]["arms"]:
        assert (finding["code"], finding["reasons"]) == ("not_estimable", [])
        assert not [name for name, value in finding.items() if name.endswith("_range") and value is not None]
    assert not {"p_value", "p_adjusted", "estimate", "std_error", "ci_lower"} & set(keys_of(document))
    assert "£" not in json.dumps(document, ensure_ascii=False)


def lost(share):
    data = trial(effect=0.2)
    data["paid_23"][-int(share * len(data["paid_23"])) :] = np.nan
    return data


@pytest.mark.parametrize(
    ("data", "checks"),
    [(lost(0.1), ()), (trial(effect=0.2), (FAILED,)), (lost(0.3), (FAILED,))],
    ids=["lost outcomes", "wrong letters", "both"],
)
def test_nothing_is_estimated_of_data_that_failed_a_check(data, checks, monkeypatch):
    def estimated(*args, **more):
        raise AssertionError("an effect was computed")

    monkeypatch.setattr(analysis.evaluate.evaluation, "regress_as_designed", estimated)
    monkeypatch.setattr(analysis.evaluate.evaluation, "times_to_event", estimated)
    protocol = money_trial()
    frame = frame_of(data, protocol, checks=checks)
    evaluation = evaluate(frame, protocol, protocol_digest="f" * 64)
    assert not evaluation.shows_effects
    assert with_sensitivity(frame, protocol, evaluation) is evaluation
    assert with_bounds(frame, protocol, evaluation) is evaluation
    shows_nothing(to_document(evaluation))
    assert evaluation.flow.arms
    failed = [check.detail for check in evaluation.checks if check.passed is False and check.severity == "blocks"]
    assert evaluation.verdict.reasons == tuple(failed)
    assert evaluation.verdict.flips == ("Data that pass the failed check would be needed before anything can be said.",)


def test_what_earlier_releases_stored_of_invalid_data_is_read_without_its_effects():
    stored = to_document(replace(examples.evaluation(), look=None))
    assert stored["estimates"]
    stored["verdict"] |= {"code": "invalid", "sentence": "This trial is invalid.", "reasons": [], "flips": []}
    stored["verdict"]["arms"][0]["effect_range"] = [0.1, 0.2]
    read = from_document(stored)
    assert read.checks == examples.evaluation().checks
    assert read.flow == examples.evaluation().flow
    shows_nothing(to_document(read))
    assert stored["estimates"]  # what is stored stays as it is


def test_no_document_of_invalid_data_is_written_with_effects():
    assert examples.invalid().estimates
    shows_nothing(to_document(examples.invalid()))
    assert to_document(examples.evaluation())["estimates"]
