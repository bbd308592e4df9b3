"""A binary guardrail is about the quantity of the row beside it, whatever the arms' shares are in each stratum."""

import numpy as np
import pytest

from analysis.evaluate.tallies import event_counts, tally_events
from analysis.frame import open_to, strata_of
from tests.analysis.evaluations import NFA, PAID, arm, declared, evaluated
from tests.analysis.frames import frame_of

EVENT = {"id": "event", "role": "guardrail", "kind": "binary", "direction": "decrease", "margin": 0.01}


def trial_of(regions, arms):
    """Columns from region -> arm -> (customers, events)."""
    rows = [(region, name, n, k) for region, of in regions.items() for name, (n, k) in zip(arms, of, strict=True)]
    sizes = [n for *_, n, _ in rows]
    event = np.concatenate([np.arange(n) < k for *_, n, k in rows]).astype(float)
    columns = {
        "region": np.repeat([region for region, *_ in rows], sizes),
        "arm": np.repeat([name for _, name, *_ in rows], sizes),
        "event": event,
    }
    better = np.where(columns["arm"] == "nfa", 0.3, 0.45)
    within = np.concatenate([np.arange(n) / n for n in sizes])
    return {**columns, "paid_23": (within * 7 % 1 < better).astype(float)}


def plan(arms, kind="binary", **sections):
    return declared(
        arms=[NFA, *(arm(name) for name in arms if name != "nfa")],
        randomisation={"method": "external", "arm_column": "arm", "strata": ["region"]},
        outcomes=[PAID, {**EVENT, "kind": kind}],
        decision={"benefits": [{"outcome": "paid_23", "value": 50}]},
        **sections,
    )


def counted(columns, protocol, pair):
    frame = open_to(frame_of(columns, protocol), protocol, pair)
    tallied = tally_events(frame, {"event": "event"}, strata_of(frame, protocol), None)["event", None]
    return event_counts(tallied, *pair, additive=protocol.analysis.adjustment == "additive")


@pytest.mark.parametrize("adjustment", ["none", "lin", "additive"])
def test_the_difference_that_is_bounded_is_that_of_the_row(adjustment):
    columns = trial_of({"x": [(400, 9), (400, 8)], "y": [(380, 8), (20, 3)]}, ("nfa", "letter"))
    protocol = plan(("nfa", "letter"), analysis={"adjustment": adjustment})
    row = next(row for row in evaluated(protocol, columns).estimates if row.outcome == "event")
    assert counted(columns, protocol, ("letter", "nfa")).difference == pytest.approx(row.estimate, abs=1e-12)


@pytest.mark.parametrize("adjustment", ["none", "lin"])
def test_strata_weigh_by_the_customers_of_every_arm_who_have_the_outcome(adjustment):
    arms = ("nfa", "letter", "sms")
    regions = {"x": [(100, 3), (100, 4), (800, 9)], "y": [(450, 9), (450, 20), (100, 1)], "z": [(0, 0), (9, 1), (9, 2)]}
    columns = trial_of(regions, arms)
    columns["event"][np.flatnonzero(columns["region"] == "y")[::5]] = np.nan
    protocol = plan(arms, analysis={"adjustment": adjustment})
    for name in ("letter", "sms"):
        row = next(row for row in evaluated(protocol, columns).estimates if (row.outcome, row.arm) == ("event", name))
        assert counted(columns, protocol, (name, "nfa")).difference == pytest.approx(row.estimate, abs=1e-12)


@pytest.mark.parametrize(
    ("regions", "passes", "harmful"),
    [
        # among everyone 1.5 points more, above the margin, and none more in the region where half get the letter
        ({"x": [(4_000, 80), (4_000, 80)], "y": [(3_800, 76), (200, 13)]}, False, False),
        # 0.3 points more, below the margin, and four more in that region
        ({"x": [(4_000, 400), (4_000, 560)], "y": [(3_800, 380), (200, 6)]}, False, False),
    ],
)
def test_shares_that_differ_by_stratum_change_no_judgement_of_a_guardrail(regions, passes, harmful):
    columns = trial_of(regions, ("nfa", "letter"))
    for kind in ("binary", "count"):
        found = evaluated(plan(("nfa", "letter"), kind), columns).verdict.arms[0]
        assert (found.guardrails_passed, found.code == "harmful") == (passes, harmful), kind
