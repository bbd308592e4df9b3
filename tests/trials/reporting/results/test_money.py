"""Tables of money: sums that hold."""

import re

from tests.trials.reporting import examples
from trials.reporting.results.money import amounts, components
from trials.reporting.words.names import Names

NAMES = Names(examples.PLAN)


def amount(words: str) -> float:
    figure = float(re.sub(r"[^0-9.]", "", words))
    return -figure if words.startswith("−") else figure


def test_the_parts_of_the_money_sum_to_the_net_benefit():
    benefit = examples.evaluation().net_benefit
    assert benefit is not None
    table = components(benefit.arms, NAMES)
    for place in range(1, len(table.columns)):
        *parts, total = (amount(row[place]) for row in table.rows)
        assert abs(sum(parts) - total) <= len(parts)  # each is rounded to a pound


def test_capped_amounts_stand_beside_uncapped_ones():
    table = amounts(examples.evaluation(), NAMES)
    assert [row[:2] for row in table.rows] == [("Collected in 12 months, capped at £250", "Plain reminder letter")]
    assert table.rows[0][2].startswith("+£0.52")
    assert table.rows[0][3].startswith("+£0.47")
