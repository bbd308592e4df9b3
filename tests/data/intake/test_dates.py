"""Days and instants: every real day is taken and nothing else, from text and from typed files alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DataRefused
from data.intake import Intake, read_file
from data.intake.dates import as_date, as_instant
from data.schema import ColumnContract, FileContract, Kind

UTC = dt.UTC
DAYS = FileContract("id", (ColumnContract("sent_on", "date"),))
INSTANTS = FileContract("id", (ColumnContract("at", "instant"),))


def dates_of(texts: list[str | None]) -> tuple[list[dt.date | None], list[str]]:
    days, faults = as_date(pa.chunked_array([texts], pa.string()), "sent_on", "file")
    return days.to_pylist(), [fault.reason for fault in faults]


def instants_of(texts: list[str | None]) -> tuple[list[dt.datetime | None], list[str]]:
    instants, faults = as_instant(pa.chunked_array([texts], pa.string()), "at", "file")
    return instants.to_pylist(), [fault.reason for fault in faults]


def reasons(intake: Intake) -> list[tuple[int, str | None, str]]:
    assert intake.read == intake.loaded + intake.rejected
    return [(r.row, r.field, r.reason) for r in intake.rejections]


def test_every_day_of_four_hundred_years_and_no_other() -> None:
    """All that looks like a day, against the standard library, over one whole cycle of the calendar and its ends."""
    texts = [
        f"{year:04d}-{month:02d}-{day:02d}"
        for year in [0, 1, 4, 99, 100, *range(1600, 2001), 2026, 9996, 9999]
        for month in range(14)
        for day in range(33)
    ]

    def expected(text: str) -> dt.date | None:
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            return None

    days, faults = dates_of([*texts])
    assert days == [expected(text) for text in texts]
    assert len(faults) == days.count(None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-02-30", "'2026-02-30' is not a day of the calendar"),
        ("2026-02-30 00:00:00", "'2026-02-30 00:00:00' is not a day of the calendar"),
        ("0000-01-01", "'0000-01-01' is not in the years 1 to 9999"),
        *(
            (text, f"{text!r} is not a day written like 2026-02-02")
            for text in (
                "03/02/2026", "2026-2-3", "20260203", "2026-W06-2", "46056", "46056.0", "3 Feb 2026",
                "2026-02-03T09:30", "2026-02-03Z", "12026-01-01", "-2026-01-01", "２０２６-02-03",
                "2026-02-03 00:00:00+01:00", "tomorrow",
            )
        ),
    ],
)  # fmt: skip
def test_what_is_no_day_is_rejected_with_its_cell(text: str, reason: str) -> None:
    assert dates_of(["2026-02-03", text]) == ([dt.date(2026, 2, 3), None], [reason])


def test_a_day_may_be_missing_or_written_as_its_midnight() -> None:
    texts = [" 2026-02-03 ", "2026-02-03T00:00", "2026-02-03 00:00:00", "2026-02-03T00:00:00.000000", None, "NA", ""]
    assert dates_of([*texts]) == ([dt.date(2026, 2, 3)] * 4 + [None] * 3, [])


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-02-03T09:30Z", (9, 30)),
        ("2026-02-03T09:30:15Z", (9, 30, 15)),
        ("2026-02-03 09:30:15.25+01:00", (8, 30, 15, 250_000)),
        ("2026-02-03T09:30:15.000001-0330", (13, 0, 15, 1)),
        ("2026-02-03T09:30+01", (8, 30)),
    ],
)
def test_an_instant_is_kept_in_utc(text: str, utc: tuple[int, ...]) -> None:
    assert instants_of([text, None]) == ([dt.datetime(2026, 2, 3, *utc, tzinfo=UTC), None], [])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-02-30T09:30:00Z", "is not on a day of the calendar"),
        ("2026-10-25T01:30:00", "has no offset from UTC: Z, or one like +01:00"),
        ("0001-01-01T00:00:00+01:00", "is not in the years 1 to 9999"),
        *(
            (text, "is not a time written like 2026-02-02T09:30:00Z")
            for text in (
                "2026-02-03", "09:30:00Z", "2026-02-03T24:00:00Z", "2026-02-03T09:60Z", "2026-02-03T09:30:60Z",
                "2026-02-03T09:30:00.1234567Z", "2026-02-03T09:30:00 Europe/London", "1770111000", "2026-02-03T9:30Z",
            )
        ),
    ],
)  # fmt: skip
def test_what_is_no_instant_is_rejected_with_its_cell(text: str, reason: str) -> None:
    instants, (found,) = instants_of(["2026-02-03T09:30Z", text])
    assert instants == [dt.datetime(2026, 2, 3, 9, 30, tzinfo=UTC), None]
    assert found.endswith(reason)


@given(st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1)), st.integers(-1439, 1439))  # noqa: DTZ001
def test_instants_are_those_of_the_standard_library(local: dt.datetime, minutes: int) -> None:
    aware = local.replace(tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    assert instants_of([aware.isoformat()]) == ([aware.astimezone(UTC)], [])
    assert dates_of([local.date().isoformat()]) == ([local.date()], [])


@given(st.text(max_size=30))
def test_any_text_is_a_day_or_a_fault(text: str) -> None:
    for read in (dates_of, instants_of):
        (value,), faults = read([text])
        assert value is None or not faults


def csv(folder: Path, column: str, values: list[object]) -> Path:
    path = folder / "people.csv"
    rows = [f"C{i},{'' if value is None else value}" for i, value in enumerate(values)]
    path.write_text("\n".join([f"id,{column}", *rows]) + "\n")
    return path


def workbook(folder: Path, column: str, values: list[object]) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["id", column])
    for i, value in enumerate(values):
        book.active.append([f"C{i}", value])
    book.save(folder / "people.xlsx")
    return folder / "people.xlsx"


def parquet(folder: Path, column: str, values: list[object], kind: pa.DataType | None = None) -> Path:
    packed = isinstance(kind, pa.DictionaryType)
    array = pa.array(values) if kind is None or packed else pa.array(values).cast(kind)
    ids = [f"C{i}" for i in range(len(values))]
    table = pa.table({"id": ids, column: array.dictionary_encode() if packed else array})
    pq.write_table(table, folder / "people.parquet")
    return folder / "people.parquet"


def stata(folder: Path, column: str, values: list[object], **options: object) -> Path:
    frame = pd.DataFrame({"id": [f"C{i}" for i in range(len(values))], column: pd.to_datetime(pd.Series(values))})
    frame.to_stata(folder / "people.dta", write_index=False, **options)  # type: ignore[call-overload]
    return folder / "people.dta"


@pytest.mark.parametrize(
    "write",
    [
        csv,
        workbook,
        parquet,
        lambda *given: parquet(*given, pa.date64()),
        lambda *given: parquet(*given, pa.timestamp("ns")),
        lambda *given: parquet(*given, pa.dictionary(pa.int8(), pa.date32())),
        stata,
        lambda *given: stata(*given, convert_dates={"sent_on": "td"}),
    ],
    ids=["csv", "excel", "date32", "date64", "timestamp", "dictionary", "stata", "stata day"],
)
def test_typed_days_are_taken_from_every_format(tmp_path: Path, write: Callable[..., Path]) -> None:
    days = [dt.date(2026, 2, 3), dt.date(2024, 2, 29), None]
    intake = read_file(write(tmp_path, "sent_on", days), DAYS)
    assert intake.table.column("sent_on").type == pa.date32()
    assert intake.table.column("sent_on").to_pylist() == days
    assert reasons(intake) == []


@pytest.mark.parametrize(
    "write",
    [workbook, lambda *given: parquet(*given, pa.timestamp("us"))],
    ids=["excel", "parquet"],
)
def test_a_time_of_day_is_no_day(tmp_path: Path, write: Callable[..., Path]) -> None:
    times = [dt.datetime(2026, 2, 3), dt.datetime(2026, 2, 3, 9, 30)]  # noqa: DTZ001
    intake = read_file(write(tmp_path, "sent_on", times), DAYS)
    ((row, field, reason),) = reasons(intake)
    assert (row, field) == (2, "sent_on")
    assert reason.startswith("'2026-02-03")
    assert intake.table.column("sent_on").to_pylist() == [dt.date(2026, 2, 3)]


def test_serial_numbers_of_a_spreadsheet_are_no_days(tmp_path: Path) -> None:
    intake = read_file(workbook(tmp_path, "sent_on", [46056, 46056.5, dt.date(2026, 2, 3)]), DAYS)
    assert reasons(intake) == [
        (1, "sent_on", "'46056' is not a day written like 2026-02-02"),
        (2, "sent_on", "'46056.5' is not a day written like 2026-02-02"),
    ]


def test_a_bad_day_rejects_its_row_and_no_other(tmp_path: Path) -> None:
    intake = read_file(csv(tmp_path, "sent_on", ["2026-02-03", "2026-02-30", "", "03/02/2026"]), DAYS)
    assert [row for row, _, _ in reasons(intake)] == [2, 4]
    assert intake.table.to_pylist() == [{"id": "C0", "sent_on": dt.date(2026, 2, 3)}, {"id": "C2", "sent_on": None}]


def test_instants_come_from_text_and_from_times_in_a_zone(tmp_path: Path) -> None:
    at = dt.datetime(2026, 2, 3, 9, 30, tzinfo=UTC)
    for path in (
        csv(tmp_path, "at", ["2026-02-03T10:30:00+01:00", None]),
        parquet(tmp_path, "at", [at, None], pa.timestamp("ns", "UTC")),
        parquet(tmp_path, "at", [at, None], pa.timestamp("s", "UTC")),
    ):
        intake = read_file(path, INSTANTS)
        assert intake.table.column("at").type == pa.timestamp("us", "UTC")
        assert intake.table.column("at").to_pylist() == [at, None]


@pytest.mark.parametrize(
    ("kind", "values", "typed", "rule"),
    [
        ("date", [46056], pa.int64(), "a date"),
        ("date", [46056.0], pa.float64(), "a date"),
        ("date", [dt.datetime(2026, 2, 3, tzinfo=UTC)], pa.timestamp("us", "UTC"), "a date"),
        ("date", [[1]], None, "a date"),
        ("instant", [dt.datetime(2026, 2, 3)], pa.timestamp("us"), "its offset from UTC"),  # noqa: DTZ001
        ("instant", [dt.date(2026, 2, 3)], pa.date32(), "its offset from UTC"),
        ("instant", [1], pa.timestamp("ns", "UTC"), "microseconds at most"),
    ],
)
def test_a_column_of_another_kind_altogether_refuses_the_file(
    tmp_path: Path, kind: Kind, values: list[object], typed: pa.DataType | None, rule: str
) -> None:
    path = parquet(tmp_path, "when", values, typed)
    with pytest.raises(DataRefused, match=f"the file marks this column as .*{rule}"):
        read_file(path, FileContract("id", (ColumnContract("when", kind),)))


def test_a_column_of_missing_days_is_a_column_of_days(tmp_path: Path) -> None:
    for kind, typed in (("date", pa.date32()), ("instant", pa.timestamp("us", "UTC"))):
        contract = FileContract("id", (ColumnContract("when", kind),))  # type: ignore[arg-type]
        for path in (parquet(tmp_path, "when", [None], pa.null()), csv(tmp_path, "when", [None])):
            assert read_file(path, contract).table.column("when").type == typed
