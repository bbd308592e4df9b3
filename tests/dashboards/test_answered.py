"""A design's answers in the words of its questions: labels for columns, words for codes, and nothing left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from dashboards.forms.answered import Card, cards
from dashboards.views.design.lock import ALSO, ASKED
from designs.drafting import draft_of_file
from designs.library import templates
from trials.reporting.designing.answers import told_of
from trials.reporting.designing.tasks import TASKS


def answers(document: dict[str, Any], texts: dict[str, bytes]) -> dict[str, tuple[Card, ...]]:
    """The cards of each step."""
    told, found = told_of(document, texts), {}
    for kind in TASKS:
        if kind.keys:
            own, rest = cards(kind.title, ASKED[kind.name](document), told)
            others = told.others(rest, kind.keys)
            found[kind.name] = (*own, *((Card(ALSO, others),) if others else ()))
    return found


def leaves(value: Any) -> Iterator[Any]:
    """Everything that somebody typed or chose."""
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from leaves(each)
    elif value is not None:
        yield value


@pytest.mark.parametrize("template", templates(), ids=lambda each: each.path.stem)
def test_every_template_is_told_whole_and_without_a_code_word(template):
    draft, contents = draft_of_file(template.path)
    texts = {name: contents[digest] for name, digest in draft.texts.items()}
    found = answers(draft.document, texts)
    rows = [row for step in found.values() for card in step for row in card.rows]
    for label, words in rows:
        assert not re.search(r"[a-z]_[a-z]|\[|\]", label), label
        if len(words) < 80:  # not a text that customers get
            assert not re.fullmatch(r"[a-z]+(_[a-z]+)+", words), (label, words)
    told = sum(1 for kind in TASKS for key in kind.keys for _ in leaves(draft.document.get(key)))
    assert told / 3 < len(rows) <= told  # a range, a condition and a list are one row each


def test_answers_are_called_as_they_were_asked():
    document = {
        "title": "A letter", "purpose": "respond", "behaviour": {"who": "debtors"},
        "alternatives": [{"option": "Wait"}],
        "suitability": {"reaction": {"answer": {"call": 0.04}}},
        "arms": [
            {"id": "nfa", "kind": "nfa"},
            {
                "id": "simple", "kind": "otm", "label": "Simple letter", "channel": "letter", "text": {"en": "a.md"},
                "cost_per_customer": {"low": 0.7, "central": 0.85, "high": 1},
                "not_for": [{"column": "trust", "equals": True}],
            },
        ],
        "outcomes": [
            {"id": "paid", "role": "primary", "kind": "binary", "minimum_effect": 0.02},
            {"id": "sum", "kind": "amount", "minimum_effect": 5},
        ],
        "population": {"where": [{"column": "work_item", "one_of": ["debt", "both"]}]},
        "randomisation": {"strata": ["debt_band"], "sizes": 3},
    }  # fmt: skip
    found = answers(document, {"a.md": b"# Dear customer"})
    assert found["about"] == (
        Card(
            "About the trial", (("Title", "A letter"), ("What it is for", "To respond: put right what has gone wrong"))
        ),
    )
    assert found["suitability"][1] == Card("Alternative: Wait", (("What could be done instead", "Wait"),))
    assert ("Share who call, in percent", "4") in found["suitability"][2].rows
    nothing, simple, also = found["approaches"]
    assert (nothing.title, nothing.rows[1:]) == ("Arm: 1", (("What it is", "No further action"),))
    assert simple.title == "Arm: Simple letter"
    assert dict(simple.rows)["Cost for each customer, in pounds"] == "0.85 (0.7 to 1)"
    assert "<p># Dear customer</p>" in dict(simple.rows)["Wording in English"]
    assert also == Card(ALSO, (("Arms, Simple letter, not for, 1", "Trust equals true"),))
    paid, total = found["measures"]
    assert dict(paid.rows)["Smallest effect worth finding, in percentage points"] == "2"
    assert dict(total.rows)["Smallest effect worth finding, in its unit"] == "5"
    assert found["size"][-1] == Card(ALSO, (("Randomisation, sizes", "3"),))
    assert found["money"] == ()


def test_a_value_that_its_question_is_not_asked_for_is_told_all_the_same():
    document = {"arms": [{"id": "nfa", "kind": "nfa", "channel": "letter"}], "outcomes": [{"kind": "binary", "cap": 5}]}
    found = answers(document, {})
    assert found["approaches"][-1] == Card(ALSO, (("Arms, No further action, channel", "Letter"),))
    assert found["measures"][-1] == Card(ALSO, (("Outcomes, 1, cap", "5"),))


@pytest.mark.parametrize(
    "broken", [{"arms": "none"}, {"arms": ["x"], "outcomes": 3}, {"suitability": {"edition": 4}}, {}]
)
def test_a_draft_of_any_shape_is_told(broken):
    answers(broken, {})
