"""A draft may lack anything: what is asked of it never fails, however little of it can be read."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from designs.entries import Confirmation
from designs.profile import describe_customers, waterfall
from designs.protocol.models import Protocol
from designs.protocol.reading import parse_document
from designs.protocol.validation import examine
from designs.suitability import answer_digests, rests_on, review, stale, unconfirmed
from tests.designs.protocol.any_protocol import protocols
from tests.designs.protocol.examples import changed
from tests.designs.suitability.plans import SETTLED, TODAY, recorded

WHOLE: dict[str, Any] = changed(
    SETTLED,
    ("population.reasons", {"column": "reason", "confidence_column": "how", "evidence": "interviews"}),
    ("population.columns.trust", {"label": "trusts", "circumstance": "hardship"}),
    ("arms[1].technique", "deterrence"),
)
JUNK = st.sampled_from([None, "x", 1, [], {}, [{}], {"answer": 1}, True])
GATES: tuple[Confirmation, ...] = ("gateway_1", "gateway_2", "lock")
CUSTOMERS = pa.table({"trust": [True, False, None], "years_late": [0, 1, 2], "reason": ["forgot", None, "x"]})


def read(document: dict[str, Any]) -> Protocol | None:
    return examine(parse_document(json.dumps(document).encode())).protocol


def asked(plan: Protocol | None, document: dict[str, Any]) -> None:
    if plan is None:
        return
    digests, resting = answer_digests(plan), rests_on(plan, {})
    assert set(digests) == set(resting)
    entries = [
        recorded(1, "designer", "answers_confirmed", gate="lock", rests_on=resting or {"customers": "0" * 64}),
        recorded(2, "manager", "doubt_overridden", answers=digests or {"customers": "0" * 64}, reason="so be it"),
    ]
    found = review(plan, entries, TODAY, [])
    assert all(item.problem and item.remedy and item.where and not item.problem.endswith(".") for item in found.open)
    assert stale(plan, {}, entries) == () or plan.suitability is None
    for gate in GATES:
        assert len(unconfirmed(plan, {}, entries, gate)) == (0 if gate == "lock" else len(resting))
    if plan.population is not None and document.get("population") == WHOLE["population"]:
        assert waterfall(plan, CUSTOMERS).eligible == 2
        assert describe_customers(plan, CUSTOMERS).customers == 3


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(WHOLE)), JUNK, max_size=6), st.sets(st.sampled_from(sorted(WHOLE))))
def test_a_draft_that_lacks_sections_is_asked_all_the_same(junk: dict[str, Any], absent: set[str]) -> None:
    document = {key: value for key, value in (WHOLE | junk).items() if key not in absent}
    asked(read(document), document)


@settings(max_examples=40, deadline=None)
@given(protocols())
def test_anything_that_the_vocabulary_can_say_is_asked_all_the_same(document: dict[str, Any]) -> None:
    asked(Protocol.model_validate_json(json.dumps(document)), document)
