"""What a verdict says of contacts that went astray, where their checks let it stand."""

from __future__ import annotations

from analysis.deciding.caveats import contact_reasons, with_caveats
from analysis.integrity.checks import dispatch
from analysis.integrity.letters import Mixed, letters
from analysis.results import Check, Verdict
from tests.analysis.evaluations import NFA, arm, declared

PLAN = declared(arms=[NFA, arm("a", label="Letter A"), arm("b", label="Letter B")])
LATE = Check("contact_days", False, "Of 90 contacts 3 came after day 23 (Letter A 3).", "warns", {"after": 3})
LOST = Check("contacts_taken", False, "Of 93 rows of contacts 3 are of nobody in the trial; the first: row 2.", "warns")


def test_contacts_that_went_as_planned_are_no_reason():
    quiet = (dispatch(100, 0, 0.01), letters({"A": 50}, [], 0.01), Check("retention", True, "Alike."))
    assert contact_reasons(PLAN, quiet) == ()


def test_what_went_to_the_comparison_and_to_another_approach_is_said_apart():
    check = dispatch(1_000, 4, 0.01, wrong_of={"nfa": 3, "a": 1, "b": 0})
    assert check.passed
    assert (check.figures["wrong_nfa"], check.figures["wrong_a"]) == (3, 1)
    assert contact_reasons(PLAN, [check]) == (
        "3 contacts not meant for them went to customers with no further action. They count as assigned all the same, "
        "so the difference that is shown may be smaller than the approaches make.",
        "1 contact not meant for them went to customers of an approach, who count as assigned all the same.",
    )


def test_what_could_not_be_read_and_letters_within_the_tolerance_are_said():
    unread = dispatch(1_000, 0, 0.01, doubtful=12, unread={"Letter A": 20})
    mixed = letters({"A": 500, "B": 500}, [Mixed("A", "“B”", 4, 500)], 0.01, doubtful=2)
    assert contact_reasons(PLAN, [unread, mixed]) == (
        "The contacts of 20 customers could not be read in full, and what 12 of them were sent is not known.",
        "4 of 1,000 customers whose contacts name a letter were sent another arm's. They count as assigned all the "
        "same, so the letters may differ by more than is shown.",
        "Which letter 2 customers were sent is not known.",
    )


def test_contacts_out_of_time_and_of_nobody_are_reasons_of_a_verdict_that_stands_and_of_no_other():
    stands = with_caveats(PLAN, Verdict("not_shown", "Not shown.", reasons=("Before.",)), (), (LATE, LOST))
    assert stands.reasons[0] == "Before."
    assert stands.reasons[1].startswith(f"{LATE.detail} Their customers count as assigned all the same")
    assert stands.reasons[2] == LOST.detail
    assert with_caveats(PLAN, Verdict("not_due", "Go on."), (), (LATE, LOST)).reasons == ()
