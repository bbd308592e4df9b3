"""The demonstration: four trials on days of their own, and designs that stand where such designs stand by today."""

from __future__ import annotations

from datetime import timedelta

from designs.gates import gates_of
from tests.trials.examples import FIRST
from trials.demonstration import _UNFINISHED, DRAWN_ON, _begin
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
