"""The same data give the same redraws, and so the same verdict, in whatever order they come and whatever ids are."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.document import to_document
from analysis.evaluate import evaluate
from analysis.randomisation.canonical_order import canonical_order, sums_of
from analysis.sensitivity import with_sensitivity
from tests.analysis.evaluations import COLLECTED, COMPLAINT, DECISION, NFA, PAID, arm, declared
from tests.analysis.frames import frame_of

SHUFFLES = 8


def columns_of(seed: int = 3) -> dict[str, np.ndarray]:
    """A small arm and a large one in strata and offices; a few very large amounts, so that gains are redrawn."""
    rng, n = np.random.default_rng(seed), 900
    office = np.arange(n) // 6
    sent = office % 8 != 0
    paid = (rng.random(n) < np.where(sent, 0.75, 0.3)).astype(float)
    return {
        "arm": np.where(sent, "letter", "nfa"),
        "region": np.array(["east", "north", "west"])[office % 3],
        "office": np.array([f"office {number}" for number in office]),
        "paid_23": paid,
        "collected": paid * np.exp(rng.normal(4.0, 1.5, n)).round(2),
        "complaint": (rng.random(n) < 0.05).astype(float),
    }


def paired_columns() -> dict[str, np.ndarray]:
    rng, n = np.random.default_rng(5), 400
    sent = np.arange(n) % 2 == 1
    paid = (rng.random(n) < np.where(sent, 0.75, 0.3)).astype(float)
    return {
        "arm": np.where(sent, "letter", "nfa"),
        "pair": np.array([f"pair {number}" for number in np.arange(n) // 2]),
        "paid_23": paid,
        "collected": paid * np.exp(rng.normal(4.0, 1.8, n)).round(2),
        "complaint": (rng.random(n) < 0.05).astype(float),
    }


def plan(randomisation, population=None, cost: float = 12.0):
    return declared(
        arms=[NFA, arm("letter", cost_per_customer=cost)], outcomes=[PAID, COLLECTED, COMPLAINT], decision=DECISION,
        randomisation=randomisation, population={"unit": "customer_id", **(population or {})},
    )  # fmt: skip


EXTERNAL = {"method": "external", "arm_column": "arm"}
DESIGNS = {
    "customers": (plan(EXTERNAL), columns_of()),
    "strata": (plan({**EXTERNAL, "strata": ["region"]}), columns_of()),
    "clusters": (plan({**EXTERNAL, "strata": ["region"]}, {"cluster": "office"}), columns_of()),
    "pairs": (plan({"method": "matched_pairs", "pairs": "pair"}), paired_columns()),
}
SPELT = {"east": "Z-east", "north": "A-north", "west": "M-west"}


def document(protocol, columns):
    frame = frame_of(columns, protocol)
    evaluation = with_sensitivity(frame, protocol, evaluate(frame, protocol, protocol_digest="f" * 64))
    return json.loads(json.dumps(to_document(evaluation)), parse_float=lambda digits: float(f"{float(digits):.8g}"))


def alike(found, expected):
    """Equal, numbers to eight digits: sums of the engine differ in the last ones."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(alike(found[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(alike(*pair) for pair in zip(found, expected, strict=True))
    if isinstance(expected, float) or isinstance(found, float):
        return found == pytest.approx(expected, rel=1e-7, abs=1e-10)
    return found == expected


@pytest.mark.parametrize("design", sorted(DESIGNS))
def test_shuffled_rows_give_the_same_document(design):
    protocol, columns = DESIGNS[design]
    as_they_came = document(protocol, columns)
    assert as_they_came["net_benefit"]["arms"][0]["central"]["by_redraws"]
    for seed in range(SHUFFLES):
        order = np.random.default_rng(seed).permutation(len(columns["arm"]))
        shuffled = document(protocol, {name: values[order] for name, values in columns.items()})
        for part in ("verdict", "net_benefit", "thresholds", "sensitivity", "estimates"):
            assert alike(shuffled[part], as_they_came[part]), (seed, part)


@pytest.mark.parametrize("design", ["strata", "clusters", "pairs"])
def test_other_names_of_strata_clusters_and_pairs_give_the_same_verdict(design):
    protocol, columns = DESIGNS[design]
    renamed = dict(columns)
    if "region" in columns:
        renamed["region"] = np.array([SPELT[name] for name in columns["region"]])
    for name in {"office", "pair"} & columns.keys():
        renamed[name] = np.array([value[::-1] for value in columns[name]])
    before, after = document(protocol, columns), document(protocol, renamed)
    for part in ("verdict", "net_benefit", "thresholds"):
        assert alike(after[part], before[part]), part


def test_units_are_in_an_order_of_what_they_hold():
    rng = np.random.default_rng(1)
    y, treated, stratum = rng.integers(0, 4, 60) / 2.0, rng.random(60) < 0.4, rng.integers(0, 5, 60)
    names, expected = rng.permutation(5), None
    for more in ((), (rng.integers(0, 2, 60).astype(float),)):
        order, code = canonical_order(stratum, treated, y, *more)
        expected = [column[order].tolist() for column in (y, treated, *more)]
        again = rng.permutation(60)
        other, codes = canonical_order(names[stratum][again], treated[again], y[again], *(of[again] for of in more))
        assert [column[again][other].tolist() for column in (y, treated, *more)] == expected
        assert codes.tolist() == code.tolist()
        assert all(np.unique(stratum[order][code == number]).size == 1 for number in range(5))


def test_rows_and_their_counts_are_in_one_order():
    rng = np.random.default_rng(2)
    y, treated, stratum = rng.integers(0, 2, 400).astype(float), rng.random(400) < 0.3, rng.integers(0, 6, 400)
    order, _ = canonical_order(stratum, treated, y)
    cells, count = np.unique(np.column_stack([y, treated, stratum]), axis=0, return_counts=True)
    of_cells, _ = canonical_order(cells[:, 2].astype(int), cells[:, 1] == 1, cells[:, 0], count=count)
    assert list(dict.fromkeys(stratum[order].tolist())) == list(dict.fromkeys(cells[of_cells, 2].astype(int).tolist()))


def test_an_effect_that_is_taken_off_leaves_the_order():
    rng = np.random.default_rng(4)
    y, treated, stratum = rng.lognormal(size=90), np.arange(90) % 3 == 0, rng.integers(0, 4, 90)
    order, _ = canonical_order(stratum, treated, y)
    assert canonical_order(stratum, treated, y - 0.7 * treated)[0].tolist() == order.tolist()


def test_sums_are_the_same_to_the_last_digit():
    rng = np.random.default_rng(6)
    y, member = rng.lognormal(0.0, 3.0, 500), rng.integers(0, 20, 500)
    expected = sums_of(y, member)
    assert expected == pytest.approx(np.bincount(member, y), rel=1e-12)
    for _ in range(5):
        again = rng.permutation(500)
        assert (sums_of(y[again], member[again]) == expected).all()
