"""What arms and outcomes are called, from the plan alone."""

from designs.protocol import load_protocol, parse_canonical
from tests.dashboards.examples import PROTOCOL
from tests.places import ROOT
from trials.reporting.names import names_of

LIBRARY = ROOT / "designs" / "library"


def test_arms_outcomes_and_comparison_have_their_words():
    names = names_of(PROTOCOL)
    assert names.comparison == "nfa"
    assert names.approaches == ("letter", "sms", "call")
    assert names.approach("sms") == "the SMS reminder"
    assert names.primary is not None
    assert names.primary.label == "Paid by day 23"
    assert names.outcome("collected_12m") == "Collected in 12 months"
    assert [names.unit(outcome) for outcome in ("paid_23", "collected_12m", "inbound_minutes", "complaint")] == [
        "share",
        "pounds",
        "number",
        "share",
    ]
    assert names.event_share("days_to_pay") == "Share who paid"


def test_a_stored_plan_reads_like_the_file_it_came_from():
    import json

    loaded = load_protocol(LIBRARY / "small-debts.yaml")
    assert parse_canonical(loaded.canonical).id == loaded.protocol.id
    names = names_of(json.loads(loaded.canonical))
    assert set(names.arms.values()) == {arm.label for arm in loaded.protocol.arms}
    assert names.comparison == loaded.protocol.comparison.id
    assert names.alpha == loaded.protocol.analysis.alpha


def test_without_nfa_the_comparison_is_business_as_usual():
    arms = [
        {"id": "new", "kind": "otm", "label": "New letter"},
        {"id": "old", "kind": "bau", "label": "Today's letter"},
    ]
    names = names_of({"arms": arms, "outcomes": [], "analysis": {"alpha": 0.1}})
    assert names.comparison == "old"
    assert names.comparison_label == "today's letter"
    assert names.confidence == "90%"


def test_an_effect_speaks_its_outcomes_unit():
    names = names_of(PROTOCOL)
    assert names.effect("paid_23", 0.07, 0.06, 0.08) == "+7.0 points (6.0 to 8.0)"
    assert names.effect("collected_12m", 1.1, -0.2, 2.4) == "+£1.10 (−£0.20 to £2.40)"
    assert names.effect("inbound_minutes", 0.28, 0.2, 0.36) == "+0.28 (0.20 to 0.36)"


def test_an_outcome_nobody_declared_still_has_a_readable_name():
    assert names_of(PROTOCOL).outcome("state_at_90_days") == "State at 90 days"
