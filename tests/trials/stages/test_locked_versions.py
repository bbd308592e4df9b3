"""A version locked later changes nothing that was allocated before it: every use case stays with its own version."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from designs.protocol import load_protocol
from tests.trials import tampering
from tests.trials.examples import FIRST, SEED, Files, allocated, customers, load_outcomes, locked, outcomes, write_csv
from tests.trials.stages.test_allocate import PLAIN, WAVES
from trials.access import LOCAL_ACTOR
from trials.randomiser.assignment import assign_wave
from trials.registry import Registry, queries, tables
from trials.registry.tables.columns import now
from trials.stages import allocate
from trials.stages.allocate import randomise
from trials.stages.certificate import certificate
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue
from trials.stages.population import load_population
from trials.stages.verify import verify


def lock_another_version(registry: Registry, files: Files) -> None:
    """Another plan in the same file, registered and locked: what an amendment will do."""
    shares = "share: 2}", "share: 4}"
    files.edit_protocol(lambda text: text.replace(*shares).replace("title: Reminders", "title: More reminders"))
    loaded = load_protocol(files.protocol)
    with registry.write(FIRST, "lock", files.trial) as work:
        first = work.session.get_one(tables.TrialLock, (files.trial, 1))
        work.add(
            tables.ProtocolVersion(
                trial_id=files.trial,
                version=2,
                digest=loaded.digest,
                canonical=loaded.canonical,
                path=str(files.protocol),
                registered_at=now(),
                registered_by=FIRST.name,
            )
        )
        values = {column.name: getattr(first, column.name) for column in tables.TrialLock.__table__.columns}
        work.add(tables.TrialLock(**{**values, "protocol_version": 2, "protocol_digest": loaded.digest}))
        work.commit({"protocol_digest": loaded.digest})


def faults(registry: Registry, files: Files) -> list[str]:
    return [fault for proof in verify(registry, FIRST, files.trial) for fault in proof.faults]


def test_what_was_allocated_is_verified_certified_issued_and_evaluated_under_its_own_version(either, files, tmp_path):
    drawn = allocated(either, files)
    load_outcomes(either, FIRST, files.trial, files.outcomes)
    before = evaluate(either, FIRST, files.trial)
    certified = certificate(either, FIRST, files.trial, population=tmp_path / "before.csv")
    issued = issue(either, FIRST, files.trial, "sms", tmp_path / "before")
    lock_another_version(either, files)
    assert faults(either, files) == []
    assert certificate(either, FIRST, files.trial, population=tmp_path / "after.csv") == certified
    assert (tmp_path / "after.csv").read_bytes() == (tmp_path / "before.csv").read_bytes()
    again = issue(either, FIRST, files.trial, "sms", tmp_path / "after")
    assert again.manifest == {**issued.manifest, "reissue": True}
    assert evaluate(either, FIRST, files.trial).digest == before.digest
    with either.read(LOCAL_ACTOR) as reader:
        detail = reader.trial(files.trial)
    assert detail.protocol_digest == before.protocol_digest
    assert detail.protocol.title == "Reminders for overdue debts"
    assert detail.summary.title == "More reminders for overdue debts"
    assert (detail.allocation, drawn.protocol_version) == (drawn, 1)


def test_the_plan_in_force_would_not_have_replayed_it(registry, files):
    """A guard on the test above: under the other version the same units and seed give other arms."""
    drawn = allocated(registry, files)
    lock_another_version(registry, files)
    with registry.inspect(FIRST, "verify") as session:
        in_force = queries.protocol_of(session, files.trial)
        (wave,) = queries.waves_of(session, files.trial)
    other = assign_wave(
        load_protocol(files.protocol).protocol, registry.snapshots.opened(wave.units_digest).path, wave=1, seed=SEED,
        demonstration=True, protocol_digest=in_force.digest, population_digest=wave.population.digest,
    )  # fmt: skip
    assert in_force.version == 2
    assert other.assignment.digest != drawn.digest


def test_an_interrupted_draw_goes_on_under_the_version_that_froze_its_units(registry, files, monkeypatch):
    locked(registry, files)

    def stops(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped:
        stopped.setattr(allocate, "assign_frozen", stops)
        with pytest.raises(KeyboardInterrupt):
            randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    lock_another_version(registry, files)
    record = randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    assert record.protocol_version == 1
    assert record.counts["letter"] == record.counts["sms"] == pytest.approx(record.counts["nfa"] / 2, abs=2)
    assert faults(registry, files) == []


def test_waves_before_and_after_another_version_are_each_verified_under_their_own(registry, files):
    files.edit_protocol(lambda text: text.replace(PLAIN, WAVES))
    first = allocated(registry, files)
    lock_another_version(registry, files)
    later = customers(150, first=400)
    load_population(registry, FIRST, write_csv(files.population, later), files.protocol, synthetic=True)
    second = randomise(registry, FIRST, files.trial)
    assert (first.protocol_version, second.protocol_version) == (1, 2)
    assert first.counts["nfa"] == pytest.approx(2 * first.counts["sms"], abs=2)
    assert second.counts["nfa"] == pytest.approx(4 * second.counts["sms"], abs=4)
    assert faults(registry, files) == []
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, outcomes([*files.customers, *later])))
    assert evaluate(registry, FIRST, files.trial).protocol_digest == load_protocol(files.protocol).digest


def test_a_later_version_whose_canonical_form_was_edited_is_found(registry, files):
    allocated(registry, files)
    lock_another_version(registry, files)
    tampering.run(registry, "UPDATE protocol_version SET canonical = canonical || ' ' WHERE version = 2")
    assert any(fault.startswith("version 2: the canonical protocol") for fault in faults(registry, files))


def test_no_allocation_can_name_another_version_than_its_units(either, files):
    allocated(either, files)
    lock_another_version(either, files)
    with pytest.raises(IntegrityError), either._writers.begin() as connection:
        connection.exec_driver_sql("UPDATE allocation SET protocol_version = 2")


def test_a_lock_of_one_version_is_taken_once(either, files):
    locked(either, files)
    with either.inspect(FIRST, "verify") as session:
        row = session.get_one(tables.TrialLock, (files.trial, 1))
        values = {column.name: getattr(row, column.name) for column in tables.TrialLock.__table__.columns}
    again = tables.TrialLock.__table__.insert().values(**values)
    with pytest.raises(IntegrityError), either._writers.begin() as connection:
        connection.execute(again)
