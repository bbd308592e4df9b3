"""Entries: read strictly, kept whole, and one model for each kind."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest

from designs.drafting import protocol_file
from designs.entries import ENTRY_KINDS, Entry, entry_document, parse_entry, read_entry
from designs.protocol import ProtocolRefused
from designs.protocol.reading import parse_document

DIGEST = "0123456789abcdef" * 4
EXAMPLES: dict[str, dict[str, Any]] = {
    "stakeholder_added": {
        "body": "kai", "name": "KAI", "contact": "the team's mailbox", "input_needed": "the sample",
        "needed_by": "2026-03-02",
    },
    "stakeholder_changed": {"body": "kai", "needed_by": "2026-03-09", "reason": "the meeting was moved"},
    "stakeholder_retired": {"body": "press_office", "reason": "no press is expected"},
    "consulted": {"body": "kai"},
    "responded": {"body": "kai", "outcome": "agreed", "note": "large enough"},
    "line_signed_off": {"grade": "grade_7", "signed_by": "the sponsor"},
    "doubt_overridden": {"answers": {"reaction": DIGEST}, "reason": "the pilot showed no calls"},
    "answers_confirmed": {"gate": "gateway_1", "rests_on": {"customers": DIGEST}},
    "signed_off": {
        "signatory": "taa", "subject": "text/letter/en", "digest": DIGEST, "edition": "2026",
        "answers": {"opens_check": False, "disclosure": "unprompted"}, "signed_by": "the adviser",
    },
    "gateway_decided": {"gateway": 1, "decision": "approved_with_conditions", "conditions": ["brief the press"]},
    "condition_met": {"gateway": 1, "condition": 1, "how": "briefed"},
    "own_route_approved": {"route": "the directorate's board", "approved_by": "its chair"},
    "locked_outside": {"reason": "a pilot of three days", "open": ["KAI has not signed"]},
    "amendment_proposed": {
        "version": 2, "amends": 1, "plan": "0" * 64, "stage": "locked", "effect": "plan", "reason": "a cheaper letter",
    },
    "amendment_confirmed": {"amendment": 1},
    "amendment_withdrawn": {"amendment": 1, "reason": "the letter stays"},
    "set_aside": {"instead": "no_further_action", "what": "nothing", "reason": "too few customers"},
}  # fmt: skip


def document(kind: str, **changes: Any) -> dict[str, Any]:
    return {"kind": kind, "on": "2026-02-02"} | EXAMPLES[kind] | changes


def test_every_kind_has_a_model_and_an_example() -> None:
    models = get_args(get_args(Entry)[0])
    assert {get_args(model.model_fields["kind"].annotation)[0] for model in models} == set(ENTRY_KINDS) == set(EXAMPLES)


@pytest.mark.parametrize("kind", ENTRY_KINDS)
def test_an_entry_comes_back_as_it_was_kept(kind: str) -> None:
    entry = parse_entry(document(kind))
    assert entry.on == date(2026, 2, 2)
    assert parse_entry(entry_document(entry)) == entry


@pytest.mark.parametrize("kind", ENTRY_KINDS)
@pytest.mark.parametrize("change", [{"on": None}, {"on": "2 February"}, {"unknown": 1}])
def test_what_is_no_entry_is_refused(kind: str, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        parse_entry(document(kind, **change))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"kind: consulted\nbody: KAI\non: soon\n", ["'on (line 3)", "'body (line 2)"]),
        (b"kind: consulted\n", ["'on", "'body"]),
        (b"kind: consoled\n", ["'kind"]),
        (b"kind: [consulted]\n", ["'kind"]),
        (b"on: 2026-02-02\n", ["'kind"]),
        (b"kind: consulted\non: 2026-02-02\nbody: kai\nwhy: 1\n", ["'why"]),
        (b"kind: signed_off\non: 2026-02-02\nsignatory: kai\nsubject: all\ndigest: x\nsigned_by: a\n",
         ["'subject", "'digest"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_entry_is_told_at_its_key(content: bytes, told: list[str]) -> None:
    with pytest.raises(ProtocolRefused) as refused:
        read_entry(parse_document(content))
    assert sorted(f"'{line}".split(":")[0].split(" (")[0] for line in refused.value.lines) == sorted(
        word.split(" (")[0] for word in told
    )


@pytest.mark.parametrize("kind", ENTRY_KINDS)
def test_an_entry_that_somebody_wrote_down_is_read(kind: str) -> None:
    assert read_entry(parse_document(protocol_file(document(kind)))) == parse_entry(document(kind))


@pytest.mark.parametrize("subject", ["text/letter", "text/letter/fr", "text/../en", "letter", "sample size", ""])
def test_a_signature_is_on_something_that_can_be_signed(subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        parse_entry(document("signed_off", subject=subject))
