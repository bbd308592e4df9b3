"""A void trial's pages: the record is there, and no verdict."""

from tests.dashboards.conftest import shown
from tests.small_registry import SMALL_DEBTS
from trials.access import Actor
from trials.stages.void import confirm_void, request_void


def test_a_void_draw_has_no_verdict_on_any_page(open_page, own_registry, recorded):
    sentence = recorded(SMALL_DEBTS).evaluation.verdict.sentence
    request_void(own_registry, Actor("Person One", "all"), SMALL_DEBTS, reason="wrong file")
    confirm_void(own_registry, Actor("Person Two", "all"), SMALL_DEBTS)
    decision = shown(open_page("decision", trial=SMALL_DEBTS))
    assert "Two people made the draw of this trial void." in decision
    for absent in (sentence, "Scale the SMS", "otm-figures", "Each approach", "What would change this", "Accept"):
        assert absent not in decision
    results = shown(open_page("results", trial=SMALL_DEBTS))
    assert "None: the draw is void" in results
    assert "Scale the SMS" not in results
    listed = shown(open_page("portfolio"))
    assert "None: the draw is void" in listed
