"""What arms and outcomes are called, from the plan alone."""

import json

from analysis.results import Segment
from designs.protocol import Protocol, load_protocol, parse_canonical
from tests.places import ROOT
from tests.trials.reporting.examples import PLAN, PROTOCOL
from trials.reporting.words.names import Names

LIBRARY = ROOT / "designs" / "library"
NAMES = Names(PLAN)


def plan(**sections):
    return Protocol.model_validate_json(json.dumps({**PROTOCOL, **sections}))


def test_arms_outcomes_and_comparison_have_their_words():
    assert NAMES.comparison == "nfa"
    assert NAMES.approaches == ("letter", "sms", "call")
    assert NAMES.approach("sms") == "the SMS reminder"
    assert NAMES.outcome(NAMES.primary) == "Paid by day 23"
    assert NAMES.outcome("collected_12m") == "Collected in 12 months"
    assert NAMES.event_share("days_to_pay") == "Share who paid"


def test_a_unit_is_declared_and_never_guessed_from_an_id():
    measured = [NAMES.measure(outcome) for outcome in ("paid_23", "collected_12m", "inbound_minutes", "complaint")]
    assert measured == ["share", "pounds", "minutes", "share"]
    unsaid = plan(outcomes=[{"id": "minutes_on_hold", "role": "primary", "kind": "amount"}])
    assert Names(unsaid).measure("minutes_on_hold") == "pounds"


def test_a_label_is_what_an_outcome_is_called():
    labelled = plan(outcomes=[{"id": "ttp", "label": "Time to pay agreed", "role": "primary", "kind": "binary"}])
    assert Names(labelled).outcome("ttp") == "Time to pay agreed"


def test_a_stored_plan_reads_like_the_file_it_came_from():
    loaded = load_protocol(LIBRARY / "small-debts.yaml")
    names = Names(parse_canonical(loaded.canonical))
    assert [names.arm(arm.id) for arm in loaded.protocol.arms] == [arm.label for arm in loaded.protocol.arms]
    assert names.comparison == loaded.protocol.comparison.id
    assert names.effect("inbound_minutes", 0.28) == "+0.28 minutes"


def test_without_nfa_the_comparison_is_business_as_usual():
    arms = [
        {"id": "new", "kind": "otm", "label": "New letter"},
        {"id": "old", "kind": "bau", "label": "Today's letter"},
    ]
    names = Names(plan(arms=arms, analysis={"alpha": 0.1}))
    assert names.comparison == "old"
    assert names.comparison_label == "today's letter"
    assert names.confidence == "90%"


def test_an_effect_speaks_its_outcomes_unit():
    assert NAMES.effect("paid_23", 0.07, 0.06, 0.08) == "+7.0 points (6.0 to 8.0)"
    assert NAMES.effect("collected_12m", 1.1, -0.2, 2.4) == "+£1.10 (−£0.20 to £2.40)"
    assert NAMES.effect("inbound_minutes", 0.28, 0.2, 0.36) == "+0.28 minutes (0.20 to 0.36)"


def test_what_another_version_of_the_plan_named_still_has_a_readable_name():
    assert NAMES.outcome("state_at_90_days") == "State at 90 days"
    assert NAMES.arm("plain_letter") == "Plain letter"
    assert NAMES.approach("plain_letter") == "the plain letter"


def test_a_level_without_words_is_not_taken_for_another_that_is_called_so():
    columns = {"reason": {"levels": {"F": "forgot", "C": "customers who were confused"}}}
    names = Names(plan(population={**PROTOCOL["population"], "columns": columns}))
    assert names.levels("reason", ["F", "C", "forgot", "other"]) == {
        "F": "Forgot", "C": "Customers who were confused", "forgot": "“forgot”", "other": "Other",
    }  # fmt: skip
    assert names.segment(Segment("reason", "forgot")) == "customers whose reason is “forgot”"
    assert names.segment(Segment("reason", "F")) == "customers whose reason is forgot"
