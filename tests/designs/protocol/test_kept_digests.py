"""A file that does not use a newer key keeps the digest it had: a locked plan is found by its digest for ever.

The digests below were made at 1392f2c, before `outcome.label` and `outcome.unit` were keys. They are never made anew.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from data.cohort.demonstrations import DEMONSTRATIONS
from designs.library import templates
from designs.protocol import LoadedProtocol, canonical_json, digest_of, load_protocol

SHARED = {
    "hillstrom": "98d0c1a3b156dc44b7b2958de866d73e57bf3933f56979dbd7008578758d1c1b",
    "small-debts": "ccf401577707c7cdd17827d344f4ad3e5a825997d8853ced53755a34de4c834d",
    "social-pressure": "5024a09177fdb4293964c2a4daa35d9b850688350b3debb8ea377078f607bddc",
}
LIBRARY = {
    "hillstrom": "a2cbfca14ba9695622b173834c3f536eb77c3037d8bf7f1e3e4388c28ae530c1",
    "late-returns": "b4c78ef8de2f8ace5d528df1c0eaae695df626196f60bf41641d47da347449c2",
    "payments-on-account": "99b1f8cc1c9a38572b80f30a6441710fe35160cdc7f006ee7ba15fd16e56347d",
    "sa-debts": "7b43d6352a9b3a811f304bc5de0f967ca0470a0ca19f470e0eb0456116463c9f",
    "small-debts": "006d7ba85dbeeda5f5a9cbca75a0df0a385d9b1f1ae71c063f693a844efc6d6b",
    "social-pressure": "a316c50e9d343c44d2a93aa4e733099154bbb12c7cc3f877aa1727dbde674836",
}
DEMOS = {"A": "sa-debts", "B": "small-debts", "C": "late-returns", "D": "payments-on-account"}


def without_newer_keys(loaded: LoadedProtocol) -> str:
    """The digest of a protocol whose outcomes say neither label nor unit, that calls no column by words of its own,
    declares no reasons, predicts no contact, and does not say whether its message opens a check."""
    protocol = loaded.protocol
    outcomes = tuple(outcome.model_copy(update={"label": None, "unit": None}) for outcome in protocol.outcomes)
    population = protocol.population.model_copy(update={"reasons": None, "columns": {}})
    answers = protocol.suitability
    if answers is not None:
        message = answers.message.model_copy(update={"opens_check": None})
        operations = answers.operations.model_copy(update={"surge": None})
        answers = answers.model_copy(update={"message": message, "operations": operations})
    update = {"outcomes": outcomes, "population": population, "suitability": answers}
    return digest_of(canonical_json(protocol.model_copy(update=update), loaded.texts))


@pytest.mark.parametrize("name", SHARED)
def test_the_shared_protocols_keep_their_digests(reference_data: Path, name: str) -> None:
    assert load_protocol(reference_data.parent / "protocols" / f"{name}.yaml").digest == SHARED[name]


def test_the_templates_keep_their_digests_but_for_the_newer_keys() -> None:
    assert {template.name: without_newer_keys(template.loaded) for template in templates()} == LIBRARY


def test_the_demonstrations_are_the_templates_whose_digests_are_kept() -> None:
    named = {template.loaded.protocol.id: template.name for template in templates()}
    assert {letter: named[demonstration.trial] for letter, demonstration in DEMONSTRATIONS.items()} == DEMOS
