"""The most customers that a trial holds: named when there are more, before anything is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from data import identifiers, pieces
from data.errors import DataRefused, Refused
from tests.trials.examples import (
    FIRST,
    Files,
    allocated,
    customers,
    eligible,
    evaluated,
    load_contacts,
    load_outcomes,
    write_csv,
)
from trials.registry import Registry, queries
from trials.stages import allocate
from trials.stages.allocate import randomise
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue, issue_lists
from trials.stages.population import load_population
from trials.stages.verify import verify
from trials.stages.whois import whois

WAVES = "strata: [band], waves: [{id: w1, issue_on: 2026-02-02}, {id: w2, issue_on: 2026-06-01}]"


def test_a_population_of_too_many_is_refused_and_nothing_is_kept(
    registry: Registry, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identifiers, "MOST_CUSTOMERS", 399)
    with pytest.raises(DataRefused, match=r"there are 400 ids.*at most 399 customers"):
        load_population(registry, FIRST, files.population, files.protocol, synthetic=True)
    assert registry.snapshots.digests() == frozenset()


def test_a_wave_too_many_is_refused_before_it_is_drawn(
    registry: Registry, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.edit_protocol(lambda text: text.replace("strata: [band]", WAVES))
    first = sum(allocated(registry, files).counts.values())
    second = customers(400, first=2_000)
    load_population(registry, FIRST, write_csv(files.folder / "second.csv", second), files.protocol, synthetic=True)
    together = first + len(eligible(second))
    monkeypatch.setattr(allocate, "MOST_CUSTOMERS", together - 1)
    before = registry.snapshots.digests()
    with pytest.raises(Refused, match=rf"would hold {together} customers.*at most {together - 1} customers"):
        randomise(registry, FIRST, files.trial)
    assert registry.snapshots.digests() == before
    monkeypatch.setattr(allocate, "MOST_CUSTOMERS", together)
    assert sum(randomise(registry, FIRST, files.trial).counts.values()) == len(eligible(second))


def test_ledger_ids_of_a_whole_trial_are_never_put_into_one_piece(
    registry: Registry, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for the file's own ids (7 characters each) and not for ledger ids, a trial runs from end to end."""
    monkeypatch.setattr(pieces, "MOST_TEXT_BYTES", 400 * 8)
    evaluated(registry, files)
    assert issue(registry, FIRST, files.trial, "letter", tmp_path / "out").path.exists()


def held(registry: Registry) -> tuple[Any, Any]:
    with registry.inspect(FIRST, "verify") as session:
        return queries.audit_events(session), registry.snapshots.digests()


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
    # Of a population whose ids come in order none is hashed, and nothing else of a load needs one piece.
    assert bool(refused) == (use_case in {"outcomes", "contacts"})
    if refused:
        assert re.search(r"values of [\d,]+ bytes together.*at most 1,000 bytes", refused)
        assert held(registry) == before
    assert all(proof.holds for proof in verify(registry, FIRST, files.trial, quick=True))
