"""What the answers of a plan come to: doubts and their overrides, routes, follow-up, alternatives, behaviour."""

from __future__ import annotations

from typing import Any

import pytest

from designs.protocol.models import QUESTIONS
from designs.suitability import Review, answer_digests, review
from designs.suitability.answers import PredictedReaction, predicted_reactions
from tests.designs.protocol.examples import ABSENT, Change
from tests.designs.suitability.plans import EVIDENCE, SETTLED, TODAY, codes, plan_of, recorded

EIGHT = QUESTIONS["CH600210-1"]
FOLLOW_UP = {"owner": "the campaign team", "capacity_per_month": 500, "starts_on": "2026-06-01", "rule": "a call"}


def reviewed(*changes: Change, entries: Any = ()) -> Review:
    return review(plan_of(SETTLED, *changes), list(entries), TODAY)


def opened(*changes: Change) -> list[tuple[str, str, str]]:
    return codes(reviewed(*changes).open)


def overriding(*changes: Change, role: str = "manager", only: str | None = None) -> Any:
    digests = answer_digests(plan_of(SETTLED, *changes))
    answers = digests if only is None else {only: digests[only]}
    return recorded(1, role, "doubt_overridden", answers=answers, reason="a pilot went well")


def test_a_settled_plan_has_nothing_open() -> None:
    found = reviewed()
    assert (found.status, found.doubts, found.open, found.route) == ("appropriate", (), (), "go_on")


@pytest.mark.requirement("S17")
@pytest.mark.parametrize("question", EIGHT)
def test_any_doubt_needs_the_override_of_an_approver(question: str) -> None:
    doubt = (f"suitability.{question}.confidence", "in_doubt")
    found = reviewed(doubt)
    assert (found.status, found.doubts) == ("may_not_be_appropriate", (question,))
    assert found.sentence == "One-to-many may not be appropriate."
    assert codes(found.open) == [("doubt", "blocks", doubt[0])]
    assert found.open[0].clears == "manager"
    assert reviewed(doubt, entries=[overriding(doubt, role="designer")]).status == "may_not_be_appropriate"
    overridden = reviewed(doubt, entries=[overriding(doubt, only=question)])
    assert (overridden.status, overridden.open) == ("overridden", ())
    assert overridden.overrides[question].by == "somebody"


@pytest.mark.requirement("S17")
@pytest.mark.parametrize("question", EIGHT)
def test_an_override_is_void_once_the_answer_changes(question: str) -> None:
    doubt = (f"suitability.{question}.confidence", "in_doubt")
    edited = (f"suitability.{question}.evidence", "a report, and its annex")
    found = reviewed(doubt, edited, entries=[overriding(doubt)])
    assert found.status == "may_not_be_appropriate"
    assert codes(found.open) == [("override_void", "blocks", doubt[0])]
    assert reviewed(doubt, edited, entries=[overriding(doubt), overriding(doubt, edited)]).open == ()


@pytest.mark.requirement("S17")
def test_every_doubt_is_overridden_or_none_is() -> None:
    doubts = [(f"suitability.{question}.confidence", "in_doubt") for question in ("cost", "reaction")]
    found = reviewed(*doubts, entries=[overriding(*doubts, only="cost")])
    assert (found.status, set(found.overrides)) == ("may_not_be_appropriate", {"cost"})
    assert codes(found.open) == [("doubt", "blocks", "suitability.reaction.confidence")]


@pytest.mark.requirement("S17")
def test_what_a_later_edition_asks_may_be_in_doubt_too() -> None:
    further = [question for question in QUESTIONS["CH600210-2"] if question not in EIGHT]
    asked = [(f"suitability.{question}", {"answer": "yes", **EVIDENCE}) for question in further]
    later = [("suitability.edition", "CH600210-2"), *asked]
    assert reviewed(*later).status == "appropriate"
    assert reviewed(*later, ("suitability.support.confidence", "in_doubt")).doubts == ("support",)


def test_unanswered_questions_are_open() -> None:
    found = reviewed(("suitability", ABSENT))
    assert (found.status, found.route) == ("not_answered", None)
    assert codes(found.open) == [("not_answered", "blocks", "suitability")]


@pytest.mark.requirement("S12")
def test_unknown_reasons_open_the_step_that_finds_out() -> None:
    unknown = ("suitability.same_reason.answer", "unknown")
    insight = {"method": "calls to a sample", "owner": "the insight team", "ready_on": "2026-04-01"}
    where = "suitability.same_reason.insight"
    assert reviewed(unknown).route == "insight"
    assert opened(unknown) == [("no_insight", "blocks", where)]
    assert opened(unknown, (where, insight)) == [("insight_awaited", "warns", where)]
    late = (where, insight | {"ready_on": "2026-03-01"})
    assert opened(unknown, late) == [("insight_overdue", "blocks", f"{where}.ready_on")]


@pytest.mark.requirement("S14")
def test_predicted_reactions_are_kept_in_figures() -> None:
    rates = ("suitability.reaction.answer", {"complain": 0.001, "pay": 1, "agent": 0.2})
    assert predicted_reactions(plan_of(SETTLED, rates)) == (
        PredictedReaction("pay", 1.0), PredictedReaction("complain", 0.001), PredictedReaction("agent", 0.2),
    )  # fmt: skip
    assert opened(rates) == []


@pytest.mark.requirement("S14")
@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("they will call", [("reactions_not_predicted", "blocks", "")]),
        ({"call": 0.1, "sigh": 0.2}, [("reaction_not_known", "warns", ".sigh")]),
        ({"pay": 0.1, "call": 40}, [("reaction_no_share", "blocks", ".call")]),
        ({"pay": 0.1, "call": True}, [("reaction_no_share", "blocks", ".call")]),
        ({"pay": 0.1, "call": "0.1"}, [("reaction_no_share", "blocks", ".call")]),
    ],
)
def test_a_reaction_without_a_share_is_no_prediction(answer: Any, found: list[tuple[str, str, str]]) -> None:
    where = "suitability.reaction.answer"
    assert opened((where, answer)) == [(code, severity, where + path) for code, severity, path in found]


@pytest.mark.requirement("S15")
def test_a_message_that_asks_for_a_review_needs_a_plan_to_follow_up() -> None:
    review_asked = ("suitability.follow_up.asks_for_review", True)
    assert opened(review_asked) == [("no_follow_up_plan", "blocks", "suitability.follow_up.plan")]
    assert opened(review_asked, ("suitability.follow_up.plan", FOLLOW_UP)) == []
    unsaid = ("suitability.follow_up.asks_for_review", ABSENT)
    assert opened(unsaid) == [("review_not_answered", "blocks", "suitability.follow_up.asks_for_review")]


@pytest.mark.requirement("S15")
def test_every_arm_is_followed_up_by_the_same_rule() -> None:
    review_asked = ("suitability.follow_up.asks_for_review", True)

    def by_arm(rules: dict[str, str]) -> list[tuple[str, str, str]]:
        return opened(review_asked, ("suitability.follow_up.plan", FOLLOW_UP | {"by_arm": rules}))

    assert by_arm({"letter": "a call"}) == []
    where = "suitability.follow_up.plan.by_arm.nfa"
    assert by_arm({"letter": "a call", "nfa": "nobody"}) == [("follow_up_differs", "blocks", where)]


def test_a_follow_up_that_should_have_started_is_named() -> None:
    late = FOLLOW_UP | {"starts_on": "2026-03-01"}
    where = "suitability.follow_up.plan.starts_on"
    assert opened(("suitability.follow_up.plan", late)) == [("follow_up_gone_by", "warns", where)]


def test_a_message_that_opens_a_check_is_refused_whoever_overrides() -> None:
    opens = ("suitability.message.opens_check", True)
    doubt = ("suitability.message.confidence", "in_doubt")
    found = reviewed(opens, doubt, entries=[overriding(opens, doubt)])
    assert found.status == "not_one_to_many"
    assert codes(found.open) == [("opens_check", "blocks", opens[0])]
    assert opened((opens[0], ABSENT)) == [("check_not_ruled_out", "blocks", opens[0])]


@pytest.mark.requirement("S02")
def test_alternatives_are_considered_and_no_further_action_always() -> None:
    assert opened(("alternatives", [])) == [("no_alternative", "blocks", "alternatives")]
    by_bau = ("arms[0].kind", "bau")
    assert opened(by_bau) == [("no_further_action_absent", "blocks", "arms")]
    assert opened(by_bau, ("nfa_waived", "the law requires the letter")) == []


@pytest.mark.requirement("S03")
def test_a_behaviour_that_is_blank_or_not_measured_blocks() -> None:
    assert opened(("behaviour", ABSENT)) == [("no_behaviour", "blocks", "behaviour")]
    for part in ("who", "action", "observed_in"):
        assert opened((f"behaviour.{part}", "  ")) == [("no_behaviour", "blocks", "behaviour")]
    assert opened(("behaviour.by_day", ABSENT)) == [("behaviour_without_day", "blocks", "behaviour.by_day")]
    hearsay = ("behaviour.observed_in", "what colleagues hear")
    assert opened(hearsay) == [("behaviour_not_measured", "blocks", "behaviour.observed_in")]


@pytest.mark.requirement("S03")
@pytest.mark.parametrize("name", ["filed_30", "Filed by day 30", "the  REGISTER", "days"])
def test_a_behaviour_is_seen_in_an_outcome_or_the_source_of_one(name: str) -> None:
    assert opened(("outcomes[0].label", "Filed by day 30"), ("behaviour.observed_in", name)) == []


def test_a_draft_with_next_to_nothing_is_reviewed_all_the_same() -> None:
    found = review(plan_of({"schema": 1}), [], TODAY)
    assert [item.code for item in found.open] == [
        "no_behaviour", "no_alternative", "no_further_action_absent", "not_answered",
    ]  # fmt: skip
