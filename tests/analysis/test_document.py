"""The evaluation's JSON: nothing lost on the way out and back, nothing that is not JSON, the old read for ever."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Literal, get_args, get_origin, get_type_hints

import jsonschema
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.document import UPGRADES, from_document, json_schema, to_document
from analysis.errors import AnalysisRefused
from analysis.inference.intervals import Effect
from analysis.results import (
    SCHEMA,
    ArmMoney,
    Check,
    Estimate,
    Evaluation,
    Exclusion,
    Flow,
    Interaction,
    Money,
    NetBenefit,
    Segment,
    Variant,
    Verdict,
)
from analysis.results.evaluation import without_effects
from analysis.wording.naming import variant_words
from tests.places import ROOT

STORED = sorted((ROOT / "tests" / "before").glob("evaluation-schema-*.json"))
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
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
}


def anything_of(hint):
    """A strategy for a field's type: every kind that the vocabulary uses, and no other."""
    origin, options = get_origin(hint), get_args(hint)
    if hint in PLAIN:
        return PLAIN[hint]
    if origin is Literal:
        return st.sampled_from(options)
    if origin is tuple:
        if options[-1] is Ellipsis:
            return st.lists(anything_of(options[0]), max_size=2).map(tuple)
        return st.tuples(*map(anything_of, options))
    if origin is Mapping:
        return st.dictionaries(anything_of(options[0]), anything_of(options[1]), max_size=2)
    if options:
        return st.one_of(*map(anything_of, options))
    return st.builds(hint, **{name: anything_of(kind) for name, kind in get_type_hints(hint).items()})


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(whole=anything_of(Evaluation))
def test_any_evaluation_comes_back_unchanged(whole):
    whole = dataclasses.replace(whole, schema=SCHEMA)
    document = json.loads(json.dumps(to_document(whole), allow_nan=False))
    assert from_document(document) == without_effects(whole)  # of a verdict called invalid none comes back
    jsonschema.validate(document, json_schema())


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


def test_words_stand_beside_what_they_say_and_are_not_read():
    capped = Estimate("y", "primary", "a", "b", "itt", "lin", "HC2", variant=Variant("capped", "pounds", cap=1250.5))
    verdict = Verdict("scale_segment", "Scale.", "a", Segment("reason", "forgot"))
    missing = Check("missing_outcomes", True, "None.", "warns", subject="complaint")
    whole = evaluation(sensitivity=(capped,), verdict=verdict, checks=(missing, Check("second_opinion", None, "No.")))
    document = to_document(whole)
    assert document["sensitivity"][0]["variant"] == "capped at £1,250.50"
    assert document["sensitivity"][0]["variation"]["cap"] == 1250.5
    assert [document["verdict"][key] for key in ("segment", "segment_column", "segment_level")] == [
        "reason = forgot", "reason", "forgot",
    ]  # fmt: skip
    assert [check["name"] for check in document["checks"]] == ["missing_complaint", "second opinion (statsmodels)"]
    document["sensitivity"][0]["variant"] = document["verdict"]["segment"] = document["checks"][0]["name"] = "other"
    assert from_document(document) == whole


def as_told_then(now, then):
    """A document without the keys that were not stored, which must hold nothing beyond a segment already told."""
    if isinstance(now, dict) and isinstance(then, dict):
        added = {key: value for key, value in now.items() if key not in then}
        assert all(not value for key, value in added.items() if key not in ("segment_column", "segment_level")), added
        return {key: as_told_then(now[key], value) for key, value in then.items()}
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [as_told_then(*pair) for pair in zip(now, then, strict=True)]
    return now


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_every_evaluation_ever_stored_is_read_and_keeps_what_it_said(path):
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert stored["schema"] in UPGRADES
    now = to_document(from_document(stored))
    of_rows = {"variation", "n_left_out", "saturation", "factors"}
    added = {"estimates": of_rows, "sensitivity": of_rows, "checks": {"kind", "subject"}}
    for name, keys in added.items():
        assert [{key: row[key] for key in row if key not in keys} for row in now[name]] == stored[name]
    for finding in stored["verdict"]["arms"]:  # what was not shown for everyone was denied to them
        if not finding["worse_than_comparison"]:
            ends = "; not shown to be worth sending to everyone."
            finding["sentence"] = finding["sentence"].replace(", and not to everyone.", ends)
    assert as_told_then(now["verdict"], stored["verdict"]) == stored["verdict"]
    assert now["alpha"] == 0.05
    untouched = set(stored) - set(added) - {"verdict", "schema"}
    assert {key: as_told_then(now[key], stored[key]) for key in untouched} == {key: stored[key] for key in untouched}
    assert set(now) == set(stored) | {
        "alpha",
        "cut_levels",
        "look",
        "looks_before",
        "maturity",
        "thresholds",
        "tipping_points",
        "unreadable",
    }


@pytest.mark.parametrize(
    ("words", "variant"),
    [
        ("capped at £1,250", Variant("capped", "pounds", cap=1250.0)),
        ("classical", Variant("standard_errors", standard_errors="classical")),
        ("HC3", Variant("standard_errors", standard_errors="HC3")),
        ("CR2", Variant("standard_errors", standard_errors="CR2")),
        ("adjustment: additive", Variant("adjustment", adjustment="additive")),
        ("logit, average marginal effect", Variant("logit")),
        ("randomisation inference, every assignment", Variant("randomisation_inference", exact=True)),
        ("randomisation inference, 10,000 redraws", Variant("randomisation_inference", draws=10_000, exact=False)),
        ("mean, studentised bootstrap", Variant("bootstrap_mean")),
        ("share who paid anything", Variant("share_with_any", "pounds")),
        ("mean among those who paid (descriptive)", Variant("mean_with_any", "pounds")),
        ("quantile 0.75", Variant("quantile", quantile=0.75)),
    ],
)
def test_every_variant_that_schema_1_could_write_is_known_and_said_as_it_was(words, variant):
    assert from_document(schema_1(words)).sensitivity[0].variant == variant
    assert variant_words(variant) == words


def schema_1(variant=None, **verdict):
    """A document as schema 1 was: one row of a segment, and one of sensitivity."""
    row = {"outcome": "y", "role": "primary", "arm": "a", "comparison": "b", "estimand": "itt", "method": "lin",
           "standard_errors": "HC2"}  # fmt: skip
    upper = Effect(0.4, 0.1, 37.0).upper(0.1)
    known = {"estimate": 0.4, "std_error": 0.1, "df": 37.0, "ci_lower": 0.8 - upper, "ci_upper": upper}
    return {
        "schema": 1, "trial": "t", "title": "T", "protocol_digest": "p", "data_digest": "d",
        "flow": {"rows_read": 1, "rejected": 0, "excluded": [], "allocated": 1, "analysed": 1},
        "checks": [{"name": name, "passed": True, "detail": "x"} for name in ("missing_a_b", "match")],
        "estimates": [{**row, "subgroup": "a = b", "level": "c = d"}, {**row, **known}],
        "sensitivity": [{**row, "variant": variant}], "verdict": {"code": "not_shown", "sentence": "N", **verdict},
    }  # fmt: skip


def test_schema_1_is_read_by_what_its_rows_say():
    whole = from_document(schema_1(segment="a = b = c = d"))
    assert whole.verdict.segment == Segment("a = b", "c = d")
    assert whole.alpha == 0.1
    assert [(check.kind, check.subject) for check in whole.checks] == [("missing_outcomes", "a_b"), ("match", None)]
    without = schema_1()
    without["estimates"] = []
    assert from_document(without).alpha is None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (schema_1("capped at 12 minutes"), "the variant 'capped at 12 minutes' is none that schema 1 had"),
        (schema_1(segment="reason = forgot"), "no row is about the segment 'reason = forgot'"),
        ({**schema_1(), "checks": [{"passed": True}]}, "missing key 'name'"),
        ({**schema_1(), "verdict": None}, "a value is not of its kind"),
    ],
)
def test_a_damaged_document_of_an_earlier_schema_is_refused(document, message):
    with pytest.raises(AnalysisRefused, match=message):
        from_document(document)


def schema_2(span, *, worse, sentence="Works, and is not worth sending.", stored_range=True):
    """A document as schema 2 was, of an arm that works and was called not worth sending."""
    document = json.loads(json.dumps(to_document(evaluation(net_benefit=NetBenefit((
        ArmMoney("a", "b", *[Money(-1.0, 0.5, ci_lower=span[0], ci_upper=span[1])] * 3, (), 1.0, 0.0, None, 1, 1, 1, 1),
    ))))))  # fmt: skip
    finding = {"arm": "a", "code": "works_not_worth_sending", "sentence": sentence, "worse_than_comparison": worse}
    document["verdict"]["arms"] = [{**finding, "net_benefit_range": span} if stored_range else finding]
    return {**document, "schema": 2}


UNKNOWN = ("works_worth_unknown", "Works; whether it is worth sending is not known.")


@pytest.mark.parametrize("stored_range", [True, False])
@pytest.mark.parametrize(
    ("span", "worse", "said"),
    [
        ([-2.0, -0.1], True, ("works_not_worth_sending", "Works, and is not worth sending.")),
        ([-2.0, 0.1], False, UNKNOWN),
        ([-2.0, -0.1], False, UNKNOWN),  # below nought at 0.05, and no loss is shown where routes share it
        ([0.1, 2.0], False, UNKNOWN),
        ([-2.0, 0.1], True, ("worse_than_nfa", "Works, and falls short of the break-even effect that was declared.")),
    ],
)
def test_schema_2_called_not_worth_sending_what_was_only_not_shown_to_gain(span, worse, said, stored_range):
    (finding,) = from_document(schema_2(span, worse=worse, stored_range=stored_range)).verdict.arms
    assert (finding.code, finding.sentence) == said
    assert finding.net_benefit_range == (tuple(span) if stored_range else None)


@pytest.mark.parametrize(("worse", "ends"), [(True, ", and not to everyone."),
                                             (False, "; not shown to be worth sending to everyone.")])  # fmt: skip
def test_schema_2_denied_to_everyone_what_was_only_not_shown(worse, ends):
    named = "Worth sending to customers with reason = forgot"
    stored = schema_2([-2.0, -0.1], worse=worse, sentence=f"{named}, and not to everyone.")
    assert from_document(stored).verdict.arms[0].sentence == named + ends


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
        (lambda d: d.update(schema=4), "schema 4 cannot be read"),
        (lambda d: d.update(colour="red"), "unknown key 'colour'"),
        (lambda d: d.pop("verdict"), "missing key 'verdict'"),
        (lambda d: d["verdict"].update(code="maybe"), "'maybe' is not 'scale', "),
        (lambda d: d["flow"].update(allocated=7.5), "7.5 is not a valid integer"),
        (lambda d: d["checks"].append("x"), "not a list of objects"),
        (lambda d: d["checks"][0].update(figures={"n": [1]}), r"figures\.n.*\[1\] is not a valid number"),
        (lambda d: d["checks"][0].update(passed="yes"), "'yes' is not a valid boolean"),
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
