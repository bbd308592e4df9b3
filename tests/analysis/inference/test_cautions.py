"""A row whose error is less sure than it looks says so, and one whose error is sound does not."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.frame import ARM_COLUMN
from analysis.inference.cautions import few_clusters, few_customers
from analysis.regression import regress
from analysis.specification import Column, Specification
from analysis.survival.time_to_event import time_to_event
from tests.analysis.evaluations import declared
from tests.analysis.frames import frame_of, outcome

PAIR = (("letter", "nfa"),)


def clustered(sizes, treated, *, kind="CR2", covariates=()):
    """The note on the one contrast of clusters of these sizes, the first ``treated`` of them in the arm."""
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    columns = {
        ARM_COLUMN: np.where(cluster < treated, "letter", "nfa"),
        "school": cluster,
        "x": rng.normal(size=len(cluster)),
        "y": rng.normal(size=len(cluster)) + rng.normal(size=len(sizes))[cluster],
    }
    adjustment = "lin" if covariates else "none"
    design = Specification(("nfa", "letter"), PAIR, adjustment, kind, covariates, cluster="school")
    (contrast,) = regress(frame_of(columns), design, [outcome("y")]).fits["y", None].contrasts
    return contrast.note


LARGE_ONES = [8] * 56 + [150] * 4


@pytest.mark.parametrize("covariates", [(), (Column("x", "number"),)], ids=["means", "lin"])
@pytest.mark.parametrize("kind", ["CR0", "CR1", "CR2"])
@pytest.mark.parametrize(
    ("sizes", "treated", "says"),
    [
        ([10] * 40, 20, None),
        ([10] * 60, 15, None),
        ([10] * 39, 20, "39 clusters, as good as 39 of equal size"),
        ([10] * 60, 6, "60 clusters, as good as 22 of equal size"),
        (LARGE_ONES[::-1], 30, "60 clusters, as good as 23 of equal size"),
    ],
    ids=["enough", "unequal shares", "few", "few treated", "a few large ones"],
)
def test_few_clusters_few_treated_and_a_few_large_ones_are_said(sizes, treated, says, kind, covariates):
    note = clustered(sizes, treated, kind=kind, covariates=covariates)
    if says is None:
        assert note is None
    else:
        assert note is not None
        assert note.startswith(says)


def test_clusters_of_one_size_in_equal_shares_are_worth_their_number():
    assert few_clusters((20, 20), (20.0, 20.0)) is None
    assert "as good as 30 of equal size" in str(few_clusters((30, 9), (30.0, 10.0)))


def test_very_uneven_sizes_take_more_clusters():
    """A log-sd of size of 1 errs at 200 clusters and no longer at 400; one of 0.5 does not at 200."""
    assert "200 clusters, as good as 84 of equal size" in str(few_clusters((100, 100), (42.0, 42.0)))
    assert few_clusters((200, 200), (80.0, 80.0)) is None
    assert few_clusters((100, 100), (78.0, 78.0)) is None
    assert few_clusters((30, 270), (30.0, 270.0)) is None  # unequal shares alone are not uneven sizes


def columns_of(n_letter, n_nfa):
    rng = np.random.default_rng(3)
    n = n_letter + n_nfa
    return {
        ARM_COLUMN: np.where(np.arange(n) < n_letter, "letter", "nfa"),
        "x": rng.normal(size=n),
        "band": rng.choice(["a", "b", "c"], n),
        "stratum": np.arange(n) % 2,
        "y": rng.normal(size=n),
    }


ADJUSTED = (Column("x", "number"), Column("band", "category"))


@pytest.mark.parametrize(
    ("adjustment", "strata", "kind", "thin"),
    [
        ("lin", (), "HC2", "an arm has 30 customers for 4 columns of the regression"),
        ("lin", ("stratum",), "HC3", "an arm has 30 customers for 5 columns of the regression"),
        ("additive", (), "HC2", "an arm has 30 customers for 1 column of the regression"),
        ("none", ("stratum",), "HC2", "an arm has 30 customers for 2 columns of the regression"),
        ("none", (), "HC2", None),  # Welch's degrees of freedom know the smaller arm
        ("lin", (), "classical", None),  # one variance for both arms rests on all customers
    ],
)
def test_a_thin_arm_is_said_where_degrees_of_freedom_do_not_know_of_it(adjustment, strata, kind, thin):
    design = Specification(("nfa", "letter"), PAIR, adjustment, kind, ADJUSTED, strata)
    for sizes, expected in (((570, 30), thin), ((300, 300), None)):
        frame = frame_of(columns_of(*sizes))
        (contrast,) = regress(frame, design, [outcome("y")]).fits["y", None].contrasts
        if expected is None:
            assert contrast.note is None
        else:
            assert str(contrast.note).startswith(expected)


def test_small_arms_of_one_size_are_not_thin():
    """The promise to keep is the error rate: n - p is about right where both arms are small."""
    assert few_customers((40, 40), 5, 70.0) is None
    assert few_customers((40, 4000), 5, 4030.0) is not None


@pytest.mark.parametrize(
    ("customers", "said_at"),
    [((570, 30), {0.01, 0.05, 0.1}), ((560, 40), {0.01, 0.05}), ((530, 70), {0.01}), ((450, 150), set())],
)
def test_an_error_rate_may_drift_by_a_tenth_of_what_is_declared(customers, said_at):
    said = {alpha for alpha in (0.01, 0.05, 0.1) if few_customers(customers, 7, 586.0, alpha)}
    assert said == said_at


def test_the_declared_level_reaches_the_caution():
    notes = {}
    for alpha in (0.01, 0.05):
        design = Specification(("nfa", "letter"), PAIR, "lin", "HC2", ADJUSTED, alpha=alpha)
        (contrast,) = regress(frame_of(columns_of(540, 60)), design, [outcome("y")]).fits["y", None].contrasts
        notes[alpha] = contrast.note
    assert notes[0.05] is None
    assert notes[0.01].startswith("an arm has 60 customers")


def test_what_has_no_standard_error_needs_no_caution():
    assert clustered([10] * 6, 1) is None


def test_hazard_ratios_need_more_clusters_for_want_of_degrees_of_freedom():
    """80 equal clusters are enough for them and 60 are not, and at a horizon 40; those assigned singly need none."""
    rng = np.random.default_rng(4)
    outcome_ = {"id": "cleared", "role": "primary", "kind": "time_to_event", "time": "days", "event": "event"}
    outcomes = [{**outcome_, "horizon": 10.0, "direction": "increase"}]
    told = "{0} clusters, as good as {0} of equal size"
    for clusters, of_hazards, at_horizon in ((80, None, None), (60, told, None), (30, told, told)):
        agent = np.repeat(np.arange(clusters), 6)
        columns = {
            ARM_COLUMN: np.where(agent % 2 == 0, "letter", "nfa"),
            "agent": agent.astype(str),
            "days": rng.integers(1, 15, len(agent)).astype(float),
            "event": rng.integers(0, 2, len(agent)),
        }
        randomisation = {"method": "complete", "cluster": "agent"}
        errors = {"standard_errors": "CR2"}
        plan = declared(outcomes=outcomes, randomisation=randomisation, analysis=errors)
        found = time_to_event(frame_of(columns), plan, plan.primary, seed=1).estimates
        assert len(found) == 3
        for row in found:
            says = of_hazards if row.estimand == "log_hazard_ratio" else at_horizon
            assert row.note is None if says is None else row.note.startswith(says.format(clusters))
        single = declared(outcomes=outcomes)
        assert all(
            row.note is None for row in time_to_event(frame_of(columns), single, single.primary, seed=1).estimates
        )
