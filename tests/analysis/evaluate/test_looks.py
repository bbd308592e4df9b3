"""A look before the end: only a crossed boundary speaks, and what it says is what the sequential design says."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from analysis.document import from_document, to_document
from analysis.evaluate import evaluate
from analysis.frame import DAY_ZERO_COLUMN
from analysis.planning.monitoring import boundaries, final_inference
from analysis.results import Check, HarmShown
from analysis.sensitivity import with_sensitivity
from analysis.wording.numbers import gained
from tests.analysis.evaluations import COLLECTED, COMPLAINT, NFA, PAID, arm, declared
from tests.analysis.frames import frame_of

STARTS = [date(2026, 1, 5) + timedelta(weeks=week) for week in range(4)]
DUE = timedelta(days=23)
ISSUED = {f"batch {number}": day.isoformat() for number, day in enumerate(STARTS)}
VALUED = {"benefits": [{"outcome": "paid_23", "value": 50}]}


def planned(
    *arms, may="harm_and_benefit", spending="obrien_fleming", fractions=(0.25, 0.5, 0.75), cost=0.1, **sections
):
    """A trial of four equal batches a week apart, each a look but the last."""
    return declared(
        arms=[NFA, *(arm(name, cost_per_customer=cost) for name in (arms or ("letter",)))],
        randomisation={
            "method": "complete", "strata": ["batch"], "batches": {"column": "batch", "issue_on": ISSUED},
        },
        analysis={"looks": {"fractions": list(fractions), "may": may, "spending": spending}},
        **({"decision": VALUED, "outcomes": [PAID]} | sections),
    )  # fmt: skip


def customers(effect=0.0, *, n=4_000, arms=("nfa", "letter"), complaints=(0.02, 0.02), seed=3):
    """Dealt within batches; customers who are not due yet are in the file with whatever it holds so far."""
    rng = np.random.default_rng(seed)
    assigned = np.tile(np.array(arms), n // len(arms))
    effects = dict(zip(arms, [0.0, *np.broadcast_to(effect, len(arms) - 1)], strict=True))
    shares = dict(zip(arms, [complaints[0], *np.broadcast_to(complaints[1], len(arms) - 1)], strict=True))
    paid = rng.random(n) < 0.3 + np.array([effects[name] for name in assigned])
    return {
        "arm": assigned,
        "batch": np.repeat([f"batch {number}" for number in range(4)], n // 4),
        "paid_23": paid.astype(float),
        "collected": np.where(paid, rng.gamma(4.0, 25.0, n), 0.0),
        "complaint": (rng.random(n) < np.array([shares[name] for name in assigned])).astype(float),
        DAY_ZERO_COLUMN: np.repeat(np.array(STARTS, dtype="datetime64[D]"), n // 4),
    }


def cut(protocol, data, batches, *, looks=(), checks=()):
    """Evaluate when so many batches are due."""
    columns = dict(data) | {DAY_ZERO_COLUMN: pa.array(data[DAY_ZERO_COLUMN].tolist(), pa.date32())}
    frame = frame_of(columns, protocol, checks=checks, as_at=STARTS[batches - 1] + DUE)
    evaluation = evaluate(frame, protocol, protocol_digest="f" * 64, looks=looks)
    return with_sensitivity(frame, protocol, evaluation)


def conducted(protocol, data):
    """Every look in turn, until there is a verdict."""
    looks = []
    for batches in (1, 2, 3, 4):
        evaluation = cut(protocol, data, batches, looks=tuple(looks))
        if evaluation.verdict.code != "not_due":
            return evaluation, looks
        looks.append(evaluation.look)
    raise AssertionError("the final analysis gives a verdict")


def test_without_a_crossing_the_trial_goes_on_and_shows_no_effect():
    evaluation = cut(planned(), customers(0.02), 2)
    assert evaluation.verdict.code == "not_due"
    assert evaluation.verdict.sentence == "Look 2 of 4, 50% of customers due: go on."
    shown = (evaluation.estimates, evaluation.sensitivity, evaluation.interactions, evaluation.bounds)
    assert (*shown, evaluation.posteriors, evaluation.verdict.flips) == ((),) * 6
    assert evaluation.net_benefit is None
    look = evaluation.look
    assert (look.number, look.looks, look.fraction, look.due, look.customers) == (2, 4, 0.5, 2_000, 4_000)
    assert (look.action, look.inference, look.stopped) == ("go_on", (), ())
    assert {finding.code for finding in evaluation.verdict.arms} == {"not_estimable"}
    assert from_document(to_document(evaluation)) == evaluation


def test_only_those_who_are_due_are_looked_at():
    """The batches that are not due are wildly for the letter, and every customer of theirs in NFA is blank."""
    protocol, data = planned(spending="pocock"), customers(0.0)
    late = np.isin(data["batch"], ["batch 2", "batch 3"])
    data["paid_23"] = np.where(late, np.where(data["arm"] == "letter", 1.0, np.nan), data["paid_23"])
    evaluation = cut(protocol, data, 2)
    assert (evaluation.verdict.code, evaluation.look.action) == ("not_due", "go_on")
    flow = evaluation.flow
    assert (flow.allocated, flow.excluded[-1].customers) == (2_000, 2_000)
    assert flow.rows_read == flow.rejected + sum(e.customers for e in flow.excluded) + flow.allocated
    assert sum(row.allocated for row in flow.arms) == flow.allocated


@pytest.mark.parametrize("spending", ["obrien_fleming", "pocock"])
def test_a_crossed_boundary_scales_and_its_figures_are_those_of_the_design(spending):
    protocol, data = planned(spending=spending), customers(0.12)
    evaluation, looks = conducted(protocol, data)
    assert (evaluation.verdict.code, evaluation.verdict.arm) == ("scale", "letter")
    assert evaluation.look.action == "stop_for_benefit"
    assert "a boundary is crossed" in evaluation.verdict.reasons[0]
    number = evaluation.look.number
    assert [look.number for look in looks] == list(range(1, number))
    plan = boundaries([0.25, 0.5, 0.75, 1.0][:number], spending)
    assert evaluation.look.critical_benefit == pytest.approx(plan[-1].critical, abs=1e-6)
    (row,) = [row for row in evaluation.estimates if row.declared]
    design = final_inference(row.estimate, row.std_error, plan, df=row.df)
    assert row.p_value == pytest.approx(design.p_value, rel=1e-4)
    assert row.ci_lower == pytest.approx(design.ci_lower, abs=1e-6)
    assert row.statistic > plan[-1].critical
    primary, money = evaluation.look.inference
    assert (primary.quantity, money.quantity) == ("primary", "net_benefit")
    assert primary.estimate == pytest.approx(design.estimate, abs=1e-6)
    if number > 1:
        assert primary.estimate < row.estimate  # stopped early because it was large
    assert evaluation.net_benefit.arms[0].central.p_value == pytest.approx(money.p_value)
    assert "looks" in row.note
    assert evaluation.flow.allocated == evaluation.look.due
    assert from_document(to_document(evaluation)) == evaluation


def test_the_sentence_of_an_early_end_says_which_estimates_it_gives():
    """What was observed, and beside it what is median-unbiased: nearer to nothing, for chance helps to stop early."""
    evaluation, looks = conducted(planned(), customers(0.12))
    assert looks, "the trial ended after its first look"
    sentence, (primary, money) = evaluation.verdict.sentence, evaluation.look.inference
    (row,) = [row for row in evaluation.estimates if row.declared]
    observed, unbiased = row.estimate * 1000, primary.estimate * 1000
    assert sentence.startswith(f"For every 1,000 customers assigned the letter, {observed:.0f} more paid by day 23 ")
    number = evaluation.look.number
    said = f"These are the estimates as observed at look {number} of 4, which ended the trial; allowing for the looks "
    assert f"{said}they are {unbiased:.0f} more paid by day 23 and £" in sentence
    assert f"{unbiased:.0f}" != f"{observed:.0f}"
    assert f"and {gained(money.estimate * 1000)}. Scale the letter" in sentence
    assert gained(money.estimate * 1000) != gained(evaluation.net_benefit.arms[0].central.estimate * 1000)


def test_at_a_first_look_both_are_the_same_and_at_the_end_nothing_is_added():
    first, looks = conducted(planned(spending="pocock"), customers(0.3))
    assert (first.look.number, looks) == (1, [])
    (row,) = [row for row in first.estimates if row.declared]
    assert first.look.inference[0].estimate == pytest.approx(row.estimate, abs=1e-6)
    assert f"allowing for the looks they are {row.estimate * 1000:.0f} more" in first.verdict.sentence
    end, _ = conducted(planned(may="harm"), customers(0.12))
    assert "as observed at look" not in end.verdict.sentence
    assert "estimates are as observed" in end.verdict.reasons[0]


def test_an_early_end_for_harm_says_so_of_what_is_lost():
    evaluation, _ = conducted(planned(cost=20.0), customers(0.0))
    money = next(row for row in evaluation.look.inference if row.quantity == "net_benefit")
    assert f" and {gained(money.estimate * 1000)}." in evaluation.verdict.sentence
    assert "lost" in gained(money.estimate)


def test_a_look_that_may_only_show_harm_never_scales():
    evaluation, looks = conducted(planned(may="harm"), customers(0.12))
    assert [look.action for look in looks] == ["go_on"] * 3
    assert (evaluation.verdict.code, evaluation.look.action) == ("scale", "final")
    plain = cut(planned(may="harm"), customers(0.12), 4)
    assert plain.look is None
    assert evaluation.verdict.sentence == plain.verdict.sentence
    ours, theirs = (next(row for row in e.estimates if row.declared) for e in (evaluation, plain))
    assert ours.ci_lower == pytest.approx(theirs.ci_lower)  # no error was spent on benefit
    assert ours.ci_upper == pytest.approx(theirs.ci_upper)  # nor was there a chance of stopping for harm


@pytest.mark.parametrize("may", ["harm", "harm_and_benefit"])
def test_losing_money_stops_for_harm(may):
    evaluation, _ = conducted(planned(may=may, cost=20.0), customers(0.0))
    assert (evaluation.verdict.code, evaluation.look.action) == ("no_further_action", "stop_for_harm")
    assert evaluation.look.number < 4
    money = evaluation.net_benefit.arms[0].central
    assert money.ci_upper < 0
    assert money.p_value < 0.05


def test_harm_beyond_a_margin_stops_the_approach_and_the_rest_goes_on():
    protocol = planned("letter", "sms", outcomes=[PAID, COMPLAINT])
    data = customers(0.0, n=6_000, arms=("nfa", "letter", "sms"))
    harmed = (data["arm"] == "letter") & (np.random.default_rng(1).random(6_000) < 0.12)
    data["complaint"] = np.maximum(data["complaint"], harmed)
    evaluation = cut(protocol, data, 1)
    assert evaluation.verdict.code == "not_due"
    assert evaluation.look.stopped == ("letter",)
    assert "contact nobody else with" in evaluation.verdict.sentence
    assert {finding.arm: finding.code for finding in evaluation.verdict.arms} == {
        "letter": "harmful", "sms": "not_estimable",
    }  # fmt: skip
    # What was shown stays shown: at the end the letter is barred whatever its complaints say by then.
    calm = dict(data) | {"complaint": np.where(data["batch"] == "batch 0", data["complaint"], 0.0)}
    calm["paid_23"] = np.where(data["arm"] == "nfa", data["paid_23"], np.maximum(data["paid_23"], harmed[::-1]))
    final = cut(protocol, calm, 4, looks=(evaluation.look,))
    assert {finding.arm: finding.code for finding in final.verdict.arms}["letter"] == "harmful"
    assert final.look.stopped == ("letter",)


LIMIT = "“Complaint” is shown to go beyond the limit that the plan declares"


def test_harm_of_every_approach_ends_the_trial():
    protocol = planned(outcomes=[PAID, COMPLAINT])
    evaluation = cut(protocol, customers(0.1, complaints=(0.01, 0.2)), 1)
    assert (evaluation.verdict.code, evaluation.look.action) == ("no_further_action", "stop_for_harm")
    assert evaluation.verdict.arms[0].code == "harmful"
    assert evaluation.look.harms == (HarmShown("letter", "complaint", 1),)
    assert f"Look 1 of 4 stopped the letter for harm: {LIMIT}." in evaluation.verdict.reasons
    assert from_document(to_document(evaluation)) == evaluation


def test_two_approaches_and_two_guardrails_are_each_named_with_the_look_that_stopped_them():
    """The letter by complaints at look 1, the SMS by both guardrails at look 2: the second look ends the trial."""
    distress = COMPLAINT | {"id": "distress"}
    protocol = planned("letter", "sms", outcomes=[PAID, COMPLAINT, distress])
    data = customers(0.0, n=9_000, arms=("nfa", "letter", "sms"))
    data["distress"] = customers(0.0, n=9_000, arms=("nfa", "letter", "sms"), seed=8)["complaint"]
    hit = np.random.default_rng(1).random(9_000) < 0.15
    later = data["batch"] != "batch 0"
    data["complaint"] = np.maximum(
        data["complaint"], hit & ((data["arm"] == "letter") | later & (data["arm"] == "sms"))
    )
    data["distress"] = np.maximum(data["distress"], hit & later & (data["arm"] == "sms"))
    first = cut(protocol, data, 1)
    said = f"Look 1 of 4 stopped the letter for harm: {LIMIT}."
    assert first.verdict.reasons[0] == said
    letter, sms = first.verdict.arms
    assert (letter.guardrails, letter.guardrails_passed, sms.guardrails) == (("complaint",), False, ())
    assert letter.reasons == (said,)
    assert from_document(to_document(first)) == first
    second = cut(protocol, data, 2, looks=(first.look,))
    assert (second.verdict.code, second.look.action) == ("no_further_action", "stop_for_harm")
    assert second.verdict.reasons[1:3] == (
        said,
        "Look 2 of 4 stopped the letter “Sms” for harm: “Complaint” and “Distress” are shown to go beyond the limits "
        "that the plan declares.",
    )
    assert [(row.arm, row.guardrail, row.look) for row in second.look.harms] == [
        ("letter", "complaint", 1), ("sms", "complaint", 2), ("sms", "distress", 2),
    ]  # fmt: skip


def test_what_an_earlier_look_stopped_is_said_at_the_end_and_at_a_cut_between_looks():
    protocol = planned("letter", "sms", outcomes=[PAID, COMPLAINT], fractions=(0.25, 0.75))
    data = customers((0.0, 0.15), n=9_000, arms=("nfa", "letter", "sms"), complaints=(0.02, 0.02))
    hit = (data["arm"] == "letter") & (data["batch"] == "batch 0") & (np.random.default_rng(1).random(9_000) < 0.2)
    data["complaint"] = np.maximum(data["complaint"], hit)
    first = cut(protocol, data, 1)
    said = f"Look 1 of 3 stopped the letter for harm: {LIMIT}."
    between = cut(protocol, data, 2, looks=(first.look,))
    assert (between.verdict.code, between.look) == ("not_due", None)
    assert said in between.verdict.reasons
    final = cut(protocol, data, 4, looks=(first.look,))
    assert final.verdict.code == "scale"
    assert said in final.verdict.reasons
    assert "An earlier look stopped it for harm." in final.verdict.arms[0].reasons
    failed = Check("dispatch", False, "4 of 9 were sent another arm's contact; 0.00% is tolerated.", "blocks")
    invalid = cut(protocol, data, 3, looks=(first.look,), checks=(failed,))
    assert invalid.verdict.code == "invalid"
    assert said in invalid.verdict.reasons
    # Looks of earlier releases did not store by what an approach was stopped.
    stored = dataclasses.replace(first.look, harms=())
    of_before = cut(protocol, data, 4, looks=(stored,))
    assert "An earlier look stopped the letter for harm." in of_before.verdict.reasons


def test_harm_without_looks_is_a_reason_of_the_trial():
    protocol = planned("letter", "sms", outcomes=[PAID, COMPLAINT])
    plain = protocol.model_copy(update={"analysis": declared().analysis})
    evaluation = cut(
        plain, customers((0.0, 0.2), n=6_000, arms=("nfa", "letter", "sms"), complaints=(0.01, (0.2, 0.01))), 4
    )
    assert (evaluation.verdict.code, evaluation.verdict.arm, evaluation.look) == ("scale", "sms", None)
    assert f"The letter does harm: {LIMIT}." in evaluation.verdict.reasons


def test_a_cut_at_no_look_has_no_verdict_and_names_the_next():
    protocol = planned(fractions=(0.5, 0.75))
    evaluation = cut(protocol, customers(0.2), 1)
    assert (evaluation.verdict.code, evaluation.look) == ("not_due", None)
    assert evaluation.verdict.reasons[0] == (
        "No look is declared for this cut: 25% of customers are due, and look 1 of 3 comes at 50%, on 4 February 2026."
    )


def test_each_look_is_taken_once_and_in_order():
    protocol, data = planned(), customers(0.0)
    first = cut(protocol, data, 2).look
    assert first.number == 2  # look 1 was passed over, and is not made up for
    earlier = cut(protocol, data, 1, looks=(first,))
    assert (earlier.look, earlier.verdict.code) == (None, "not_due")
    third = cut(protocol, data, 3, looks=(first,)).look
    assert third.number == 3
    assert third.critical_benefit == pytest.approx(boundaries([0.5, 0.75], "obrien_fleming")[-1].critical, abs=1e-6)


@pytest.mark.parametrize("may", ["harm", "harm_and_benefit"])
@pytest.mark.parametrize(("was", "now"), [(0.0, 0.2), (0.2, 0.0), (-0.2, 0.0), (0.0, -0.2), (0.2, 0.19)])
def test_a_look_taken_again_judges_as_if_it_had_been_taken_on_these_data(was, now, may):
    protocol = planned(may=may)
    first = cut(protocol, customers(0.0), 1)
    anew = cut(protocol, customers(now), 2, looks=(first.look,))
    taken = cut(protocol, customers(was), 2, looks=(first.look,)).look
    again = cut(protocol, customers(now), 2, looks=(first.look, taken))
    assert again.look == dataclasses.replace(anew.look, again=True)
    assert again.looks_before == anew.looks_before == (first.look,)
    assert (again.verdict.code, again.verdict.sentence) == (anew.verdict.code, anew.verdict.sentence)
    assert again.estimates == anew.estimates
    assert from_document(to_document(again)) == again


def test_an_invalid_look_is_not_taken_and_shows_nothing():
    failed = Check("dispatch", False, "4 of 9 were sent another arm's contact; 0.00% is tolerated.", "blocks")
    evaluation = cut(planned(), customers(0.3), 2, checks=(failed,))
    assert (evaluation.verdict.code, evaluation.look.action) == ("invalid", "not_taken")
    assert (evaluation.estimates, evaluation.sensitivity, evaluation.net_benefit) == ((), (), None)


def test_information_is_what_was_due_in_fact():
    """Batches of unequal size: the look at "a quarter" has 40% of the customers, and spends what 40% spends."""
    protocol, data = planned(), customers(0.0)
    sizes = [1_600, 800, 800, 800]
    data["batch"] = np.repeat([f"batch {number}" for number in range(4)], sizes)
    data[DAY_ZERO_COLUMN] = np.repeat(np.array(STARTS, dtype="datetime64[D]"), sizes)
    look = cut(protocol, data, 1).look
    assert (look.number, look.declared, look.fraction) == (1, 0.25, 0.4)
    assert look.critical_benefit == pytest.approx(boundaries([0.4], "obrien_fleming")[0].critical, abs=1e-6)


def test_segments_wait_for_the_end():
    data = customers(0.0, n=16_000)
    data["reason"] = np.tile(["forgot", "forgot", "confused", "confused"], 4_000)
    moved = (data["arm"] == "letter") & (data["reason"] == "forgot")
    rng = np.random.default_rng(8)
    data["paid_23"] = np.where(moved, rng.random(16_000) < 0.5, data["paid_23"]).astype(float)
    data["paid_23"] = np.where(
        (data["arm"] == "letter") & ~moved, rng.random(16_000) < 0.1, data["paid_23"]
    ).astype(float)  # fmt: skip
    looks = {"fractions": [0.5], "may": "harm_and_benefit"}
    protocol = planned().model_copy(
        update={"analysis": declared(analysis={"looks": looks, "subgroups": [{"column": "reason"}]}).analysis}
    )
    interim = cut(protocol, data, 2)
    assert interim.verdict.code == "not_due"
    assert cut(protocol, data, 4, looks=(interim.look,)).verdict.code == "scale_segment"


def test_several_approaches_share_the_error_at_a_look():
    """Two alike approaches: each crosses at the boundary of half of alpha."""
    evaluation = cut(planned("letter", "sms"), customers((0.0, 0.0), arms=("nfa", "letter", "sms"), n=6_000), 2)
    plan = boundaries([0.5], "obrien_fleming", 0.025)
    assert evaluation.look.critical_benefit == pytest.approx(plan[0].critical, abs=1e-6)


def test_an_outcome_that_is_better_when_lower_is_judged_the_right_way_round():
    calls = {"id": "calls", "role": "primary", "kind": "binary", "direction": "decrease", "day": 23}
    worth = {"costs": [{"outcome": "calls", "value": 50}]}
    data = customers(-0.12)
    data["calls"] = data["paid_23"]
    evaluation, _ = conducted(planned(outcomes=[calls], decision=worth), data)
    assert (evaluation.verdict.code, evaluation.look.action) == ("scale", "stop_for_benefit")
    (row,) = [row for row in evaluation.estimates if row.declared]
    assert row.ci_upper < 0
    assert evaluation.look.inference[0].estimate > row.estimate


def test_amounts_too():
    protocol = planned(outcomes=[COLLECTED | {"role": "primary", "day": 23}], decision={
        "benefits": [{"outcome": "collected", "value": 1}],
    })  # fmt: skip
    evaluation, _ = conducted(protocol, customers(0.15))
    assert (evaluation.verdict.code, evaluation.look.action) == ("scale", "stop_for_benefit")
