"""No cliff: what is more than an array of text holds is refused with its number, and nothing of it is kept.

The limits are lowered, so that some hundred customers are as many as 65 million.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from data import identifiers, pieces
from data.errors import DataRefused, Refused
from tests.trials.examples import FIRST, Files, allocated, customers, load_contacts, load_outcomes, write_csv
from tests.trials.stages.test_allocate import PLAIN, WAVES
from trials.errors import TrialRefused
from trials.registry import Registry, queries
from trials.stages import allocate
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue_lists
from trials.stages.population import load_population
from trials.stages.verify import verify
from trials.stages.whois import whois


def held(registry: Registry) -> tuple[Any, Any]:
    with registry.inspect(FIRST, "verify") as session:
        return queries.audit_events(session), registry.snapshots.digests()


@pytest.fixture
def at_most(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    def lower(limit: int) -> None:
        monkeypatch.setattr(identifiers, "MOST_CUSTOMERS", limit)
        monkeypatch.setattr(allocate, "MOST_CUSTOMERS", limit)

    return lower


def test_a_file_of_one_customer_too_many_is_refused_and_nothing_is_kept(
    registry: Registry, files: Files, at_most: Callable[[int], None]
) -> None:
    before = held(registry)
    at_most(399)
    with pytest.raises(DataRefused, match=r"there are 400 ids.*at most 399 customers in one file and in one trial"):
        load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    assert held(registry) == before
    at_most(400)
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)


@pytest.mark.parametrize("more", [0, 1])
def test_waves_hold_no_more_customers_together_than_one_file(
    registry: Registry, files: Files, at_most: Callable[[int], None], more: int
) -> None:
    """Each of the two loads is within the limit; together they are at it, or one beyond."""
    files.edit_protocol(lambda text: text.replace(PLAIN, WAVES))
    first = sum(allocated(registry, files).counts.values())
    files.customers = customers(400, first=400)
    write_csv(files.population, files.customers)
    load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    second = sum(row["principal"] >= 32 and not row["hnw"] for row in files.customers)
    at_most(first + second - more)
    before = held(registry)
    if more:
        with pytest.raises(TrialRefused, match=f"the waves of the trial would hold {first + second:,} customers"):
            randomise(registry, FIRST, files.trial)
        assert held(registry) == before
    else:
        randomise(registry, FIRST, files.trial)
        assert all(proof.holds for proof in verify(registry, FIRST, files.trial))


def contacts(registry: Registry, files: Files) -> object:
    rows = [{"customer_id": row["customer_id"], "channel": "sms", "sent_on": "2026-01-05"} for row in files.customers]
    return load_contacts(registry, FIRST, files.trial, write_csv(files.folder / "contacts.csv", rows))


LATER: dict[str, Callable[[Registry, Files], object]] = {
    "issue": lambda registry, files: issue_lists(registry, FIRST, files.trial, "letter", files.folder / "lists"),
    "outcomes": lambda registry, files: load_outcomes(registry, FIRST, files.trial, files.outcomes),
    "contacts": contacts,
    "population": lambda registry, files: load_population(
        registry, FIRST, files.population, files.protocol, synthetic=True
    ),
    "evaluate": lambda registry, files: evaluate(registry, FIRST, files.trial),
    "whois": lambda registry, files: whois(registry, FIRST, files.trial, ["C000100"]),
}


@pytest.mark.parametrize("use_case", LATER)
def test_more_text_than_an_array_holds_is_never_a_crash(
    registry: Registry, files: Files, monkeypatch: pytest.MonkeyPatch, use_case: str
) -> None:
    """Some use cases need no text in one piece, and do what they do; the others refuse, with the number."""
    allocated(registry, files)
    if use_case == "evaluate":
        load_outcomes(registry, FIRST, files.trial, files.outcomes)
    before = held(registry)
    monkeypatch.setattr(pieces, "MOST_TEXT_BYTES", 1_000)
    refused = ""
    try:
        LATER[use_case](registry, files)
    except Refused as refusal:
        refused = str(refusal)
    assert bool(refused) == (use_case in {"outcomes", "contacts", "population"})
    if refused:
        assert re.search(r"values of [\d,]+ bytes together.*at most 1,000 bytes", refused)
        assert held(registry) == before
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial, quick=True))
