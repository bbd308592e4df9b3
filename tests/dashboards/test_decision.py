"""The manager's page: eight parts in their order, in words, without a p-value; every figure is the stored one."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from dashboards import session
from tests.dashboards.conftest import charts, done, refusals, shown, table_row
from tests.small_registry import FIVE_MESSAGES, LATE_RETURNS, LOST_OUTCOMES, SMALL_DEBTS, STALLED
from trials.access import LOCAL_ACTOR
from trials.errors import TrialRefused
from trials.stages.draft import keep_draft

KEY = f"decision-{SMALL_DEBTS}-0-1"


def primary(evaluation, arm):
    """The declared effect on the primary outcome, in everybody."""
    (row,) = [row for row in evaluation.estimates if row.role == "primary" and row.declared and row.arm == arm]
    return row


def test_the_eight_parts_stand_in_their_order(seen_page, recorded):
    verdict = recorded(SMALL_DEBTS).evaluation.verdict
    assert verdict.sentence.startswith("For every 1,000 customers assigned the SMS reminder, ")
    words = shown(seen_page("decision", trial=SMALL_DEBTS))
    parts = [
        verdict.sentence,
        '<div class="otm-verdict otm-verdict-scale">Scale the SMS reminder</div>',
        '<dl class="otm-figures">',
        "Net benefit per 1,000 customers, against no further action",
        "Reasons",
        "Each approach",
        "What would change this",
        "Can I trust it?",
        "Record a decision",
    ]
    places = [words.index(part) for part in parts]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("trial", "code"),
    [
        (SMALL_DEBTS, "scale"),
        (FIVE_MESSAGES, "scale_segment"),
        (LATE_RETURNS, "not_shown"),
        (LOST_OUTCOMES, "invalid"),
    ],
)
def test_every_verdict_is_told_in_the_words_that_the_analysis_stored(seen_page, recorded, trial, code):
    verdict = recorded(trial).evaluation.verdict
    assert verdict.code == code
    words = shown(seen_page("decision", trial=trial))
    assert verdict.sentence in words
    assert verdict.flips
    failed = [check.detail for check in recorded(trial).evaluation.checks if check.passed is False]
    assert code == "invalid" or verdict.reasons
    for reason in verdict.reasons:
        assert (f"<li>{reason}</li>" in words) == (reason not in failed)
    for line in verdict.flips:
        assert f"<li>{line}</li>" in words


def test_three_figures_have_their_ranges(seen_page, recorded):
    """The figures are those of the stored sentence; their ranges, those that decided."""
    evaluation = recorded(SMALL_DEBTS).evaluation
    more, gained = re.search(r"(\d+ more) paid .* to gain (£[\d,]+) \(", evaluation.verdict.sentence).groups()
    row = primary(evaluation, "sms")
    money = next(arm for arm in evaluation.net_benefit.arms if arm.arm == "sms")
    decided = next(finding for finding in evaluation.verdict.arms if finding.arm == "sms")
    assert decided.effect_range == pytest.approx((row.ci_lower_simultaneous, row.ci_upper_simultaneous))
    assert decided.net_benefit_range == pytest.approx(
        (money.central.ci_lower_simultaneous, money.central.ci_upper_simultaneous)
    )
    words = shown(seen_page("decision", trial=SMALL_DEBTS))
    effect = f"95% range: {row.ci_lower_simultaneous * 1000:.0f} to {row.ci_upper_simultaneous * 1000:.0f} more"
    assert re.search(rf"{more}</dd><dd[^>]*>{effect}", words)
    lower, upper = map(_three_figures, decided.net_benefit_range)
    net = rf"95% range: £{lower} to £{upper} gained"
    assert re.search(rf"{gained} gained</dd><dd[^>]*>{net}", words)
    assert "At roll-out to 400,000 customers" in words
    millions = money.central.estimate * 400_000 / 1e6
    assert re.search(rf"£{millions:.1f} million gained</dd><dd[^>]*>95% range: £", words)


def _three_figures(pounds_each):
    """Pounds per 1,000 customers, as far as three figures say it."""
    return f"{float(f'{pounds_each * 1000:.3g}'):,.0f}"


@pytest.mark.parametrize(
    ("arm", "label", "code", "words"),
    [
        ("call", "Outbound call", "works_not_worth_sending", "Works, and is not worth sending"),
        ("letter", "Plain reminder letter", "works_worth_unknown", "Works; whether it is worth sending is not known"),
    ],
)
def test_what_works_is_called_not_worth_sending_where_its_loss_is_shown(seen_page, recorded, arm, label, code, words):
    finding = next(row for row in recorded(SMALL_DEBTS).evaluation.verdict.arms if row.arm == arm)
    assert finding.code == code
    assert (finding.net_benefit_range[1] < 0.0) == (code == "works_not_worth_sending")
    assert words in table_row(seen_page("decision", trial=SMALL_DEBTS), label, 'data-label="Finding"')


@pytest.mark.parametrize("trial", [SMALL_DEBTS, FIVE_MESSAGES, LATE_RETURNS, LOST_OUTCOMES])
def test_no_p_value_and_no_plus_minus_on_the_managers_page(seen_page, trial):
    words = shown(seen_page("decision", trial=trial))
    assert not re.search(r"\bp\b\s*[=<]|p-value|±", words)
    assert not re.search(r"(?i)significan", words)


def test_the_chart_says_what_it_shows(seen_page, recorded):
    gained = re.search(r"to gain (£[\d,]+) \(", recorded(SMALL_DEBTS).evaluation.verdict.sentence).group(1)
    (chart,) = charts(seen_page("decision", trial=SMALL_DEBTS))
    assert f"SMS reminder {gained} gained" in chart.alt
    assert "The SMS reminder gains money." in chart.alt


def test_an_invalid_trial_shows_no_effect_as_a_finding(seen_page, recorded):
    (failed,) = [check for check in recorded(LOST_OUTCOMES).evaluation.checks if check.name == "retention"]
    assert failed.passed is False
    page = seen_page("decision", trial=LOST_OUTCOMES)
    words = shown(page)
    assert "Invalid: no finding can be drawn" in words
    assert f"Failed: Retention. {failed.detail}" in words
    assert not charts(page)
    assert "Each approach" not in words
    assert "more</dd>" not in words


def test_a_trial_without_a_named_arm_says_whose_figures_these_are(seen_page, recorded):
    evaluation = recorded(LATE_RETURNS).evaluation
    assert evaluation.verdict.arm is None
    assert primary(evaluation, "letter").estimate > primary(evaluation, "firm").estimate
    assert "For the plain reminder letter, the approach that did best:" in shown(
        seen_page("decision", trial=LATE_RETURNS)
    )


def test_without_a_declared_decision_the_page_says_why_there_is_no_money(evaluated_page, recorded):
    reason = recorded(LOST_OUTCOMES).evaluation.net_benefit_reason  # its protocol declares no decision
    assert reason
    without = replace(recorded(SMALL_DEBTS).evaluation, net_benefit=None, net_benefit_reason=reason)
    page = evaluated_page("decision", SMALL_DEBTS, without)
    assert f"Net benefit was not estimated: {reason}." in shown(page)
    assert "Paid by day 23: difference from no further action" in charts(page)[0].alt


def test_before_an_evaluation_the_page_says_what_is_next_and_who(seen_page):
    page = seen_page("decision", trial=STALLED)
    assert "There is no evaluation yet. Next: Randomise. Who: randomiser." in shown(page)
    assert not page.radio


def test_an_unknown_trial_is_refused_plainly_with_a_list_to_choose_from(seen_page):
    page = seen_page("decision", trial="nothing")
    assert "there is no trial 'nothing'" in refusals(page)[0].lower()
    assert "Reminders for small Self Assessment debts" in shown(page)


def test_without_a_trial_in_the_address_there_is_a_list(seen_page):
    assert "Choose a trial." in shown(seen_page("decision"))


def test_the_address_holds_the_trial(seen_page):
    page = seen_page("decision", trial=SMALL_DEBTS)
    assert page.query_params["trial"] == SMALL_DEBTS


REVIEW = session.today() + timedelta(days=100)


def decide(page, choice="Accept", reason="It pays for itself.", conditions=""):
    page.radio(key=f"{KEY}-choice").set_value(choice)
    page.text_area(key=f"{KEY}-reason").input(reason)
    page.text_area(key=f"{KEY}-conditions").input(conditions)
    page.date_input(key=f"{KEY}-review").set_value(REVIEW)
    return page.button(key=f"{KEY}-record").click().run()


def decisions(registry, trial=SMALL_DEBTS):
    with registry.read(LOCAL_ACTOR) as reader:
        return reader.trial(trial).decisions


def test_a_decision_is_recorded_as_it_was_written(open_page, own_registry):
    page = open_page("decision", trial=SMALL_DEBTS)
    page = decide(page, "Override", "Capacity is short.", "Keep 5% on no further action.")
    (decision,) = decisions(own_registry)
    assert (decision.choice, decision.verdict_code, decision.decided_by) == ("override", "scale", "local")
    assert decision.action == "Scale the SMS reminder"
    assert decision.reason == "Capacity is short."
    assert decision.conditions == "Keep 5% on no further action."
    assert decision.review_on == REVIEW
    assert "The decision is recorded." in done(page)[0]
    assert "Conditions: Keep 5% on no further action." in shown(page)


def test_a_refused_decision_says_why_and_keeps_what_was_typed(open_page, own_registry):
    page = decide(open_page("decision", trial=SMALL_DEBTS), reason="  ", conditions="Written at length.")
    assert "reason" in refusals(page)[0]
    assert page.text_area(key=f"{KEY}-conditions").value == "Written at length."
    assert not done(page)
    assert decisions(own_registry) == ()


def test_an_attempt_offers_no_verdict_to_accept_and_may_be_ended(open_page, own_registry):
    key = f"decision-{LOST_OUTCOMES}-0-1"
    keep_draft(own_registry, LOCAL_ACTOR, LOST_OUTCOMES, {"choice": "Accept", "reason": "It is so."})
    page = open_page("decision", trial=LOST_OUTCOMES)
    assert not page.radio
    assert "there is no verdict to accept. Load the corrected files and evaluate again." in shown(page)
    assert page.text_input(key=f"{key}-action").value == "End the trial without a finding"
    page = page.button(key=f"{key}-record").click().run()
    (decision,) = decisions(own_registry, LOST_OUTCOMES)
    assert (decision.choice, decision.verdict_code) == ("override", "invalid")
    assert "decided without a finding, for the data are invalid. End the trial without a finding." in shown(page)


def test_a_refusal_is_told_with_its_rule_and_what_to_do(open_page, monkeypatch):
    def refuse(trial, **fields):
        raise TrialRefused("the verdict has changed", rule="a decision names the verdict it is about", remedy="read it")

    monkeypatch.setattr(session, "decide", refuse)
    page = decide(open_page("decision", trial=SMALL_DEBTS), reason="Written at length.")
    assert "The verdict has changed." in refusals(page)[0]
    assert "Rule: a decision names the verdict it is about." in refusals(page)[0]
    assert "What to do: read it." in refusals(page)[0]


def test_what_was_typed_is_kept_while_the_reader_looks_at_another_page(open_page, own_registry):
    page = open_page("decision", trial=SMALL_DEBTS)
    page.text_area(key=f"{KEY}-reason").input("Half a thought").run()
    page.switch_page("views/results.py").run()
    page.switch_page("views/decision.py").run()
    assert page.text_area(key=f"{KEY}-reason").value == "Half a thought"


def test_what_was_typed_comes_back_after_a_reload_and_to_nobody_else(open_page, own_registry, monkeypatch):
    page = open_page("decision", trial=SMALL_DEBTS)
    page.radio(key=f"{KEY}-choice").set_value("Override")
    page.text_input(key=f"{KEY}-action").input("Wait")
    page.text_area(key=f"{KEY}-reason").input("Not yet.")
    page.date_input(key=f"{KEY}-review").set_value(REVIEW).run()
    again = open_page("decision", trial=SMALL_DEBTS)
    assert again.radio(key=f"{KEY}-choice").value == "Override"
    assert again.text_input(key=f"{KEY}-action").value == "Wait"
    assert again.text_area(key=f"{KEY}-reason").value == "Not yet."
    assert again.date_input(key=f"{KEY}-review").value == REVIEW
    monkeypatch.setenv("OTM_ACTOR", "Max:manager")
    assert open_page("decision", trial=SMALL_DEBTS).text_area(key=f"{KEY}-reason").value == ""


def test_a_draft_that_the_fields_cannot_hold_gives_what_it_can(open_page, own_registry):
    typed = {"choice": "perhaps", "reason": "Half a thought", "review_on": "soon", "mood": "good"}
    keep_draft(own_registry, LOCAL_ACTOR, SMALL_DEBTS, typed)
    page = open_page("decision", trial=SMALL_DEBTS)
    assert not page.exception
    assert page.radio[0].value == "Accept"
    assert "Half a thought" in [area.value for area in page.text_area]


def test_typed_text_that_cannot_be_kept_is_refused_on_the_page(open_page, own_registry, monkeypatch):
    monkeypatch.setattr(session, "draft", lambda _: {"reason": "a \0 within"})
    page = open_page("decision", trial=SMALL_DEBTS)
    page.button(key=next(button.key for button in page.button if button.key.endswith("-record"))).click().run()
    assert not page.exception
    assert "A text holds a NUL character." in refusals(page)[0]
    assert not decisions(own_registry)


def test_who_may_not_decide_sees_who_may_and_no_form(open_page, monkeypatch):
    monkeypatch.setenv("OTM_ACTOR", "Ann:analyst")
    page = open_page("decision", trial=SMALL_DEBTS)
    assert "analyst" in refusals(page)[0]
    assert "Rule: " in refusals(page)[0]
    assert "manager" in refusals(page)[0]
    assert not page.radio


def test_a_recorded_decision_is_shown_with_its_conditions_and_review(seen_page, small_registry):
    (decision,) = decisions(small_registry, FIVE_MESSAGES)
    words = shown(seen_page("decision", trial=FIVE_MESSAGES))
    assert f"On {_day(decision.decided_at.date())} Demonstrator accepted the verdict." in words
    assert "Conditions: Keep 5% on no further action." in words
    assert f"To be reviewed on {_day(decision.review_on)}." in words


def _day(when: date) -> str:
    return f"{when.day} {when:%B %Y}"


def test_a_review_is_offered_half_a_year_ahead(seen_page):
    page = seen_page("decision", trial=SMALL_DEBTS)
    ahead = page.date_input(key=f"{KEY}-review").value - session.today()
    assert 180 <= ahead.days <= 185
