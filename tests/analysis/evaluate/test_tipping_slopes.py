"""What the missing would move is what filling them in moves: by every adjustment, in strata of unlike shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from analysis.deciding.guardrails import judge
from analysis.estimators.as_designed import regress_as_designed
from analysis.evaluate.evidence.missing import missing_of
from analysis.evaluate.fits import Fits
from analysis.evaluate.specify import column_kinds, responses_of, specification_of
from analysis.inference.intervals import Effect
from tests.analysis.evaluations import NFA, PAID, arm, declared, evaluated
from tests.analysis.frames import frame_of

ARMS = ("nfa", "letter", "sms")
COVERED = {"coverage": 0.5, "retention_margin": 0.05}
NEAR = 0.08  # filling in adds customers, and so moves errors and weights by a little


def plan(adjustment: str, cluster: bool, arms: tuple[str, ...], cost: float):
    analysis: dict[str, Any] = {"adjustment": adjustment, **COVERED}
    if adjustment != "none":
        analysis |= {"covariates": ["age"]}
    population = {"unit": "customer_id", **({"cluster": "office"} if cluster else {})}
    return declared(
        arms=[NFA, *(arm(name, cost_per_customer=cost) for name in arms[1:])], population=population,
        randomisation={"method": "external", "arm_column": "arm", "strata": ["region"]}, outcomes=[PAID],
        analysis={**analysis, **({"standard_errors": "CR2"} if cluster else {})},
        decision={"benefits": [{"outcome": "paid_23", "value": 100}]},
    )  # fmt: skip


def columns_of(arms: tuple[str, ...], seed: int, effect: float) -> dict[str, Any]:
    """Unlike shares in two regions; every arm lacks outcomes in one of them alone."""
    rng, offices = np.random.default_rng(seed), 600
    region_of = np.arange(offices) % 2
    chance = np.array([[0.15, 0.15, 0.7], [0.45, 0.45, 0.1]])[:, : len(arms)]
    chance /= chance.sum(axis=1, keepdims=True)
    arm_of = np.array([rng.choice(len(arms), p=chance[region]) for region in region_of])
    office = np.repeat(np.arange(offices), 8)
    region, place = region_of[office], arm_of[office]
    name = np.array(arms)[place]
    paid = (rng.random(office.size) < 0.4 + effect * (name == "letter")).astype(float)
    gone = (rng.random(office.size) < 0.15) & (region == 1)
    return {
        "arm": name, "region": np.array(["x", "y"])[region], "office": office, "age": rng.normal(50, 10, office.size),
        "paid_23": np.where(gone, np.nan, paid),
    }  # fmt: skip


def filled(columns: dict[str, Any], lacking: str, shift: float) -> dict[str, Any]:
    """Everybody's outcome as it is assumed, and so much more of those whom one arm lacks."""
    y = columns["paid_23"].copy()
    for name in np.unique(columns["arm"]):
        among = (columns["arm"] == name) & (columns["region"] == "y")
        y[among & np.isnan(y)] = np.nanmean(y[among]) + shift * (name == lacking)
    return columns | {"paid_23": y}


@pytest.mark.parametrize("adjustment", ["none", "lin", "additive"])
@pytest.mark.parametrize(("cluster", "arms"), [(False, ARMS), (True, ARMS), (False, ARMS[:2])])
@pytest.mark.parametrize("lacking", ["nfa", "letter"])
def test_filled_in_just_so_unlike_the_verdict_turns(adjustment, cluster, arms, lacking):
    for seed, effect, cost in ((1, 0.06, 0.0), (3, 0.01, 6.5)):
        protocol, columns = plan(adjustment, cluster, arms, cost), columns_of(arms, seed, effect)
        before = evaluated(protocol, columns)
        row = next(row for row in before.tipping_points if row.arm == lacking)
        assert row.reason is None
        if row.shift is None:
            for end in (0.02, 0.98):  # of what they can be
                assert row.assumed is not None
                after = evaluated(protocol, filled(columns, lacking, end - row.assumed))
                assert _is(after) == _is(before)
            continue
        if abs(row.shift) < 1.5 * NEAR:
            continue
        assert _is(evaluated(protocol, filled(columns, lacking, row.shift - NEAR * np.sign(row.shift)))) == _is(before)
        after = evaluated(protocol, filled(columns, lacking, row.shift + NEAR * np.sign(row.shift)))
        assert row.becomes is not None
        assert after.verdict.code == row.becomes.code


@pytest.mark.parametrize("adjustment", ["none", "lin", "additive"])
@pytest.mark.parametrize(("cluster", "arms"), [(False, ARMS), (True, ARMS), (False, ARMS[:2])])
def test_every_contrast_moves_by_what_it_is_said_to_move(adjustment, cluster, arms):
    """With slopes that arms share, the missing of a third arm move a contrast too."""
    protocol, columns = plan(adjustment, cluster, arms, 0.0), columns_of(arms, 5, 0.05)
    frame = frame_of(columns, protocol)
    specification = specification_of(frame, protocol, column_kinds(frame))
    whole = regress_as_designed(frame, protocol, specification, responses_of(protocol, capped=False))
    rows = missing_of(frame, protocol, specification, Fits(whole), [protocol.primary])
    assert [row.arm for row in rows] == list(arms)
    as_assumed = evaluated(protocol, filled(columns, "nobody", 0.0))
    for row in rows:
        moved = evaluated(protocol, filled(columns, row.arm, 0.2))
        for before, after in zip(as_assumed.estimates, moved.estimates, strict=True):
            assert after.estimate - before.estimate == pytest.approx(0.2 * row.weight[before.arm, None], abs=1e-9)


def _is(evaluation) -> tuple[str, str | None]:
    return evaluation.verdict.code, evaluation.verdict.arm


def test_a_guardrail_held_back_stays_held_back_when_the_missing_move_it():
    """A hair's shift used to let it pass, and so to scale."""
    leans = Effect(0.1, 0.05, skewness=2.0)
    for effect, margin in ((leans, 0.3), (Effect(0.6, 0.05, skewness=2.0), 0.3)):
        harm = judge("calls", margin, effect, harm_is="increase", level=0.05, level_established=0.05)
        assert (harm.passed, harm.established, harm.held_by_skewness) == (False, False, True)
        moved = harm.with_more(-1e-12)
        assert (moved.passed, moved.established, moved.held_by_skewness) == (False, False, True)
    plain = judge("calls", 0.3, Effect(0.1, 0.05), harm_is="increase", level=0.05, level_established=0.05)
    assert (plain.passed, plain.with_more(0.15).passed, plain.with_more(0.5).established) == (True, False, True)
    assert plain.with_more(0.15).upper == pytest.approx(plain.upper + 0.15)
