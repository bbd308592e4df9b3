"""How near two trials are follows from what they are about, and from nothing else."""

import pytest

from designs.drafting import draft_of_template, judge_draft
from designs.library import templates
from designs.likeness import Traits, likeness, telling_words, traits_of

PAY = Traits("pay the debt", frozenset({"reason"}), frozenset({"sms"}), frozenset({"reminder"}))
FILE = Traits("send the return", frozenset({"age"}), frozenset({"letter"}), frozenset({"salience"}))


def test_a_trial_is_as_near_to_itself_as_can_be_and_to_one_without_anything_in_common_not_at_all():
    assert likeness(PAY, PAY) == 1
    assert likeness(PAY, FILE) == 0
    assert likeness(Traits(), Traits()) == 0


@pytest.mark.parametrize("part", ["behaviour", "segments", "channels", "techniques"])
def test_each_of_the_four_counts_a_quarter(part):
    other = Traits(**{**{name: getattr(FILE, name) for name in Traits.__slots__}, part: getattr(PAY, part)})
    assert likeness(PAY, other) == likeness(other, PAY) == 0.25


def test_capitals_plurals_days_and_accents_make_no_difference():
    assert telling_words("Pays the débts by day 23") == telling_words("pay a debt")


def test_every_template_is_about_something():
    for template in templates():
        about = traits_of(template.loaded.protocol)
        assert about.behaviour
        assert about.channels


def test_a_draft_that_is_hardly_begun_is_about_nothing():
    draft, _ = draft_of_template("sa-debts", "new-2027")
    from datetime import date

    document = {"schema": 1, "id": "new-2027", "title": draft.document["title"]}
    plan = judge_draft(type(draft)(document, {}), day=date(2027, 1, 4)).protocol
    assert plan is None or traits_of(plan) == Traits()
