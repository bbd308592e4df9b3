"""Effects in their units, and reasons in place of what is missing."""

from dataclasses import replace

from analysis.results import Interaction, Variant
from tests.trials.reporting import examples
from trials.reporting.results.effects import effect_words, effects, interactions
from trials.reporting.words.names import Names

NAMES = Names(examples.PLAN)


def test_what_was_not_estimated_shows_its_reason():
    row = replace(examples.evaluation().estimates[0], estimate=None, ci_lower=None, reason="an arm is empty")
    assert effects([row], NAMES, "x").rows[0][2] == "an arm is empty"
    test = Interaction("paid_23", "reason", "sms", "nfa", None, None, None, None, "one level is empty")
    assert interactions([test], NAMES, "x").rows[0][-1] == "one level is empty"


def test_a_share_of_payers_is_never_said_in_pounds():
    row = replace(examples.evaluation().estimates[1], variant=Variant("share_with_any", "pounds"), estimate=0.021)
    assert effect_words(row, NAMES) == "+2.1 points"
