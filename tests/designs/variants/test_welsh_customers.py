"""Nobody who prefers Welsh is sent English alone: there is a text, or they are kept out and counted."""

from __future__ import annotations

import copy
import json
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.engine import open_engine
from designs.assignment import conduct, declare, gather
from designs.protocol.conditions import exclusions
from designs.protocol.reading import parse_document
from designs.protocol.validation import Examined, examine
from designs.variants.welsh_customers import open_welsh
from tests.designs.assignment.chance import seed_of
from tests.designs.protocol.examples import HERE, Change, changed
from tests.designs.variants.test_sign_offs import versions

PREFERS = {"when": {"column": "language", "equals": "cy"}}
CLOSED = [{**PREFERS, "reason": "there is no Welsh text"}]
BOTH = {"en": "letter.en.md", "cy": "letter.cy.md"}
NAMED: tuple[Change, ...] = (("arms[1].text", BOTH), ("arms[2].text", {"en": "sms.en.md"}))


def examined(*changes: Change) -> Examined:
    return examine(parse_document(json.dumps(changed(HERE, *copy.deepcopy((*NAMED, *changes)))).encode()))


def plan(*changes: Change):
    found = examined(*changes)
    assert found.errors == ()
    return found.protocol


def wrong(*changes: Change) -> list[str]:
    return [error.path for error in examined(*changes).errors]


DECLARED: Change = ("population.welsh", PREFERS)
LEFT_OUT: Change = ("population.welsh", {**PREFERS, "without_text": "exclude"})
NOT_FOR: Change = ("arms[2].not_for", CLOSED)


@pytest.mark.requirement("K18")
@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ((DECLARED,), ["arms[2].text.cy"]),
        ((DECLARED, ("arms[1].text", {"en": "a.md"})), ["arms[1].text.cy", "arms[2].text.cy"]),
        ((DECLARED, ("arms[2].text", {"en": "a.md", "cy": "a.md"})), ["arms[2].text.cy"]),
        ((DECLARED, ("arms[2]", {"id": "sms", "kind": "otm", "share": 1, "channel": "sms"})), ["arms[2].text"]),
        ((DECLARED, ("arms[2].text.cy", "sms.cy.md")), []),
        ((DECLARED, NOT_FOR), []),
        ((LEFT_OUT,), []),
        ((DECLARED, ("population.exclude", CLOSED)), []),
        ((DECLARED, ("population.exclude", [{**CLOSED[0], "agreement": "they agreed"}])), ["arms[2].text.cy"]),
        ((DECLARED, ("population.where", [{"column": "language", "equals": "en"}])), []),
        ((), []),
    ],
)
def test_an_approach_in_english_alone_is_refused_unless_they_are_kept_out(changes, paths):
    assert wrong(*changes) == paths


@pytest.mark.parametrize(
    ("welsh", "path"),
    [
        ({}, "population.welsh.when"),
        ({"when": {"column": "language"}}, "population.welsh.when"),
        ({"when": [{"column": "language", "equals": {}}]}, "population.welsh.when[0].equals"),
        ({**PREFERS, "without_text": "send"}, "population.welsh.without_text"),
        ({"when": {"column": "filed_30", "equals": True}}, "population.welsh.when.column"),
    ],
)
def test_what_is_wrong_with_the_key_is_told_at_its_place(welsh, path):
    assert path in wrong(("population.welsh", welsh))


def codes(found) -> list[tuple[str, str, str]]:
    return [(item.code, item.severity, item.where) for item in found]


@pytest.mark.requirement("K18")
def test_a_plan_that_does_not_say_who_prefers_welsh_blocks_where_a_text_is_missing():
    assert codes(open_welsh(plan(), {})) == [("welsh_preference_not_declared", "blocks", "population.welsh")]
    assert "sms" in open_welsh(plan(), {})[0].problem
    assert open_welsh(plan(("arms[2].text.cy", "sms.cy.md")), {}) == ()


@pytest.mark.requirement("K18")
def test_who_is_kept_out_is_told_and_who_is_not_blocks():
    missing = ("welsh_text_missing", "informs", "arms[2].text.cy")
    assert codes(open_welsh(plan(DECLARED, NOT_FOR), {})) == [missing]
    assert codes(open_welsh(plan(LEFT_OUT), {})) == [missing]
    assert codes(open_welsh(examined(DECLARED).protocol, {})) == [("welsh_text_missing", "blocks", "arms[2].text.cy")]
    assert open_welsh(plan(DECLARED, ("arms[2].text.cy", "sms.cy.md")), {}) == ()


@pytest.mark.requirement("K18")
def test_the_english_text_under_another_name_is_no_welsh_one():
    texts = {"text/letter/en": versions("Pay."), "text/letter/cy": versions("Talwch.", "Pay.")}
    found = open_welsh(plan(DECLARED, NOT_FOR), texts)
    assert codes(found)[1:] == [("welsh_text_is_english", "blocks", "arms[1].text.cy")]
    texts["text/letter/cy"] = versions("Pay.", "Talwch.")
    assert codes(open_welsh(plan(DECLARED, NOT_FOR), texts))[1:] == []


def test_a_plan_that_is_hardly_begun_has_nothing_open():
    begun = examine(parse_document(b'{"schema": 1, "id": "begun"}')).protocol
    assert open_welsh(begun, {}) == ()


@pytest.mark.requirement("K18")
def test_those_left_out_are_among_the_exclusions_and_come_last():
    def reasons(*changes: Change) -> list[str]:
        return [reason for reason, _ in exclusions(plan(*changes))]

    assert reasons(LEFT_OUT) == [*reasons(), "prefers Welsh, and has no Welsh text: sms"]
    assert reasons(LEFT_OUT, ("arms[2].text.cy", "sms.cy.md")) == reasons(DECLARED, NOT_FOR) == reasons()


def assigned(declared: Any, table: pa.Table, number: int) -> list[str]:
    scheme = declare(declared)
    return conduct(scheme, gather(scheme, table, "customer_id"), seed_of(f"welsh {number}"), "any").labels.to_pylist()


PREFERENCES = st.lists(st.sampled_from(["cy", "en", "en", None]), min_size=1, max_size=60)


@pytest.mark.requirement("K18")
@settings(max_examples=60)
@given(PREFERENCES, st.integers(0, 10**6), st.sets(st.sampled_from([1, 2, 3])), st.booleans())
def test_no_welsh_customer_is_in_an_arm_in_english_alone(preferences, number, english, left_out):
    """Whatever texts are missing and however they are kept out; and the other arms share them as they share all."""
    keep: list[Change] = [LEFT_OUT if left_out else DECLARED, ("arms[3]", {"id": "call", "kind": "otm", "share": 1})]
    for place in (1, 2, 3):
        keep.append((f"arms[{place}].text", {"en": "a.md"} | ({} if place in english else {"cy": "c.md"})))
        if place in english and not left_out:
            keep.append((f"arms[{place}].not_for", CLOSED))
    declared = plan(*keep)
    ids = [f"{place:03d}" for place in range(len(preferences))]
    table = pa.table(
        {
            "customer_id": ids,
            "language": pa.array(preferences, pa.string()),
            "region": ["a"] * len(ids),
            "years_late": [1] * len(ids),
            "trust": [False] * len(ids),
        }
    )
    engine = open_engine(threads=1)
    rows = engine.scan(table)
    for _, test in exclusions(declared):
        rows = rows.filter(~test)
    taking_part = engine.collect(rows)
    if not len(taking_part):
        return
    arms = assigned(declared, taking_part, number)
    mine = [arm for arm, language in zip(arms, taking_part["language"].to_pylist(), strict=True) if language == "cy"]
    assert not set(mine) & {declared.arms[place].id for place in english}
    assert len(mine) == (0 if left_out and english else preferences.count("cy"))
    if english and not left_out:
        shares = {arm.id: arm.share for place, arm in enumerate(declared.arms) if place not in english}
        counts = Counter(mine)
        assert all(abs(counts[arm] - len(mine) * share / sum(shares.values())) < 1 for arm, share in shares.items())
