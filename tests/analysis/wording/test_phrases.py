"""Capitals and dates: names keep the letters that are theirs."""

from datetime import UTC, date, datetime

import pytest

from analysis.wording import phrases

KEEP = [
    "HMRC's letter", "PAYE-code letter", "P800 letter", "iXBRL notice", "A/B test", "SMS reminder", "VAT",
    "K code letter", "(HMRC) letter", "“Pay now” letter", "£5 letter", "",
]  # fmt: skip


@pytest.mark.parametrize("label", KEEP)
def test_names_keep_their_capitals_within_a_sentence_and_at_its_start(label):
    assert phrases.uncapitalised(label) == label
    assert phrases.capitalised(label) == label


@pytest.mark.parametrize(
    ("label", "within"),
    [
        ("Plain reminder letter", "plain reminder letter"),
        ("Men's e-mail", "men's e-mail"),
        ("E-mail reminder", "e-mail reminder"),
        ("A letter", "a letter"),
        ("Call", "call"),
        ("Éclair", "éclair"),
    ],
)
def test_other_labels_lose_theirs_and_get_them_back(label, within):
    assert phrases.uncapitalised(label) == within
    assert phrases.capitalised(within) == label


def test_lists_read_as_people_write_them():
    assert [phrases.listed(items) for items in ([], ["a"], ["a", "b"], ("a", "b", "c"))] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_dates_are_written_in_full():
    assert phrases.day(date(2026, 1, 2)) == "2 January 2026"
    assert phrases.moment(datetime(2026, 11, 21, 15, 4, tzinfo=UTC)) == "21 November 2026 at 15:04"
    assert phrases.day(None) == "not yet"
