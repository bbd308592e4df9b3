"""Everybody is assigned or left out, once, for the first reason that applies: against a plain second implementation."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.engine import open_engine
from designs.protocol import load_protocol
from tests.trials.examples import Files
from trials.errors import TrialRefused
from trials.randomiser.eligibility import REASON, eligible
from trials.registry.identities.pseudonyms import LEDGER_ID

SMALL, HNW = "not: principal at least 32", "worked by the HNW team"

people = st.lists(
    st.tuples(st.one_of(st.none(), st.floats(0, 64)), st.one_of(st.none(), st.booleans())), min_size=1, max_size=40
)
claimed = st.lists(
    st.tuples(st.sampled_from(["cooling off", "another trial"]), st.sets(st.integers(0, 45))), max_size=3
)


@pytest.fixture(scope="module")
def protocol(tmp_path_factory):
    return load_protocol(Files(tmp_path_factory.mktemp("eligibility")).protocol).protocol


@pytest.fixture(scope="module")
def engine():
    return open_engine(threads=1)


def first_reason(number, principal, hnw, claims):
    if principal is None or principal < 32:
        return SMALL
    if hnw:
        return HNW
    return next((reason for reason, numbers in claims if number in numbers), None)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=people, claims=claimed)
def test_everybody_is_counted_once_by_the_first_reason(tmp_path, protocol, engine, rows, claims):
    ids = [f"{number:032x}" for number in range(len(rows))]
    path = tmp_path / "population.parquet"
    principal = pa.array([amount for amount, _ in rows], pa.float64())
    hnw = pa.array([flag for _, flag in rows], pa.bool_())
    band = pa.array(["low"] * len(rows))
    pq.write_table(pa.table({LEDGER_ID: ids, "principal": principal, "hnw": hnw, "band": band}), path)
    expected = {ids[at]: first_reason(at, amount, flag, claims) for at, (amount, flag) in enumerate(rows)}
    held = [(reason, pa.array([f"{n:032x}" for n in sorted(numbers)], pa.string())) for reason, numbers in claims]
    if all(expected.values()):
        with pytest.raises(TrialRefused, match="nobody is left to allocate"):
            eligible(engine, path, protocol, held)
        return
    found = eligible(engine, path, protocol, held)
    assert found.units.column(LEDGER_ID).to_pylist() == [one for one in ids if expected[one] is None]
    left_out = zip(found.excluded.column(LEDGER_ID).to_pylist(), found.excluded.column(REASON).to_pylist(), strict=True)
    assert dict(left_out) == {one: reason for one, reason in expected.items() if reason is not None}
    counts = {entry.reason: entry.customers for entry in found.exclusions}
    assert counts == {
        reason: sum(one == reason for one in expected.values()) for reason in expected.values() if reason is not None
    }
