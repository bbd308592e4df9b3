"""The demonstration: four trials on days of their own, and designs that stand where such designs stand by today."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from data.cohort.demonstrations import DEMONSTRATIONS
from designs.gates import gates_of
from tests.trials.examples import FIRST
from trials import demonstration
from trials.demonstration import _UNFINISHED, DRAWN_ON, _begin
from trials.life import has_reached
from trials.registry import Registry
from trials.registry.design_facts import facts_of
from trials.registry.tables.columns import now


def test_each_trial_is_drawn_on_a_day_of_its_own_and_a_year_of_it_has_passed() -> None:
    assert len(set(DRAWN_ON.values())) == len(DRAWN_ON) == 4
    assert max(DRAWN_ON.values()) - min(DRAWN_ON.values()) > timedelta(days=180)


def test_two_designs_are_under_way_and_begun_once(registry: Registry) -> None:
    open_gates = []
    for design, template, title, ahead in _UNFINISHED:
        for _ in range(2):
            _begin(registry, FIRST, design, template, title, ahead)
        with registry.inspect(FIRST, "read", design) as session:
            facts = facts_of(session, design, now().date())
        assert facts.recorded
        assert all(each.entry.on <= now().date() for each in facts.recorded)
        open_gates.append({gate.name for gate in gates_of(facts) if not gate.passed})
    with registry.read(FIRST) as reader:
        designs = reader.designs()
    assert [(design.id, design.revisions, design.origin["demonstration"]) for design in designs] == [
        ("late-returns-2027", 1, True),
        ("sa-letters-2027", 1, True),
    ]
    assert all("lock" in gates for gates in open_gates)
    assert open_gates[0] != open_gates[1]


@pytest.mark.parametrize("trial", [found.trial for found in DEMONSTRATIONS.values()])
def test_a_demonstration_goes_through_every_stage_to_its_evaluation(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, trial: str
) -> None:
    """With fewer customers than the command builds it with, so that its story need not come out."""
    small = {name: replace(each, customers=4_000) for name, each in DEMONSTRATIONS.items() if each.trial == trial}
    monkeypatch.setattr(demonstration, "DEMONSTRATIONS", small)
    monkeypatch.setattr(demonstration, "_UNFINISHED", ())
    assert demonstration.build(registry, FIRST) == (trial,)
    with registry.read(FIRST) as reader:
        detail = reader.trial(trial)
    assert has_reached(detail.summary.state, "analysed")
    assert detail.summary.synthetic
    assert {issued.arm for issued in detail.issues} == {arm.id for arm in detail.protocol.arms if arm.channel}
    assert [left for left in registry.scratch_room.iterdir() if left.is_dir()] == []
    assert demonstration.build(registry, FIRST) == ()
