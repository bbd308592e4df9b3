"""An answer is stale when it, or the part of the plan that it rests on, is not what was confirmed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from designs.entries import Confirmation
from designs.protocol import load_protocol, parse_canonical
from designs.protocol.models import QUESTIONS
from designs.suitability import answer_digests, rests_on, stale, unconfirmed
from tests.designs.protocol.examples import Change, changed, written
from tests.designs.suitability.plans import SETTLED, TEXTS, codes, plan_of, recorded

EIGHT = set(QUESTIONS["CH600210-1"])
PLAN = plan_of(SETTLED)
CONFIRMED = [recorded(1, "designer", "answers_confirmed", gate="gateway_1", rests_on=rests_on(PLAN, TEXTS))]


def stale_after(*changes: Change, texts: dict[str, str] = TEXTS) -> set[str]:
    return {item.question for item in stale(plan_of(SETTLED, *changes), texts, CONFIRMED)}


def test_every_answer_rests_on_something() -> None:
    assert set(rests_on(PLAN, TEXTS)) == set(answer_digests(PLAN)) == EIGHT
    assert len(set(rests_on(PLAN, TEXTS).values())) == len(EIGHT)
    assert stale_after() == set()


@pytest.mark.requirement("S18")
@pytest.mark.parametrize(
    "change",
    [
        ("population.where[0].at_least", 2),
        ("population.exclude", []),
        ("population.exclude[0].when.equals", False),
        ("population.cooling_off_days", 30),
    ],
)
def test_a_changed_population_makes_its_questions_stale(change: Change) -> None:
    found = stale_after(change)
    assert {"customers", "same_reason"} <= found
    assert not {"behaviour", "message", "follow_up"} & found


@pytest.mark.requirement("S18")
@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        ([("arms[1].channel", "email")], TEXTS),
        ([("arms[1].technique", "norm")], TEXTS),
        ([("arms[3]", {"id": "call", "kind": "otm", "share": 1, "channel": "call"})], TEXTS),
        ([], TEXTS | {"wording/letter.en.md": "c" * 64}),
    ],
)
def test_a_changed_variant_makes_its_questions_stale(changes: list[Change], texts: dict[str, str]) -> None:
    found = stale_after(*changes, texts=texts)
    assert {"message", "reaction", "follow_up"} <= found
    assert not {"customers", "same_reason", "behaviour"} & found


@pytest.mark.requirement("S18")
@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("outcomes[0].day", 31), {"behaviour"}),
        (("behaviour.who", "all"), {"behaviour"}),
        (("decision.set_up", 10), {"cost"}),
        (("randomisation.hold_out", 0.1), {"operations"}),
        (("title", "Another title"), set()),
        (("analysis.alpha", 0.01), set()),
    ],
)
def test_only_what_rests_on_a_part_goes_stale_with_it(change: Change, found: set[str]) -> None:
    assert stale_after(change) == found


@pytest.mark.requirement("S18")
@pytest.mark.parametrize("question", sorted(EIGHT))
@pytest.mark.parametrize("key", ["evidence", "confidence"])
def test_a_changed_answer_is_stale(question: str, key: str) -> None:
    value = {"evidence": "another report", "confidence": "in_doubt"}[key]
    assert stale_after((f"suitability.{question}.{key}", value)) == {question}


def test_an_answer_that_is_taken_away_is_stale() -> None:
    gone = plan_of({key: value for key, value in SETTLED.items() if key != "suitability"})
    assert {item.question for item in stale(gone, TEXTS, CONFIRMED)} == EIGHT


@pytest.mark.requirement("S18")
@pytest.mark.parametrize("gate", ["gateway_1", "gateway_2", "lock"])
def test_answers_are_given_again_at_every_gate(gate: Confirmation) -> None:
    earlier = [item for item in CONFIRMED if gate != "gateway_1"]
    where = [("not_confirmed", "blocks", f"suitability.{question}") for question in QUESTIONS["CH600210-1"]]
    assert codes(unconfirmed(PLAN, TEXTS, earlier, gate)) == where
    again = recorded(2, "designer", "answers_confirmed", gate=gate, rests_on=rests_on(PLAN, TEXTS))
    assert unconfirmed(PLAN, TEXTS, [*earlier, again], gate) == ()
    edited = plan_of(SETTLED, ("population.cooling_off_days", 30))
    asked = codes(unconfirmed(edited, TEXTS, [*earlier, again], gate))
    assert ("stale", "blocks", "suitability.customers") in asked
    assert {code for code, _, _ in asked} == {"stale"}
    once_more = recorded(3, "designer", "answers_confirmed", gate=gate, rests_on=rests_on(edited, TEXTS))
    assert unconfirmed(edited, TEXTS, [*earlier, again, once_more], gate) == ()


def test_the_last_confirmation_counts() -> None:
    edited = plan_of(SETTLED, ("population.cooling_off_days", 30))
    later = recorded(2, "designer", "answers_confirmed", gate="gateway_2", rests_on=rests_on(edited, TEXTS))
    assert stale(edited, TEXTS, [*CONFIRMED, later]) == ()
    assert {item.question for item in stale(PLAN, TEXTS, [*CONFIRMED, later])} >= {"customers"}


def test_however_a_plan_is_written_its_answers_rest_on_the_same(tmp_path: Path) -> None:
    letters: list[Change] = [("arms[1].text.en", "letter.md"), ("arms[2].text.en", "letter.md")]
    spelled: list[Change] = [
        *letters,
        ("arms[1].text.en", "copies/letter.md"),
        ("outcomes[0].column", "filed_30"),
        ("outcomes[1].unit", "pounds"),
        ("outcomes[1].cap", 500.0),
        ("decision.set_up", {"low": 0, "central": 0, "high": 0}),
        ("population.contact_limit", None),
        ("suitability.cost.administration", {"low": 1.0, "central": 1, "high": 1}),
    ]
    (tmp_path / "copies").mkdir()
    for name in ("letter.md", "copies/letter.md"):
        (tmp_path / name).write_text("Please send your return.")

    def resting(changes: list[Change]) -> tuple[dict[str, str], dict[str, str], Any]:
        loaded = load_protocol(written(tmp_path, changed(SETTLED, *changes)))
        return (
            rests_on(loaded.protocol, loaded.texts),
            rests_on(parse_canonical(loaded.canonical), {}),
            answer_digests(loaded.protocol),
        )

    plain, sealed, answers = resting(letters)
    assert plain == sealed
    assert (plain, sealed, answers) == resting(spelled)


def test_a_draft_with_next_to_nothing_rests_on_nothing_yet() -> None:
    draft = plan_of({"schema": 1, "id": "idea", "title": "An idea", "suitability": SETTLED["suitability"]})
    assert set(rests_on(draft, {})) == EIGHT
    assert rests_on(plan_of({"schema": 1}), {}) == {}
