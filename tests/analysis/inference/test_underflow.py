"""No p-value is nil: where the tail underflows, the smallest double of full precision is an upper bound of it."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
import pytest

from analysis.document import to_document
from analysis.inference.hotelling import equality
from analysis.inference.intervals import Effect, lower_tail
from analysis.inference.multiplicity import adjust
from analysis.planning.monitoring import StagewiseTest, boundaries, final_inference
from tests.golden.external import analysed, arm, outcome, protocol

FAR = [Effect(100.0, 1.0), Effect(-100.0, 1.0), Effect(1e9, 1e-9, 1e6), Effect(60.0, 1.0, 1e8)]
P_NAMES = ("p_value", "p_adjusted", "interaction_p", "p_greater", "p_less", "p_sharp")


@pytest.mark.parametrize("effect", FAR)
def test_an_effect_far_from_nil_has_a_p_value_above_nil(effect):
    assert 0.0 < effect.p_value < 1e-300
    assert min(effect.p_above(), effect.reversed().p_above()) == sys.float_info.min


@pytest.mark.parametrize("method", ["none", "holm", "bonferroni", "benjamini_hochberg", "dunnett"])
def test_so_has_each_of_a_family_and_none_is_below_its_own(method):
    family = adjust(FAR[:2], method, 0.05, covariance=np.eye(2))
    assert all(row.p_adjusted >= effect.p_value > 0.0 for row, effect in zip(family, FAR, strict=False))


def test_tails_that_do_not_underflow_are_as_they_were():
    assert lower_tail(-37.0, None) == pytest.approx(5.7255712225245e-300, rel=1e-9)
    assert lower_tail(np.inf, None) == 1.0


def test_other_tests_are_above_nil_too():
    looks = boundaries([0.5, 1.0], "obrien_fleming")
    assert StagewiseTest(looks).p_above(sys.float_info.min) > 0.0
    assert final_inference(100.0, 1.0, looks[:1]).p_value >= 0.0
    tested = equality(np.array([0.0, 1e6]), np.eye(2) * 1e-6, 1e6)
    assert not isinstance(tested, str)
    assert tested.p_value > 0.0


def test_no_p_value_in_the_document_of_a_trial_that_divides_almost_clean_is_nil(tmp_path):
    n = 8000
    arms = np.arange(n) % 2
    data = pd.DataFrame(
        {
            "customer_id": [f"C{i}" for i in range(n)],
            "group": np.where(arms == 0, "Control", "Letter"),
            "paid": np.where(np.arange(n) % 97 == 0, 1 - arms, arms),
            "amount": 1000.0 * arms + np.arange(n) % 7,
            "band": np.where(np.arange(n) % 4 < 2, "low", "high"),
        }
    )
    plan = protocol(
        arms=[arm("nfa", "Control", "nfa"), arm("letter", "Letter", channel="letter")],
        outcomes=[outcome("paid", "binary"), {**outcome("amount", "amount"), "role": "secondary"}],
        arm_column="group",
        population={"unit": "customer_id"},
        analysis={"subgroups": [{"column": "band"}]},
    )
    document = json.loads(json.dumps(to_document(analysed(tmp_path, plan, data))))
    p_values = list(_p_values(document))
    assert len(p_values) > 8
    assert all(p > 0.0 for p in p_values)


def _p_values(part):
    if isinstance(part, dict):
        for name, value in part.items():
            if name.startswith(P_NAMES) and isinstance(value, float):
                yield value
            yield from _p_values(value)
    elif isinstance(part, list):
        for entry in part:
            yield from _p_values(entry)
