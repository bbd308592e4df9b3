"""The four demonstrations fit the protocols that tell them. That their verdicts hold is for `otm calibrate`."""

from __future__ import annotations

import numpy as np
import pytest

from data.cohort import DEMONSTRATIONS, Demonstration, outcomes, population
from designs.library import templates
from designs.protocol import Protocol, outcomes_contract, population_contract

PROTOCOLS = {template.loaded.protocol.id: template.loaded.protocol for template in templates()}


@pytest.fixture(params=sorted(DEMONSTRATIONS))
def demonstration(request: pytest.FixtureRequest) -> Demonstration:
    return DEMONSTRATIONS[request.param]


def protocol_of(demonstration: Demonstration) -> Protocol:
    return PROTOCOLS[demonstration.trial]


def test_arms_are_those_of_the_protocol(demonstration: Demonstration) -> None:
    protocol = protocol_of(demonstration)
    assert {arm.id for arm in protocol.otm_arms} == set(demonstration.world.approaches)
    for arm in protocol.otm_arms:
        assert arm.channel == demonstration.world.approaches[arm.id].channel
    assert protocol.primary.day == demonstration.world.primary_day
    if demonstration.lost_tail is not None:
        assert demonstration.lost_tail[0] in demonstration.world.approaches


def test_every_column_that_the_protocol_asks_for_is_there(demonstration: Demonstration) -> None:
    protocol = protocol_of(demonstration)
    people = population(1, 400, demonstration.kind)
    assert set(population_contract(protocol).required_names) <= set(people.column_names)
    found = outcomes(people, np.full(400, protocol.comparison.id), 2, demonstration.world)
    contract = outcomes_contract(protocol)
    assert {*contract.required_names, *(column.name for column in contract.columns)} <= set(found.column_names)


def test_planted_effects_are_within_what_has_been_published(demonstration: Demonstration) -> None:
    """Over everyone assigned: letters and messages at most 7 points, calls a little more."""
    people = population(2, 60_000, demonstration.kind)
    primary = protocol_of(demonstration).primary.id

    def rate(arm: str) -> float:
        return float(np.mean(outcomes(people, np.full(60_000, arm), 3, demonstration.world).column(primary)))

    nfa = rate("nfa")
    for arm, approach in demonstration.world.approaches.items():
        effect = rate(arm) - nfa
        assert 0.004 < effect < (0.08 if approach.channel == "call" else 0.07)
