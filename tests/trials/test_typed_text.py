"""Text that people type, name files by or ask for: what no database can hold is refused in words, on either of them."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest
from sqlalchemy import select

from designs.protocol import ProtocolRefused
from tests.trials import tampering
from tests.trials.examples import SEED, evaluated, load_outcomes, locked
from trials.access import LOCAL_ACTOR, Actor
from trials.errors import AccessRefused, RegistryRefused, TrialRefused
from trials.registry.tables import PopulationVersion, ReturnedFile
from trials.registry.tables.columns import now
from trials.stages.allocate import randomise
from trials.stages.decide import decide
from trials.stages.draft import keep_draft
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.verify import verify
from trials.stages.void import request_void

HALF, NUL = "half \ud83d a character", "a \0 within"
UNSTORABLE = pytest.mark.parametrize("text", [HALF, NUL], ids=["half a character", "NUL"])
REFUSED = r"a text holds (half a character standing alone|a NUL character)\. Rule: .*To do: "


@UNSTORABLE
def test_no_field_of_a_decision_or_a_void_takes_what_cannot_be_kept(either, files, text):
    evaluated(either, files)
    before = tampering.chain(either)
    whole = {"action": "Send letters", "reason": "They pay", "conditions": "None"}
    for field in whole:
        with pytest.raises(TrialRefused, match=REFUSED):
            decide(
                either, LOCAL_ACTOR, files.trial, choice="accept", review_on=now().date() + timedelta(days=30),
                **{**whole, field: text},
            )  # fmt: skip
    with pytest.raises(TrialRefused, match=REFUSED):
        request_void(either, LOCAL_ACTOR, files.trial, reason=text)
    assert tampering.chain(either) == before
    assert [fault for proof in verify(either, LOCAL_ACTOR, files.trial) for fault in proof.faults] == []


def test_a_draft_with_half_a_character_is_refused_and_the_one_before_stays(either, files):
    register(either, LOCAL_ACTOR, files.protocol)
    keep_draft(either, LOCAL_ACTOR, files.trial, {"reason": "whole 😀"})
    for fields in ({"reason": HALF}, {HALF: ""}):
        with pytest.raises(RegistryRefused, match=REFUSED):
            keep_draft(either, LOCAL_ACTOR, files.trial, fields)
    with either.read(LOCAL_ACTOR) as reader:
        assert reader.draft(files.trial) == {"reason": "whole 😀"}


@UNSTORABLE
def test_a_trial_that_cannot_be_named_is_refused_in_words(either, text):
    with pytest.raises(RegistryRefused, match=REFUSED), either.read(LOCAL_ACTOR) as reader:
        reader.trial(text)
    with pytest.raises(RegistryRefused, match=REFUSED):
        keep_draft(either, LOCAL_ACTOR, text, {"reason": "whole"})
    with pytest.raises((RegistryRefused, AccessRefused)):
        request_void(either, Actor("An Analyst", "analyst"), text, reason="wrong")


@pytest.mark.parametrize("key", ["title: ", "hypothesis: ", "id: ", "label: "])
@pytest.mark.parametrize("escape", [r"\0", r"\ud83d"])
def test_no_text_of_a_protocol_holds_what_cannot_be_kept(either, files, key, escape):
    files.edit_protocol(lambda text: text.replace(key, key + f'"{escape}" #', 1))
    with pytest.raises(ProtocolRefused, match="the text holds"):
        register(either, LOCAL_ACTOR, files.protocol)


def test_a_file_whose_name_is_no_text_is_read_and_recorded_under_a_name_that_can_be_kept(either, files):
    population = shutil.copy(files.population, files.folder / "people\udcff.csv")
    load_population(either, LOCAL_ACTOR, population, files.protocol, synthetic=True)
    locked(either, files)
    randomise(either, LOCAL_ACTOR, files.trial, demonstration_seed=SEED)
    outcomes = shutil.copy(files.outcomes, files.folder / "outcomes\udcff.csv")
    load_outcomes(either, LOCAL_ACTOR, files.trial, outcomes)
    with either.inspect(LOCAL_ACTOR, "verify") as session:
        names = {
            *session.scalars(select(PopulationVersion.file_name)),
            *session.scalars(select(ReturnedFile.file_name)),
        }
    assert {"people\ufffd.csv", "outcomes\ufffd.csv"} <= names
    assert all(proof.holds for proof in verify(either, LOCAL_ACTOR, files.trial))
