"""Errors clustered by what was not assigned whole: declared, labelled, and with all that follows for a verdict."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.sensitivity import with_sensitivity
from tests.analysis.evaluations import COMPLAINT, DECISION, NFA, PAID, arm, declared, evaluated
from tests.analysis.frames import frame_of
from tests.analysis.regression.arrays import least_squares

SAYS = "errors clustered by office, which was not assigned whole"
AMOUNT = {"id": "collected", "role": "secondary", "kind": "amount", "direction": "increase"}


def trial(seed: int = 1, n: int = 2_000, offices: int = 50, *, complaints: float = 0.02) -> dict[str, np.ndarray]:
    """Customers assigned one by one; those of an office are alike, and so is what a letter does to them."""
    rng = np.random.default_rng(seed)
    office, letter = rng.integers(0, offices, n), rng.random(n) < 0.5
    level, response = rng.normal(0.0, 0.8, offices)[office], rng.normal(0.5, 0.8, offices)[office]
    paid = rng.random(n) < 1.0 / (1.0 + np.exp(0.8 - level - response * letter))
    return {
        "arm": np.where(letter, "letter", "nfa"),
        "office": np.char.add("office ", office.astype(str)),
        "paid_23": paid.astype(float),
        "collected": np.where(paid, rng.gamma(4.0, 25.0, n), 0.0),
        "complaint": (rng.random(n) < complaints).astype(float),
    }


def protocol(errors: str = "CR2", **analysis):
    return declared(
        arms=[NFA, arm("letter")],
        outcomes=[PAID, AMOUNT, {**COMPLAINT, "margin": 0.02}],
        analysis={"standard_errors": errors, "errors_clustered_by": "office", **analysis},
        decision=DECISION,
    )


@pytest.mark.parametrize("errors", ["CR0", "CR1", "CR2"])
def test_the_error_is_that_of_clusters_that_span_arms(errors):
    data = trial()
    row = next(row for row in evaluated(protocol(errors), data).estimates if row.outcome == "paid_23")
    X = np.column_stack([np.ones(len(data["arm"])), data["arm"] == "letter"]).astype(float)
    office = np.unique(data["office"], return_inverse=True)[1]
    dense = least_squares(X, data["paid_23"], errors, clusters=office)
    assert (row.estimate, row.std_error) == pytest.approx((dense.coefficients[1], dense.std_errors[1]), rel=1e-9)
    if errors == "CR2":
        assert row.df == pytest.approx(dense.df[1], rel=1e-8)
    assert row.note.startswith(SAYS)


def test_every_row_and_the_notes_say_so_and_clusters_that_span_arms_are_no_fault():
    evaluation = evaluated(protocol(subgroups=[{"column": "half"}]), trial() | {"half": np.arange(2_000) % 2})
    assert all(SAYS in row.note for row in evaluation.estimates)
    assert f"{SAYS[0].upper()}{SAYS[1:]}." in evaluation.notes
    kinds = {check.kind: check for check in evaluation.checks}
    assert "clusters_whole" not in kinds
    assert kinds["clusters_enough"].passed
    assert evaluation.interactions[0].approximate_hotelling


def test_a_customer_without_an_office_stays():
    data = trial()
    offices = data["office"].astype(object)
    offices[:40] = None
    row = next(r for r in evaluated(protocol(), {**data, "office": list(offices)}).estimates if r.outcome == "paid_23")
    assert (row.n_arm + row.n_comparison, row.std_error is not None) == (2_000, True)


def test_a_binary_guardrail_has_the_clustered_bound_and_no_event_is_bounded_by_clusters():
    evaluation = evaluated(protocol(), trial(complaints=0.0, offices=400, n=6_000))
    assert evaluation.verdict.arms[0].guardrails_passed  # z²/(400 + z²) is below the margin
    few = evaluated(protocol(), trial(complaints=0.0, offices=30))
    assert not few.verdict.arms[0].guardrails_passed


def test_what_leans_cannot_be_redrawn_and_does_not_pass():
    data = trial(n=6_000)
    data["collected"] = np.random.default_rng(3).lognormal(3.0, 1.8, 6_000) + 100.0 * (data["arm"] == "letter")
    few = np.arange(6_000) % 20 > 0
    data["arm"] = np.where(few, "letter", "nfa")
    data["collected"] += 100.0 * few
    evaluation = evaluated(protocol(), data)
    assert evaluation.verdict.code == "not_shown"
    assert "errors are clustered by office, which no redraw moves whole" in " ".join(evaluation.verdict.arms[0].reasons)


def test_other_errors_beside_it_are_clustered_too():
    data = trial()
    whole = with_sensitivity(frame_of(data), protocol(), evaluated(protocol(), data))
    kinds = {row.variant.standard_errors for row in whole.sensitivity if row.variant.kind == "standard_errors"}
    assert kinds == {"CR0", "CR1"}
    opinion = next(check for check in whole.checks if check.kind == "second_opinion")
    assert opinion.passed is not False
