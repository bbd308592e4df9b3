"""Nothing is read unhashed: whatever would use an edited snapshot refuses it by name, and changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from data.engine import open_engine
from data.errors import DataRefused
from tests.trials.examples import FIRST, OTHER_SEED, Files, allocated, evaluated, load_contacts, load_outcomes, locked
from tests.trials.examples import write_csv as write
from trials.registry import Registry
from trials.registry.proof.integrity import snapshots_named
from trials.stages import allocate
from trials.stages.allocate import randomise
from trials.stages.backup import backup
from trials.stages.certificate import certificate
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue
from trials.stages.lock import lock
from trials.stages.overlap import overlap
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.returned_files import withdraw_returned_file
from trials.stages.verify import verify
from trials.stages.whois import whois

Change = Callable[[pa.Table], pa.Table]


def file_of(registry: Registry, what: str, trial: str = "reminders") -> Path:
    with registry.inspect(FIRST, "verify") as session:
        named = snapshots_named(session, trial) or snapshots_named(session)
    return next(registry.home / "snapshots" / f"{digest}.parquet" for digest, is_ in named.items() if is_ == what)


def edit(path: Path, change: Change) -> None:
    """As somebody would who may write to the store: whole, readable, with the times it had."""
    kept = path.stat()
    pq.write_table(change(pq.read_table(path)), path)
    os.utime(path, ns=(kept.st_atime_ns, kept.st_mtime_ns))


def reversed_in(column: str) -> Change:
    def change(table: pa.Table) -> pa.Table:
        values = pa.chunked_array([pa.array(table.column(column).to_pylist()[::-1], table.schema.field(column).type)])
        return table.set_column(table.column_names.index(column), column, values)

    return change


def everybody_paid(table: pa.Table) -> pa.Table:
    paid = pc.cast(pa.repeat(pa.scalar(1), table.num_rows), table.schema.field("paid").type)
    return table.set_column(table.column_names.index("paid"), "paid", paid)


def one_less(table: pa.Table) -> pa.Table:
    return table.slice(1)


def state(registry: Registry) -> Any:
    with registry.read(FIRST) as reader:
        rows = len(reader.audit())
    return rows, sorted(registry.snapshots.digests())


def refused(registry: Registry, path: Path, use: Callable[[], object], called: str) -> None:
    before = state(registry)
    with pytest.raises(DataRefused) as refusal:
        use()
    said = str(refusal.value)
    assert "the snapshot has been changed" in said
    assert called in said  # what it is, and whose
    assert path.name in said
    assert "backup" in said  # and what to do
    assert state(registry) == before


def contacts_of(files: Files, count: int = 60) -> Path:
    rows = [
        {"customer_id": row["customer_id"], "channel": "letter", "sent_on": "2026-02-02"} for row in files.customers
    ]
    return write(files.folder / "contacts.csv", rows[:count])


# What uses which snapshot, of a trial that was evaluated.
USES: dict[str, tuple[str, Change, Callable[[Registry, Files, Path], object]]] = {
    "issue, of the allocation": (
        "allocation", reversed_in("arm"), lambda r, f, out: issue(r, FIRST, f.trial, "letter", out),
    ),
    "issue, of the population": (
        "population", reversed_in("age"), lambda r, f, out: issue(r, FIRST, f.trial, "letter", out, columns=["age"]),
    ),
    "evaluate, of the allocation": (
        "allocation", reversed_in("arm"), lambda r, f, out: evaluate(r, FIRST, f.trial),
    ),
    "evaluate, of the population": (
        "population", reversed_in("age"), lambda r, f, out: evaluate(r, FIRST, f.trial),
    ),
    "evaluate, of the outcomes": (
        "outcomes file", everybody_paid, lambda r, f, out: evaluate(r, FIRST, f.trial),
    ),
    "whois, of the allocation": (
        "allocation", reversed_in("arm"), lambda r, f, out: whois(r, FIRST, f.trial, ["C000001"]),
    ),
    "whois, of those left out": (
        "customers left out", one_less, lambda r, f, out: whois(r, FIRST, f.trial, ["C000007"]),
    ),
    "certificate, of the units": (
        "frozen units", reversed_in("band"), lambda r, f, out: certificate(r, FIRST, f.trial, population=out / "u.csv"),
    ),
    "a later load, of the allocation": (
        "allocation", reversed_in("arm"), lambda r, f, out: load_outcomes(r, FIRST, f.trial, f.outcomes),
    ),
    "contacts, of those left out": (
        "customers left out", one_less, lambda r, f, out: load_contacts(r, FIRST, f.trial, contacts_of(f)),
    ),
    "a correction of the outcomes, of what is there": (
        "outcomes file", everybody_paid,
        lambda r, f, out: load_outcomes(r, FIRST, f.trial, f.outcomes, mode="correct"),
    ),
    "overlap, of the allocation": (
        "allocation", one_less, lambda r, f, out: overlap(r, FIRST, f.trial, f.trial),
    ),
}  # fmt: skip


@pytest.mark.parametrize("use", USES)
def test_an_edited_snapshot_stops_whatever_uses_it(done: Any, tmp_path: Path, use: str) -> None:
    what, change, attempt = USES[use]
    path = file_of(done.registry, what)
    edit(path, change)
    out = tmp_path / "out"
    out.mkdir()
    whose = "debts" if what == "population" else "reminders"
    refused(done.registry, path, lambda: attempt(done.registry, done.files, out), f"the {what} of {whose}")
    assert list(out.iterdir()) == []


def test_on_either_database_no_letter_goes_to_the_wrong_arm(either: Registry, files: Files, tmp_path: Path) -> None:
    allocated(either, files)
    path = file_of(either, "allocation")
    edit(path, reversed_in("arm"))
    refused(either, path, lambda: issue(either, FIRST, files.trial, "letter", tmp_path / "out"), "the allocation of")
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_edited_contacts_stop_an_evaluation(registry: Registry, files: Files) -> None:
    evaluated(registry, files)
    load_contacts(registry, FIRST, files.trial, contacts_of(files))
    path = file_of(registry, "contacts file")
    edit(path, one_less)
    refused(registry, path, lambda: evaluate(registry, FIRST, files.trial), "the contacts file of reminders")


def test_an_edited_population_stops_the_lock(either: Registry, files: Files) -> None:
    load_population(either, FIRST, files.population, files.protocol, synthetic=True)
    register(either, FIRST, files.protocol)
    path = file_of(either, "population")
    edit(path, one_less)
    refused(either, path, lambda: lock(either, FIRST, files.trial), "the population of debts")


def test_an_edited_population_stops_the_draw(either: Registry, files: Files) -> None:
    locked(either, files)
    path = file_of(either, "population")
    edit(path, one_less)
    refused(either, path, lambda: randomise(either, FIRST, files.trial), "the population of debts")


def test_edited_units_stop_a_draw_that_was_interrupted(
    registry: Registry, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked(registry, files)
    with monkeypatch.context() as patch:
        patch.setattr(allocate, "_record", lambda *_: None)
        randomise(registry, FIRST, files.trial)
    path = file_of(registry, "frozen units")
    edit(path, reversed_in("band"))
    refused(registry, path, lambda: randomise(registry, FIRST, files.trial), "the frozen units of reminders")


def test_another_trials_edited_allocation_stops_the_contact_ledger(
    registry: Registry, files: Files, tmp_path: Path
) -> None:
    dated = "strata: [band], allocation_date: 2026-02-02"
    files.edit_protocol(lambda text: text.replace("strata: [band]", dated))
    allocated(registry, files)
    second = Files(tmp_path / "second", trial="second", population="second", extra="  cooling_off_days: 60")
    second.edit_protocol(lambda text: text.replace("strata: [band]", dated))
    locked(registry, second)
    path = file_of(registry, "allocation")
    edit(path, reversed_in("arm"))
    draw = lambda: randomise(registry, FIRST, "second", demonstration_seed=OTHER_SEED)  # noqa: E731
    refused(registry, path, draw, "the allocation of reminders")


def test_an_edited_load_stops_its_neighbours_withdrawal(registry: Registry, files: Files) -> None:
    allocated(registry, files)
    load_contacts(registry, FIRST, files.trial, contacts_of(files, 30))
    first = file_of(registry, "contacts file")
    load_contacts(registry, FIRST, files.trial, contacts_of(files, 60))
    edit(first, one_less)
    withdraw = lambda: withdraw_returned_file(  # noqa: E731
        registry, FIRST, files.trial, "contacts", version=2, reason="sent twice"
    )
    refused(registry, first, withdraw, "the contacts file of reminders")


def test_an_edited_snapshot_is_never_backed_up(done: Any, tmp_path: Path) -> None:
    path = file_of(done.registry, "allocation")
    edit(path, reversed_in("arm"))
    with pytest.raises(DataRefused, match="the snapshot has been changed"):
        backup(done.registry, FIRST, tmp_path / "backup")
    assert not (tmp_path / "backup" / "manifest.json").exists()


def test_verify_still_tells_what_was_edited(done: Any) -> None:
    edit(file_of(done.registry, "allocation"), reversed_in("arm"))
    faults = {proof.name: "; ".join(proof.faults) for proof in verify(done.registry, FIRST, "reminders")}
    assert "allocation" in faults["snapshots"]
    assert "its arms do not give the allocation digest" in faults["replay"]


def test_a_file_swapped_after_it_was_verified_is_found(done: Any, tmp_path: Path) -> None:
    registry, path = done.registry, file_of(done.registry, "allocation")
    issue(registry, FIRST, "reminders", "letter", tmp_path / "first")
    other = tmp_path / "other.parquet"
    kept, content = path.stat(), path.read_bytes()
    other.write_bytes(content)
    edit(other, reversed_in("arm"))
    os.utime(other, ns=(kept.st_atime_ns, kept.st_mtime_ns))
    other.rename(path)  # another file under its name
    refused(registry, path, lambda: issue(registry, FIRST, "reminders", "sms", tmp_path / "x"), "the allocation of")
    path.write_bytes(content)
    assert issue(registry, FIRST, "reminders", "sms", tmp_path / "second").path.exists()  # put back, it serves again


def test_a_file_edited_between_the_opening_and_the_reading_is_found(done: Any) -> None:
    registry, path = done.registry, file_of(done.registry, "allocation")
    engine = open_engine()
    rows = engine.scan(registry.snapshots.opened(path.stem))
    edit(path, reversed_in("arm"))
    with pytest.raises(DataRefused, match="has been changed"):
        engine.collect(rows)


def test_a_link_a_pipe_and_a_folder_in_its_place_are_refused_and_nothing_hangs(done: Any, tmp_path: Path) -> None:
    registry, path = done.registry, file_of(done.registry, "allocation")
    true = tmp_path / "true.parquet"
    path.rename(true)
    for make in (lambda: path.symlink_to(true), lambda: os.mkfifo(path), path.mkdir):
        make()
        with pytest.raises(DataRefused, match=r"the snapshot is (a link|no file)"):
            issue(registry, FIRST, "reminders", "letter", tmp_path / "out")
        path.rmdir() if path.is_dir() else path.unlink()
