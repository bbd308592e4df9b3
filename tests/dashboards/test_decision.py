"""The manager's page: eight parts in their order, in words, without a p-value."""

import re
from datetime import date

import pytest

from tests.dashboards import examples
from tests.dashboards.conftest import charts, replace_session, shown
from tests.dashboards.stand_in import TODAY, stand_in
from trials.errors import AccessRefused, TrialRefused

B = "small-debts-2026"
KEY = f"decision-{B}-0"


def test_the_eight_parts_stand_in_their_order(seen_page):
    words = shown(seen_page("decision", trial=B))
    parts = [
        "For every 1,000 customers sent the SMS reminder, 70 more paid by day 23",
        "Scale the SMS reminder",
        "£920 gained",
        "Net benefit per 1,000 customers, against no further action",
        "Each approach",
        "What would change this",
        "Can I trust it?",
        "Record a decision",
    ]
    places = [words.index(part) for part in parts]
    assert places == sorted(places)


def test_three_figures_have_their_ranges(seen_page):
    words = shown(seen_page("decision", trial=B))
    assert re.search(r"70 more</dd><dd[^>]*>95% range: 65 to 75 more", words)
    assert re.search(r"£920 gained</dd><dd[^>]*>95% range: £410 to £1,430 gained", words)
    assert "At roll-out to 400,000 customers" in words
    assert re.search(r"£367,000 gained</dd><dd[^>]*>95% range: £163,000 to £571,000 gained", words)


def test_the_letter_works_and_is_not_worth_sending(seen_page):
    words = shown(seen_page("decision", trial=B))
    row = next(
        line for line in words.split("<tr") if "Plain reminder letter" in line and 'data-label="Finding"' in line
    )
    assert "Works, and is not worth sending" in row


@pytest.mark.parametrize("trial", ["small-debts-2026", "late-returns-2026", "lost-outcomes-2026"])
def test_no_p_value_and_no_plus_minus_on_the_managers_page(seen_page, trial):
    words = shown(seen_page("decision", trial=trial))
    assert not re.search(r"\bp\b\s*[=<]|p-value|±", words)
    assert not re.search(r"(?i)significan", words)


def test_the_chart_says_what_it_shows(seen_page):
    (chart,) = charts(seen_page("decision", trial=B))
    assert "SMS reminder £920 gained" in chart.alt
    assert "The SMS reminder gains money." in chart.alt


def test_an_invalid_trial_shows_no_effect_as_a_finding(seen_page):
    page = seen_page("decision", trial="lost-outcomes-2026")
    words = shown(page)
    assert "Invalid: no finding can be drawn" in words
    assert "Failed: Retention. 4.9% of the call arm has no outcome" in words
    assert not charts(page)
    assert "Each approach" not in words
    assert "more</dd>" not in words


def test_a_trial_without_a_named_arm_says_whose_figures_these_are(seen_page):
    assert "For the SMS reminder, the approach that did best:" in shown(
        seen_page("decision", trial="late-returns-2026")
    )


def test_without_a_declared_decision_the_page_says_why_there_is_no_money(open_page, monkeypatch):
    replace_session(monkeypatch, **stand_in(evaluations={B: examples.without_money}))
    page = open_page("decision", trial=B)
    assert "Net benefit was not estimated: the protocol declares no decision." in shown(page)
    assert "Paid by day 23: difference from no further action" in charts(page)[0].alt


def test_before_an_evaluation_the_page_says_what_is_next_and_who(seen_page):
    page = seen_page("decision", trial="stalled-2026")
    assert "There is no evaluation yet. Next: Randomise. Who: randomiser." in shown(page)
    assert not page.radio


def test_an_unknown_trial_is_refused_plainly_with_a_list_to_choose_from(seen_page):
    page = seen_page("decision", trial="nothing")
    assert page.error[0].value.replace("\\", "").startswith("nothing: there is no such trial.")
    assert "Reminders for small Self Assessment debts" in shown(page)


def test_without_a_trial_in_the_address_there_is_a_list(seen_page):
    assert "Choose a trial." in shown(seen_page("decision"))


def test_the_address_holds_the_trial(seen_page):
    page = seen_page("decision", trial=B)
    assert page.query_params["trial"] == B


def decide(page, choice="Accept", reason="It pays for itself.", conditions=""):
    page.radio(key=f"{KEY}-choice").set_value(choice)
    page.text_area(key=f"{KEY}-reason").input(reason)
    page.text_area(key=f"{KEY}-conditions").input(conditions)
    page.date_input(key=f"{KEY}-review").set_value(date(2027, 5, 20))
    return page.button(key=f"{KEY}-record").click().run()


def test_a_decision_is_recorded_as_it_was_written(open_page, monkeypatch):
    decided = []
    replace_session(monkeypatch, decide=lambda trial, **fields: decided.append((trial, fields)))
    page = decide(open_page("decision", trial=B), "Override", "Capacity is short.", "Keep 5% on no further action.")
    assert decided == [
        (
            B,
            {
                "choice": "override",
                "action": "Scale the SMS reminder",
                "reason": "Capacity is short.",
                "conditions": "Keep 5% on no further action.",
                "review_on": date(2027, 5, 20),
            },
        )
    ]
    assert "The decision is recorded." in page.success[0].value


def test_a_refused_decision_says_the_rule_and_keeps_what_was_typed(open_page, monkeypatch):
    def refuse(trial, **fields):
        raise TrialRefused("the verdict has changed", rule="a decision names the verdict it is about", remedy="read it")

    replace_session(monkeypatch, decide=refuse)
    page = decide(open_page("decision", trial=B), reason="Written at length.")
    assert "The verdict has changed." in page.error[0].value
    assert "Rule: a decision names the verdict it is about." in page.error[0].value
    assert "What to do: read it." in page.error[0].value
    assert page.text_area(key=f"{KEY}-reason").value == "Written at length."
    assert not page.success


def test_what_was_typed_is_kept_while_the_reader_looks_at_another_page(open_page):
    page = open_page("decision", trial=B)
    page.text_area(key=f"{KEY}-reason").input("Half a thought").run()
    page.switch_page("views/results.py").run()
    page.switch_page("views/decision.py").run()
    assert page.text_area(key=f"{KEY}-reason").value == "Half a thought"


def test_what_was_typed_comes_back_after_a_reload(open_page, monkeypatch):
    kept = {"choice": "Override", "action": "Wait", "reason": "Not yet.", "conditions": "", "review_on": "2027-01-15"}
    replace_session(monkeypatch, draft=lambda trial: kept)
    page = open_page("decision", trial=B)
    assert page.radio(key=f"{KEY}-choice").value == "Override"
    assert page.text_input(key=f"{KEY}-action").value == "Wait"
    assert page.text_area(key=f"{KEY}-reason").value == "Not yet."
    assert page.date_input(key=f"{KEY}-review").value == date(2027, 1, 15)


def test_who_may_not_decide_sees_who_may_and_no_form(open_page, monkeypatch):
    refusal = AccessRefused("the role analyst may not decide", rule="this needs the role manager")
    replace_session(monkeypatch, may=lambda action: refusal if action == "decide" else None)
    page = open_page("decision", trial=B)
    assert "The role analyst may not decide." in page.error[0].value
    assert "Rule: this needs the role manager." in page.error[0].value
    assert not page.radio


def test_a_recorded_decision_is_shown_with_its_conditions_and_review(seen_page):
    words = shown(seen_page("decision", trial="five-messages-2026"))
    assert "On 20 November 2026 demonstrator accepted the verdict." in words
    assert "Conditions: Keep 5% on no further action." in words
    assert "To be reviewed on 20 May 2027." in words


def test_a_review_is_offered_half_a_year_ahead(seen_page):
    page = seen_page("decision", trial=B)
    ahead = page.date_input(key=f"{KEY}-review").value - TODAY
    assert 180 <= ahead.days <= 185
