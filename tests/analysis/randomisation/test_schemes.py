"""Redraws follow the declared scheme: pairs, clusters of a saturation, and the rule of a rerandomised draw."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from analysis.frame import ARM_COLUMN, WAVE_COLUMN
from analysis.randomisation.outcomes import randomisation_rows
from analysis.results import Estimate
from designs.protocol.models import Protocol
from tests.analysis.frames import frame_of


def protocol(method: str, **randomisation: Any) -> Protocol:
    document = {
        "schema": 1,
        "id": "schemes",
        "title": "Schemes",
        "hypothesis": "A letter helps.",
        "population": {"unit": "customer", "cluster": randomisation.pop("of", None)},
        "arms": [
            {"id": "nfa", "kind": "nfa", "label": "No further action", "share": 1},
            {"id": "letter", "kind": "otm", "label": "Letter", "share": 1},
        ],
        "randomisation": {"method": method, **randomisation},
        "outcomes": [{"id": "paid", "role": "primary", "kind": "amount", "direction": "increase", "day": 23}],
        "analysis": {"standard_errors": "HC2"},
    }
    return Protocol.model_validate_json(json.dumps(document))


def redrawn(columns: dict[str, Any], declared: Protocol) -> Estimate:
    (row,) = randomisation_rows(frame_of(columns, declared), declared, declared.primary, "cd" * 32)
    return row


def test_pairs_change_places_within_themselves() -> None:
    rng = np.random.default_rng(1)
    pair = np.repeat(np.arange(10), 2)
    arm = np.tile(["letter", "nfa"], 10)
    paid = rng.normal(size=10)[pair] * 5 + rng.normal(size=20) + (arm == "letter")
    row = redrawn({ARM_COLUMN: arm, "pair": pair.astype(str), "paid": paid}, protocol("matched_pairs", pairs="pair"))
    differences = paid[::2] - paid[1::2]
    assert row.estimate == pytest.approx(differences.mean())
    assert row.std_error == pytest.approx(differences.std(ddof=1) / 10**0.5)
    assert row.variant is not None
    assert row.variant.exact


def test_a_saturation_redraws_within_clusters() -> None:
    """Cluster means differ wildly; a redraw across clusters could not see a small effect."""
    rng = np.random.default_rng(2)
    cluster = np.repeat(np.arange(8), 10)
    arm = np.where((np.arange(80) % 10 < np.where(cluster < 4, 3, 6)), "letter", "nfa")
    arm = np.where(cluster == 7, "nfa", arm)  # a cluster of saturation nil
    paid = 50.0 * cluster + rng.normal(size=80) + 2.0 * (arm == "letter")
    declared = protocol(
        "saturation", of="agent", cluster="agent",
        saturations=[{"id": "low", "treated": 0.3, "share": 1}, {"id": "high", "treated": 0.6, "share": 1}],
    )  # fmt: skip
    row = redrawn({ARM_COLUMN: arm, "agent": cluster.astype(str), "paid": paid}, declared)
    assert row.estimate == pytest.approx(2.0, abs=0.8)
    assert row.p_value is not None
    assert row.p_value < 0.01


def test_a_rerandomised_draw_is_compared_with_draws_that_its_rule_lets_pass() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=12)
    threshold = 0.3
    inverse = 1 / np.var(x, ddof=1)

    def distance(first: tuple[int, ...]) -> float:
        z = np.zeros(12, bool)
        z[list(first)] = True
        return sum(6 * (x[part].mean() - x.mean()) ** 2 * inverse for part in (z, ~z))

    passing = [pick for pick in combinations(range(12), 6) if distance(pick) <= threshold]
    z = np.zeros(12, bool)
    z[list(passing[0])] = True
    paid = 3 * x + rng.normal(size=12) + z
    values = []
    for pick in passing:
        other = np.zeros(12, bool)
        other[list(pick)] = True
        one, two = paid[other], paid[~other]
        values.append(abs((one.mean() - two.mean()) / np.sqrt(one.var(ddof=1) / 6 + two.var(ddof=1) / 6)))
    observed = values[0]
    declared = protocol("rerandomised", rerandomise={"covariates": ["x"], "threshold": threshold})
    row = redrawn({ARM_COLUMN: np.where(z, "letter", "nfa"), "x": x, "paid": paid}, declared)
    assert row.p_value == pytest.approx(np.mean(np.array(values) >= observed - 1e-9))
    assert 0 < len(passing) < 924


def test_a_wave_is_a_stratum_of_every_redraw() -> None:
    rng = np.random.default_rng(4)
    wave = np.repeat(["wave 1", "wave 2"], 60)
    treated = np.concatenate([np.arange(60) < 15, np.arange(60) < 45])  # shares differ by wave
    paid = 20.0 * (wave == "wave 2") + rng.normal(size=120)
    row = redrawn(
        {ARM_COLUMN: np.where(treated, "letter", "nfa"), WAVE_COLUMN: wave, "paid": paid}, protocol("complete")
    )
    assert row.estimate == pytest.approx(0.0, abs=0.6)
    assert row.std_error == pytest.approx(0.2, rel=0.3)


def test_waves_that_were_balanced_one_by_one_are_not_redrawn_together() -> None:
    rng = np.random.default_rng(5)
    columns = {
        ARM_COLUMN: np.resize(["letter", "nfa"], 40),
        WAVE_COLUMN: np.repeat(["wave 1", "wave 2"], 20),
        "x": rng.normal(size=40),
        "paid": rng.normal(size=40),
    }
    row = redrawn(columns, protocol("rerandomised", rerandomise={"covariates": ["x"], "threshold": 1.0}))
    assert row.p_value is None
    assert row.reason == "each wave was balanced by itself, and waves are not redrawn together"
