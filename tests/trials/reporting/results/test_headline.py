"""The manager's three figures: whose they are, and when there are none."""

from dataclasses import replace

from analysis.results import NetBenefit, Segment
from tests.trials.reporting import examples
from trials.reporting.results.headline import headline, why_no_figures
from trials.reporting.words.names import Names

NAMES = Names(examples.PLAN)


def test_the_verdicts_arm_speaks():
    found = headline(examples.evaluation(), NAMES)
    assert found is not None
    assert found.arm == "sms"
    assert found.about is None
    assert [figure.value for figure in found.figures] == ["70 more", "£920 gained", "£367,000 gained"]


def test_without_a_named_arm_the_one_with_most_net_benefit_speaks_and_says_so():
    found = headline(examples.not_shown(), NAMES)
    assert found is not None
    assert found.arm == "sms"
    assert found.about == "For the SMS reminder, the approach that did best:"


def test_an_invalid_trial_has_no_figures():
    assert headline(examples.invalid(), NAMES) is None


def test_where_there_are_no_figures_the_page_says_why():
    assert "fails a check" in why_no_figures(examples.invalid())
    shown = examples.not_shown()
    verdict = replace(
        shown.verdict, barred_by="no_untreated_clusters", reasons=("Customers were treated in every office.",)
    )
    barred = replace(shown, verdict=verdict, estimates=(), net_benefit=None)
    assert headline(barred, NAMES) is None
    assert why_no_figures(barred).endswith("Customers were treated in every office.")
    nothing = replace(barred, verdict=replace(verdict, barred_by=None))
    assert why_no_figures(nothing) == "No approach's effect could be estimated. The reasons are below."


def test_a_segments_verdict_shows_the_segments_figures():
    base = examples.evaluation()
    assert base.net_benefit is not None
    own = replace(base.net_benefit.arms[0], subgroup="reason", level="forgot")
    money = replace(own, central=replace(own.central, estimate=0.2, ci_lower=0.1, ci_upper=0.3))
    verdict = replace(base.verdict, code="scale_segment", arm="letter", segment=Segment("reason", "forgot"))
    found = headline(
        replace(base, verdict=verdict, net_benefit=NetBenefit(base.net_benefit.arms, (money,))), NAMES
    )  # the whole arm loses £480; the segment gains
    assert found is not None
    assert found.figures[0].value == "28 more"
    assert found.figures[1].value == "£200 gained"
    assert found.figures[1].span == "95% range: £100 to £300 gained"


def test_without_money_the_reason_stands_in_the_figure():
    found = headline(examples.without_money(), NAMES)
    assert found is not None
    assert [figure.value for figure in found.figures] == ["70 more", "Not estimated"]
    assert found.figures[1].span == "the protocol declares no decision"


def test_a_primary_that_was_not_estimated_says_why():
    base = examples.evaluation()
    rows = tuple(
        replace(row, estimate=None, reason="an arm is empty") if row.role == "primary" else row
        for row in base.estimates
    )
    found = headline(replace(base, estimates=rows), NAMES)
    assert found is not None
    assert (found.figures[0].value, found.figures[0].span) == ("Not estimated", "an arm is empty")
