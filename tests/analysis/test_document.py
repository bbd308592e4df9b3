"""The evaluation's JSON: nothing lost on the way out and back, nothing in it that is not JSON."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.document import from_document, to_document
from analysis.errors import AnalysisRefused
from analysis.results import Check, Estimate, Evaluation, Exclusion, Flow, Interaction, Money, NetBenefit, Verdict

FLOW = Flow(10, 1, (Exclusion("trust", 2),), 7, 6)


def evaluation(**changes) -> Evaluation:
    whole = Evaluation(
        trial="t",
        title="T",
        protocol_digest="p",
        data_digest="d",
        flow=FLOW,
        checks=(Check("retention", True, "alike", "blocks", {"difference_sms": 0.001, "n": 3, "word": None}),),
        estimates=(),
        sensitivity=(),
        verdict=Verdict("not_shown", "Not shown."),
    )
    return dataclasses.replace(whole, **changes)


PLAIN = {
    float: st.floats(allow_nan=False, allow_infinity=False),
    int: st.integers(-(2**53), 2**53),
    bool: st.booleans(),
    str: st.text(max_size=5),
    type(None): st.none(),
}


def anything_of(hint):
    """A strategy for a field's type: every kind that the vocabulary uses, and no other."""
    origin, options = get_origin(hint), get_args(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if origin is Literal:
        return st.sampled_from(options)
    if origin is tuple:
        return st.lists(anything_of(options[0]), max_size=2).map(tuple)
    if origin is Mapping:
        return st.dictionaries(anything_of(options[0]), anything_of(options[1]), max_size=2)
    if options:
        return st.one_of(*map(anything_of, options))
    return st.builds(hint, **{name: anything_of(kind) for name, kind in get_type_hints(hint).items()})


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(whole=anything_of(Evaluation))
def test_any_evaluation_comes_back_unchanged(whole):
    whole = dataclasses.replace(whole, schema=1)
    assert from_document(json.loads(json.dumps(to_document(whole), allow_nan=False))) == whole


def test_the_keys_of_the_contract_are_there():
    document = to_document(evaluation(estimates=(Estimate("y", "primary", "a", "b", "itt", "lin", "HC2"),)))
    assert next(iter(document)) == "schema"
    assert {"schema", "trial", "protocol_digest", "data_digest", "flow", "checks", "estimates", "sensitivity",
            "net_benefit", "verdict"} <= set(document)  # fmt: skip
    assert {"rows_read", "allocated", "analysed", "excluded"} <= set(document["flow"])
    assert {"name", "passed", "detail"} <= set(document["checks"][0])
    assert {"outcome", "role", "arm", "comparison", "subgroup", "level", "estimand", "method", "standard_errors",
            "estimate", "std_error", "statistic", "df", "p_value", "p_adjusted", "ci_lower", "ci_upper",
            "ci_lower_simultaneous", "ci_upper_simultaneous", "n_arm", "n_comparison", "mean_comparison",
            "adjusted_mean_arm", "adjusted_mean_comparison"} <= set(document["estimates"][0])  # fmt: skip
    assert {"code", "arm", "segment", "sentence", "reasons", "arms"} <= set(document["verdict"])


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), np.float64("-inf")])
def test_what_is_not_a_figure_is_refused_with_its_path(figure):
    bad = evaluation(interactions=(Interaction("y", "sex", "a", "b", figure, 1.0, 2.0, 0.5),))
    with pytest.raises(AnalysisRefused, match=r"evaluation\.interactions\[0\]\.statistic.*not a figure"):
        to_document(bad)


def test_numpy_scalars_become_plain_numbers():
    whole = evaluation(net_benefit=NetBenefit((), currency="GBP"), flow=dataclasses.replace(FLOW, analysed=np.int64(6)))
    document = to_document(whole)
    assert type(document["flow"]["analysed"]) is int
    assert from_document(document) == whole


def test_full_precision_survives():
    exact = 0.1 + 0.2
    row = Estimate("y", "primary", "a", "b", "itt", "lin", "HC2", estimate=exact, p_value=5e-324)
    back = from_document(json.loads(json.dumps(to_document(evaluation(estimates=(row,))))))
    assert (back.estimates[0].estimate, back.estimates[0].p_value) == (exact, 5e-324)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(schema=2), "schema 2 cannot be read"),
        (lambda d: d.update(colour="red"), "unknown key 'colour'"),
        (lambda d: d.pop("verdict"), "missing key 'verdict'"),
        (lambda d: d["verdict"].update(code="maybe"), "'maybe' is not one of scale"),
        (lambda d: d["flow"].update(allocated=7.5), "7.5 is not int"),
        (lambda d: d["checks"][0].update(passed="yes"), "'yes' is not bool or null"),
    ],
)
def test_a_damaged_document_is_refused_by_name(change, message):
    document = json.loads(json.dumps(to_document(evaluation())))
    change(document)
    with pytest.raises(AnalysisRefused, match=message):
        from_document(document)


def test_an_older_document_without_a_later_field_still_reads():
    document = to_document(evaluation())
    del document["curves"]
    assert from_document(document) == evaluation()


def test_unknown_money_is_null_with_a_reason():
    assert to_document(evaluation(net_benefit_reason="no decision"))["net_benefit"] is None
    assert dataclasses.asdict(Money(None, reason="empty"))["estimate"] is None
