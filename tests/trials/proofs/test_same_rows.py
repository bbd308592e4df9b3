"""Rows that are made again are those of the file, or they are not: against a comparison of whole tables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.snapshots import SnapshotStore
from trials.proofs.same_rows import same_rows

DIGEST = "a" * 64  # whatever the bytes give is compared
ARMS = ["nfa", "letter", "sms"]


def coded(values: list[str | None]) -> pa.Array:
    return pa.array(values, pa.string()).dictionary_encode()


def rows(n: int) -> pa.Table:
    return pa.table(
        {
            "ledger_id": [f"{i:032x}" for i in range(n)],
            "arm": coded([ARMS[i % 3] for i in range(n)]),
            "probability": [0.25 * (i % 4) for i in range(n)],
        }
    )


def stored(folder: Path, table: pa.Table, size: int) -> SnapshotStore:
    store = SnapshotStore(folder)
    folder.mkdir(exist_ok=True)
    plain = table.set_column(1, "arm", table.column("arm").cast(pa.string())) if "arm" in table.column_names else table
    pq.write_table(plain, folder / f"{DIGEST}.parquet", row_group_size=size)
    return store


def same(made: pa.Table, store: SnapshotStore, cut: int = 7) -> bool:
    answer, seen = same_rows(
        made.to_batches(max_chunksize=cut), made.schema, store.groups_changed(DIGEST), lambda rows: rows.num_rows
    )
    assert sum(seen) == made.num_rows, "every row that was made is looked at, whatever the file holds"
    return answer


@pytest.mark.parametrize("size", [1, 4, 7, 30, 1000])
@pytest.mark.parametrize("cut", [1, 7, 8, 1000])
@pytest.mark.parametrize("n", [0, 1, 30])
def test_the_same_rows_in_any_pieces(tmp_path: Path, n: int, size: int, cut: int) -> None:
    assert same(rows(n), stored(tmp_path / "s", rows(n), size), cut)


def changed(name: str, change: Callable[[list], list]) -> Callable[[pa.Table], pa.Table]:
    def edit(table: pa.Table) -> pa.Table:
        place = table.column_names.index(name)
        values = change(table.column(name).to_pylist())
        return table.set_column(place, name, pa.array(values, table.column(name).cast(pa.string()).type)
                                if name == "arm" else pa.array(values))  # fmt: skip

    return edit


def swapped(values: list) -> list:
    return [values[1], values[0], *values[2:]]


EDITS: dict[str, Callable[[pa.Table], pa.Table]] = {
    "two arms change places": changed("arm", swapped),
    "the last arm is another": changed("arm", lambda arms: [*arms[:-1], "letter" if arms[-1] != "letter" else "nfa"]),
    "an arm that nobody has": changed("arm", lambda arms: ["email", *arms[1:]]),
    "an arm is gone": changed("arm", lambda arms: [None, *arms[1:]]),
    "every arm is renamed": changed("arm", lambda arms: [arm.upper() for arm in arms]),
    "two ids change places": changed("ledger_id", swapped),
    "a probability": changed("probability", lambda values: [*values[:-1], values[-1] + 2**-40]),
    "a probability is gone": changed("probability", lambda values: [None, *values[1:]]),
    "one row fewer": lambda table: table.slice(1),
    "one row fewer at the end": lambda table: table.slice(0, table.num_rows - 1),
    "one row more": lambda table: pa.concat_tables([table, table.slice(0, 1)]).unify_dictionaries(),
    "none": lambda table: table.slice(0, 0),
    "a column more": lambda table: table.append_column("note", [["x"] * table.num_rows]),
    "a column fewer": lambda table: table.drop_columns(["probability"]),
    "another order of columns": lambda table: table.select(["ledger_id", "probability", "arm"]),
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("size", [4, 1000])
def test_any_edit_is_seen(tmp_path: Path, edit: str, size: int) -> None:
    edited = EDITS[edit](rows(30))
    folder = tmp_path / "s"
    folder.mkdir()
    plain = pa.table({name: edited.column(name).cast(pa.string()) if name == "arm" else edited.column(name)
                      for name in edited.column_names})  # fmt: skip
    pq.write_table(plain, folder / f"{DIGEST}.parquet", row_group_size=size)
    assert not same(rows(30), SnapshotStore(folder))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.sampled_from([*ARMS, None]), max_size=12),
    st.lists(st.sampled_from([*ARMS, None]), max_size=12),
    st.integers(1, 5),
)
def test_as_a_comparison_of_whole_columns_says(tmp_path: Path, made, there, size) -> None:
    """Labels of any order, missing ones, labels that no row has."""
    table = pa.table({"arm": coded(there)})
    folder = tmp_path / "s"
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.table({"arm": pa.array(there, pa.string())}), folder / f"{DIGEST}.parquet", row_group_size=size)
    ours = pa.table({"arm": coded([*reversed(ARMS), *made]).slice(len(ARMS))})
    expected = table.column("arm").cast(pa.string()).equals(ours.column("arm").cast(pa.string()))
    assert same(ours, SnapshotStore(folder), 3) == expected == (made == there)
