"""`analyse` says what was due where the protocol dates the allocation, and claims nothing where it does not."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.golden.external import arm, outcome, protocol
from tests.trials.examples import write_csv
from trials.errors import TrialRefused
from trials.stages.analyse import analyse

ALLOCATED = date(2026, 2, 2)


@pytest.fixture
def trial(tmp_path):
    """How a trial of 600 letters, whose payments are promised by day 23, is written down and analysed."""
    rows = [{"id": n, "group": "CT"[n % 2], "paid": int(n * 7919 % 100 < (30 + 20 * (n % 2)))} for n in range(600)]
    data = write_csv(tmp_path / "data.csv", rows)

    def analysed(as_at=None, **scheme):
        declared = protocol(
            arms=[arm("nfa", "C", "nfa"), arm("letter", "T")],
            outcomes=[outcome("paid", "binary", day=23)],
            arm_column="group",
            population={"unit": "id"},
        )
        declared["randomisation"] |= scheme
        (tmp_path / "p.yaml").write_text(json.dumps(declared), encoding="utf-8")
        return analyse(tmp_path / "p.yaml", data, as_at=as_at)

    return analysed


@pytest.mark.parametrize(("after", "due"), [(0, False), (22, False), (23, True)])
def test_nothing_is_shown_before_the_day(trial, after, due):
    evaluation = trial(ALLOCATED + timedelta(days=after), allocation_date=ALLOCATED.isoformat())
    assert (evaluation.verdict.code == "not_due") is not due
    assert bool(evaluation.estimates) is due
    assert evaluation.maturity.due_on == date(2026, 2, 25)


def test_by_default_the_file_is_of_today(trial):
    today = datetime.now(tz=UTC).date()
    assert trial(allocation_date=today.isoformat()).verdict.code == "not_due"
    assert trial(allocation_date=(today - timedelta(days=23)).isoformat()).verdict.code != "not_due"


def test_without_a_date_of_allocation_nobody_knows_what_is_due_and_nothing_is_said_of_it(trial):
    evaluation = trial(ALLOCATED)
    assert evaluation.maturity is None
    assert evaluation.estimates != ()
    assert all(check.kind != "maturity" for check in evaluation.checks)


def test_a_file_is_not_of_a_day_to_come(trial):
    with pytest.raises(TrialRefused, match=r"--as-at: data cannot be as at .* still to come"):
        trial(datetime.now(tz=UTC).date() + timedelta(days=1))
