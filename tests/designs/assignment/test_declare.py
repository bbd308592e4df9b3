"""From a protocol's words to a scheme and its units."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from designs.assignment import conduct, declare, gather
from designs.assignment.schemes.complete import Complete
from designs.assignment.schemes.factorial import Factorial, margins
from designs.assignment.schemes.matched_pairs import MatchedPairs, match_by_score
from designs.assignment.schemes.rerandomised import Rerandomised
from designs.assignment.schemes.saturation import TwoStage
from designs.assignment.schemes.simple import Simple
from designs.errors import DesignRefused
from designs.protocol import Protocol, load_protocol
from tests.designs.assignment.chance import seed_of
from tests.designs.protocol.examples import ELSEWHERE, FACTORIAL, HERE, PAIRED, REDRAWN, SATURATED, changed, loaded
from tests.places import ROOT

SEED = seed_of("declared")


def protocol(folder: Path, base: dict[str, Any], *changes: tuple[str, Any]) -> Protocol:
    return loaded(folder, changed(base, *changes)).protocol


def table(n: int = 600) -> pa.Table:
    rng = np.random.default_rng(4)
    area = rng.integers(0, 30, n)
    return pa.table(
        {
            "customer_id": [f"{at:05d}" for at in range(n)],
            "region": pa.array(["north", "south", "east"]).take(pa.array(area % 3)),
            "area": [f"area {at}" for at in area],
            "pair": [f"{at // 3}" for at in range(n)],
            "age_days": rng.gamma(2, 50, n),
            "trust": rng.random(n) < 0.1,
            "welsh": rng.choice(["yes", "no"], n),
        }
    )


def test_complete(tmp_path: Path) -> None:
    scheme = declare(protocol(tmp_path, HERE))
    assert isinstance(scheme, Complete)
    assert (scheme.arms, scheme.weights, scheme.comparison) == (("nfa", "letter", "sms"), (1, 1, 2), "nfa")
    assert (scheme.strata, scheme.columns) == (("region",), ("region",))
    assignment = conduct(scheme, gather(scheme, table(), "customer_id"), SEED, "late-returns")
    assert assignment.counts.strata == ("region=east", "region=north", "region=south")


def test_simple_with_shares_in_decimals(tmp_path: Path) -> None:
    shares = [(f"arms[{at}].share", share) for at, share in enumerate((0.1, 0.2, 0.7))]
    scheme = declare(protocol(tmp_path, HERE, ("randomisation.method", "simple"), *shares))
    assert isinstance(scheme, Simple)
    assert scheme.shares == (Fraction(1, 10), Fraction(1, 5), Fraction(7, 10))


def test_factorial(tmp_path: Path) -> None:
    scheme = declare(protocol(tmp_path, FACTORIAL))
    assert isinstance(scheme, Factorial)
    assert scheme.factors == (("tone", ("plain", "norm")), ("channel", ("letter", "sms")))
    assert scheme.levels[0] == ()
    assert scheme.groups[1] == scheme.groups[2] != scheme.groups[3]
    assignment = conduct(scheme, gather(scheme, table(601), "customer_id"), SEED, "late-returns")
    found = {(margin.factor, margin.level): margin for margin in margins(scheme, assignment)}
    assert set(found) == {("tone", "plain"), ("tone", "norm"), ("channel", "letter"), ("channel", "sms")}
    for (factor, level), margin in found.items():
        assert margin.promised == (factor == "tone")
        assert margin.target == 601 * Fraction(2, 5)
        at = [name for name, _ in scheme.factors].index(factor)
        arms = [arm for arm, levels in zip(scheme.arms, scheme.levels, strict=True) if levels and levels[at] == level]
        assert margin.customers == sum(assignment.counts.by_arm[arm] for arm in arms)
        assert abs(margin.customers - margin.target) < (1 if margin.promised else 2)


def test_matched_pairs(tmp_path: Path) -> None:
    scheme = declare(protocol(tmp_path, PAIRED))
    assert isinstance(scheme, MatchedPairs)
    rows = table()
    assignment = conduct(scheme, gather(scheme, rows, "customer_id"), SEED, "late-returns")
    by_pair: dict[str, set[str]] = {}
    for pair, arm in zip(rows.column("pair").to_pylist(), assignment.labels.to_pylist(), strict=True):
        by_pair.setdefault(pair, set()).add(arm)
    assert all(arms == {"nfa", "letter", "sms"} for arms in by_pair.values())
    assert set(assignment.probability.tolist()) == {1 / 3}


def test_pairs_made_from_a_score_do_not_hang_on_the_order_of_rows() -> None:
    rng = np.random.default_rng(8)
    ids = np.array([f"{at:04d}" for at in range(501)])
    score, strata = rng.integers(0, 40, 501).astype(float), rng.choice(["x", "y"], 501)
    labels = match_by_score(score, ids.tolist(), 2, strata.tolist()).to_pylist()
    order = rng.permutation(501)
    again = match_by_score(score[order], ids[order].tolist(), 2, strata[order].tolist()).to_pylist()
    assert again == [labels[at] for at in order]
    assert sum(label is None for label in labels) == (strata == "x").sum() % 2 + (strata == "y").sum() % 2
    for label in {label for label in labels if label}:
        rows = [at for at, own in enumerate(labels) if own == label]
        assert len(rows) == 2
        assert strata[rows[0]] == strata[rows[1]]
        same = score[strata == strata[rows[0]]]
        low, high = sorted(score[rows])
        assert ((same > low) & (same < high)).sum() == 0


def test_rerandomised(tmp_path: Path) -> None:
    scheme = declare(protocol(tmp_path, REDRAWN))
    assert isinstance(scheme, Rerandomised)
    assert (scheme.covariates, scheme.threshold) == (("age_days",), Fraction(1, 10))
    rows = table()
    units = gather(scheme, rows, "customer_id")
    assignment = conduct(scheme, units, SEED, "late-returns")
    assert assignment.draws > 1
    age = rows.column("age_days").to_numpy()
    means = [age[assignment.arm == arm].mean() for arm in range(3)]
    distance = sum(200 * (mean - age.mean()) ** 2 for mean in means) / age.var(ddof=1)
    assert distance <= 0.1 * (1 + 1e-4)
    order = np.random.default_rng(1).permutation(600)
    again = conduct(scheme, units.take(order), SEED, "late-returns")
    assert (again.digest, again.draws) == (assignment.digest, assignment.draws)


def test_saturation(tmp_path: Path) -> None:
    scheme = declare(protocol(tmp_path, SATURATED))
    assert isinstance(scheme, TwoStage)
    rows = table()
    assignment = conduct(scheme, gather(scheme, rows, "customer_id"), SEED, "late-returns")
    assert assignment.saturation is not None
    assert assignment.unit_counts.by_arm == {"low": 15, "high": 15}
    for area in set(rows.column("area").to_pylist()):
        members = np.array([own == area for own in rows.column("area").to_pylist()])
        (saturation,) = set(assignment.saturation[members].tolist())
        counts = np.bincount(assignment.arm[members], minlength=3)
        treated = (Fraction(1, 5), Fraction(4, 5))[saturation]
        shares = (1 - treated, treated / 3, treated * 2 / 3)
        assert all(abs(count - members.sum() * float(share)) < 1 for count, share in zip(counts, shares, strict=True))
    assert assignment.probability == pytest.approx(np.array([0.5, 0.5 / 3, 1 / 3])[assignment.arm])


def test_elsewhere_is_never_drawn_here(tmp_path: Path) -> None:
    with pytest.raises(DesignRefused, match="randomised elsewhere"):
        declare(protocol(tmp_path, ELSEWHERE))


def test_arms_barred_by_conditions(tmp_path: Path) -> None:
    trusts = [{"when": {"column": "trust", "equals": True}, "reason": "worked by the DTO"}]
    welsh = [{"when": {"column": "welsh", "equals": "yes"}, "reason": "no Welsh text"}]
    declared = protocol(tmp_path, HERE, ("arms[1].not_for", trusts), ("arms[2].not_for", welsh))
    scheme, rows = declare(declared), table()
    units = gather(scheme, rows, "customer_id")
    expected = [
        " ".join([*(["letter"] if trust else []), *(["sms"] if welsh == "yes" else [])])
        for trust, welsh in zip(rows.column("trust").to_pylist(), rows.column("welsh").to_pylist(), strict=True)
    ]
    assert units.barred.to_pylist() == expected


@pytest.mark.parametrize("name", ["small-debts", "sa-debts", "late-returns", "payments-on-account"])
def test_the_library_declares_schemes(name: str) -> None:
    declared = load_protocol(ROOT / "designs" / "library" / f"{name}.yaml").protocol
    scheme = declare(declared)
    assert scheme.arms == tuple(arm.id for arm in declared.arms)
    assert sum(scheme.shares) == 1
