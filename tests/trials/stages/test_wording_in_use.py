"""Wording in use is what was there when it was declared: whatever is written into its file later is signed."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from designs.drafting import Draft, empty_draft
from designs.variants.sign_offs import open_texts
from tests.trials.examples import FIRST
from trials.registry import Registry
from trials.registry.design_facts import facts_of, facts_of_plan
from trials.registry.plan import plan_of
from trials.registry.tables.columns import now
from trials.stages.design import begin_design, revise_design
from trials.stages.register import register

TRIAL = "today-2027"
SAME = {"en": "same.md", "en_in_use": "same.md"}
TWO = {"en": "new.md", "en_in_use": "old.md"}
PLAN = """\
schema: 1
id: today-2027
title: Today's letter against none
hypothesis: Today's letter raises payment.
population: {name: today-2027, unit: customer_id}
arms:
  - {id: nfa, kind: nfa, label: No further action, share: 1}
  - {id: today, kind: bau, label: Today's letter, share: 1, channel: letter, cost_per_customer: 0.85,
     text: {en: same.md, en_in_use: same.md}}
randomisation: {method: complete}
outcomes: [{id: paid, role: primary, kind: binary, direction: increase, day: 23}]
analysis: {}
"""


def save(registry: Registry, text: dict[str, str] | None, words: dict[str, str]) -> None:
    """A revision in which today's arm names these files, and these lie there."""
    arm: dict[str, Any] = {"id": "today", "kind": "bau", "label": "Today", "share": 1, "channel": "letter"}
    arms = [{"id": "nfa", "kind": "nfa", "label": "None", "share": 1}, arm | ({} if text is None else {"text": text})]
    contents = {hashlib.sha256(said.encode()).hexdigest(): said.encode() for said in words.values()}
    texts = {path: hashlib.sha256(said.encode()).hexdigest() for path, said in words.items()}
    draft = Draft({**empty_draft(TRIAL).document, "arms": arms}, texts)
    with registry.read(FIRST) as reader:
        number = next((design.revisions for design in reader.designs()), 0)
    if number == 0:
        begin_design(registry, FIRST, TRIAL, draft, contents, origin={"kind": "empty"})
    else:
        revise_design(registry, FIRST, TRIAL, draft, contents, made_from=number)


def asked(registry: Registry) -> list[str]:
    """Who is still to sign today's text, of the draft as it stands."""
    with registry.inspect(FIRST, "read") as session:
        facts = facts_of(session, TRIAL, now().date())
    assert facts.plan is not None
    return [each.clears for each in open_texts(facts.plan, facts.versions, ()) if each.where.startswith("arms[1]")]


@pytest.mark.requirement("K12")
@pytest.mark.parametrize("named", [SAME, TWO], ids=["one file", "two files"])
def test_an_edited_text_is_in_use_no_more(either: Registry, named: dict[str, str]) -> None:
    files = sorted(set(named.values()))
    save(either, named, dict.fromkeys(files, "Pay."))
    assert asked(either) == []
    save(either, named, dict.fromkeys(files, "Pay, or we open a check."))
    assert asked(either) == ["taa", "copgu"]
    save(either, named, dict.fromkeys(files, "Pay."))
    assert asked(either) == []


@pytest.mark.requirement("K12")
@pytest.mark.parametrize("named", [SAME, TWO], ids=["one file", "two files"])
def test_what_is_declared_before_it_is_written_is_not_in_use(registry: Registry, named: dict[str, str]) -> None:
    files = sorted(set(named.values()))
    save(registry, named, {})
    save(registry, named, dict.fromkeys(files, "Pay, or we open a check."))
    assert asked(registry) == ["taa", "copgu"]
    # Declared again, with the words that are in use: that is another declaration, and of those.
    save(registry, {"en": named["en"]}, {named["en"]: "Pay."})
    save(registry, named, dict.fromkeys(files, "Pay."))
    assert asked(registry) == []


@pytest.mark.requirement("K12")
def test_a_plan_that_is_registered_again_with_other_words_declares_none(either: Registry, tmp_path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN, encoding="utf-8")
    found = []
    for words in ("Pay.", "Pay, or we open a check.", "Pay."):
        (tmp_path / "same.md").write_text(words, encoding="utf-8")
        register(either, FIRST, path)
        with either.inspect(FIRST, "read") as session:
            facts = facts_of_plan(session, plan_of(session, TRIAL), now().date())
        assert facts.plan is not None
        found.append([each.clears for each in open_texts(facts.plan, facts.versions, ())])
    assert found == [[], ["taa", "copgu"], []]


@pytest.mark.requirement("K12")
def test_a_draft_that_declares_nothing_any_more_clears_nothing_that_is_registered(either: Registry, tmp_path) -> None:
    """What is locked is the registered plan, whatever a later draft says."""
    save(either, SAME, {"same.md": "Pay."})
    path = tmp_path / "plan.yaml"
    path.write_text(PLAN, encoding="utf-8")
    (tmp_path / "same.md").write_text("Pay, or we open a check.", encoding="utf-8")
    register(either, FIRST, path)
    save(either, None, {})
    with either.inspect(FIRST, "read") as session:
        facts = facts_of_plan(session, plan_of(session, TRIAL), now().date())
    assert facts.plan is not None
    assert [each.clears for each in open_texts(facts.plan, facts.versions, ())] == ["taa", "copgu"]
