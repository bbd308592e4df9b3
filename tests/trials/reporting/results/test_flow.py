"""A flow diagram that adds up, or says that it does not."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from analysis.results import ArmFlow, Exclusion, Flow
from tests.trials.reporting.examples import PLAN, evaluation
from trials.reporting.results.flow import flow_arms, flow_diagram
from trials.reporting.words.names import Names

NAMES = Names(PLAN)
counts = st.integers(0, 10**6)


@given(counts, st.lists(counts, max_size=4), st.lists(st.tuples(counts, counts), min_size=1, max_size=4), counts)
def test_a_flow_adds_up_exactly_when_its_numbers_do(rejected, excluded, arms, extra):
    flows = tuple(ArmFlow(f"arm{i}", seen + gone, seen, gone) for i, (seen, gone) in enumerate(arms))
    allocated = sum(arm.allocated for arm in flows)
    flow = Flow(
        rejected + sum(excluded) + allocated + extra, rejected,
        tuple(Exclusion("a rule", number) for number in excluded), allocated, sum(seen for seen, _ in arms), flows,
    )  # fmt: skip
    assert flow_diagram(flow, NAMES).adds_up == (extra == 0)


def test_arms_that_hold_another_number_than_was_allocated_are_found():
    flow = evaluation().flow
    short = replace(flow, arms=flow.arms[:-1])
    diagram = flow_diagram(short, NAMES)
    assert not diagram.adds_up
    assert "differ from 299,739 by 49,957" in diagram.sums


def test_outcomes_beyond_an_arms_customers_are_found():
    flow = evaluation().flow
    first = replace(flow.arms[0], observed=flow.arms[0].observed + 1)
    assert not flow_diagram(replace(flow, arms=(first, *flow.arms[1:])), NAMES).adds_up


def test_the_arms_of_the_flow_end_with_their_sum():
    table = flow_arms(evaluation().flow, NAMES)
    assert table.rows[-1] == ("All arms", "299,739", "299,739", "0")
