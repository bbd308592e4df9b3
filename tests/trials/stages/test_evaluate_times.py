"""A trial whose primary is a time to an event goes from its lock to a stored evaluation."""

from __future__ import annotations

import pytest

from tests.trials.examples import FIRST, Files, allocated, load_outcomes, write_csv
from trials.stages.evaluate import evaluate

PAID = "{id: paid, role: primary, kind: binary, direction: increase, day: 23}"
WAIT = "{id: wait, role: primary, kind: time_to_event, direction: decrease, time: days, event: done, horizon: 40}"


@pytest.mark.parametrize("name", ["wait", "days"])
def test_it_is_evaluated_and_judged(registry, files: Files, name: str) -> None:
    """Whether or not a column of times happens to have the outcome's name."""
    files.edit_protocol(lambda text: text.replace(PAID, WAIT.replace("wait", name)))
    allocated(registry, files)
    numbers = [int(row["customer_id"][1:]) for row in files.customers]
    rows = [
        {
            "customer_id": f"C{n:06d}",
            "days": 1 + n * 31 % 60 if n % 5 else 60,  # whoever has not paid was followed past the horizon
            "done": int(n % 5 > 0),
            "collected": n * 17 % 90,
        }
        for n in numbers
    ]
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, rows))
    document = evaluate(registry, FIRST, files.trial).document
    assert document["verdict"]["code"] == "not_shown"  # days follow from the id, whatever the arm
    assert {arm["code"] for arm in document["verdict"]["arms"]} == {"not_shown"}
    assert "had the event of “" in document["verdict"]["sentence"]
    assert "by day 40 than with no further action" in document["verdict"]["sentence"]
    estimands = {row["estimand"] for row in document["estimates"] if row["outcome"] == name}
    assert estimands == {"log_hazard_ratio", "survival_difference", "rmst_difference"}
    assert not [row for row in document["sensitivity"] if row["outcome"] == name]
