"""What somebody could do to a draw afterwards, and that each is found by name."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.trials import tampering
from tests.trials.examples import FIRST, OTHER_SEED, SECOND, Files, allocated, evaluated
from trials.registry import Registry, queries
from trials.registry.proof.integrity import snapshots_named
from trials.stages.register import register
from trials.stages.verify import verify
from trials.stages.void import confirm_void, request_void


def failing(registry: Registry, trial: str = "reminders") -> dict[str, str]:
    return {proof.name: "; ".join(proof.faults) for proof in verify(registry, FIRST, trial) if not proof.holds}


def file_of(registry: Registry, what: str) -> Path:
    with registry.inspect(FIRST, "verify") as session:
        (digest,) = [digest for digest, is_ in snapshots_named(session, "reminders").items() if is_ == what]
    return registry.snapshots.opened(digest).path


def test_an_untouched_trial_is_verified(either, files):
    evaluated(either, files)
    assert failing(either) == {}


def swap_two_arms(path: Path) -> None:
    table = pq.read_table(path)
    arms = table.column("arm").to_pylist()
    first, second = arms.index("nfa"), arms.index("sms")
    arms[first], arms[second] = arms[second], arms[first]
    place = table.column_names.index("arm")
    pq.write_table(table.set_column(place, "arm", [arms]), path)


@pytest.mark.requirement("S08")
def test_an_edited_allocation_file_is_named(either, files):
    allocated(either, files)
    swap_two_arms(file_of(either, "allocation"))
    found = failing(either)
    assert "allocation" in found["snapshots"]
    assert "has been changed" in found["snapshots"]
    assert "allocation file: its arms do not give the allocation digest" in found["replay"]
    assert set(found) == {"snapshots", "replay"}


@pytest.mark.parametrize("what", ["population", "frozen units", "customers left out", "outcomes file"])
def test_every_other_file_that_is_edited_is_named(done, what):
    registry = done.registry
    path = file_of(registry, what)
    path.write_bytes(path.read_bytes() + b" ")
    found = failing(registry)
    assert found["snapshots"].startswith(f"{what}: {path.name}: the snapshot has been changed")


def test_a_file_that_is_gone_is_named(registry, files):
    allocated(registry, files)
    file_of(registry, "population").unlink()
    found = failing(registry)
    assert "population: " in found["snapshots"]
    assert "missing from the store" in found["snapshots"]
    assert "cannot be verified" in found["customers"]


def test_an_edited_registry_row_is_named(either, files):
    allocated(either, files)
    tampering.run(either, """UPDATE allocation SET counts = '{"letter":1,"nfa":2,"sms":3}'""")
    found = failing(either)
    assert found["registry_rows"] == "row allocation/reminders/1: edited since it was written"
    assert "the replay gives other counts by arm" in found["replay"]


def test_a_deleted_audit_event_is_named(either, files):
    allocated(either, files)
    tampering.run(either, "DELETE FROM audit_event WHERE sequence = 3")
    assert "audit event 3: deleted" in failing(either)["audit_chain"]


def test_a_swapped_seed_is_named(either, files):
    allocated(either, files)
    tampering.run(either, f"UPDATE draw SET seed = '{OTHER_SEED}'")
    found = failing(either)
    assert "the seed was swapped" in found["seed"]
    assert "row draw/reminders: edited" in found["registry_rows"]
    assert "the replay gives another allocation digest" in found["replay"]
    assert OTHER_SEED not in str(found)


def test_a_seed_swapped_with_its_commitment_is_still_found(registry, files):
    from designs.assignment import commitment

    allocated(registry, files)
    tampering.run(registry, f"UPDATE draw SET seed = '{OTHER_SEED}', commitment = '{commitment(OTHER_SEED)}'")
    found = failing(registry)
    assert "does not give the commitment logged before the draw" in found["seed"]
    assert "does not give the certificate's commitment" in found["seed"]


def test_a_customer_smuggled_into_the_units_is_found(registry, files):
    allocated(registry, files)
    path = file_of(registry, "frozen units")
    table = pq.read_table(path)
    pq.write_table(table.slice(1), path)
    found = failing(registry)
    assert "those allocated and those left out are not the population" in found["customers"]
    assert "replay" in found


def test_an_edited_canonical_protocol_is_named(registry, files):
    allocated(registry, files)
    tampering.run(registry, "UPDATE protocol_version SET canonical = replace(canonical, 'SMS reminder', 'SMS')")
    assert "does not give its digest" in failing(registry)["protocol"]


def test_a_protocol_file_edited_after_the_lock_is_named(registry, files):
    allocated(registry, files)
    files.edit_protocol(lambda text: text.replace("share: 2", "share: 4"))
    assert failing(registry) == {"protocol": f"{files.protocol}: the protocol file was edited after the lock"}


def test_an_edited_evaluation_is_named(done):
    registry = done.registry
    tampering.run(registry, """UPDATE evaluation SET document = replace(document, '"not_shown"', '"scale"')""")
    assert "its document does not give its digest" in failing(registry)["evaluation"]


def test_an_edited_probability_is_found_even_where_the_arms_stand(registry, files, monkeypatch):
    allocated(registry, files)
    path = file_of(registry, "allocation")
    table = pq.read_table(path)
    place = table.column_names.index("probability")
    doubled = pc.multiply(table.column("probability"), 2.0)
    pq.write_table(table.set_column(place, "probability", doubled), path)
    assert "its column probability is not that of the replay" in failing(registry)["replay"]


@pytest.mark.parametrize("column", ["probability", "arm"])
def test_values_taken_out_of_the_allocation_are_found_too(registry, files, column):
    allocated(registry, files)
    path = file_of(registry, "allocation")
    table = pq.read_table(path)
    nothing = pa.nulls(1, table.schema.field(column).type)
    spoilt = pa.chunked_array([nothing, *table.column(column).slice(1).chunks])
    pq.write_table(table.set_column(table.column_names.index(column), column, spoilt), path)
    words = "371 ids and 370 arms" if column == "arm" else f"its column {column} is not that of the replay"
    assert words in failing(registry)["replay"]


def test_a_trial_that_was_not_drawn_says_so(registry, files):
    register(registry, FIRST, files.protocol)
    last = verify(registry, FIRST, files.trial)[-1]
    assert (last.name, last.holds, last.said) == ("draw", True, "nothing has been drawn yet")


def test_a_void_draw_is_kept_and_still_verified(registry, files):
    allocated(registry, files)
    request_void(registry, FIRST, files.trial, reason="wrong population")
    confirm_void(registry, SECOND, files.trial)
    assert failing(registry) == {}
    swap_two_arms(file_of(registry, "allocation"))
    assert "snapshots" in failing(registry)


def test_an_interrupted_draw_is_verified_without_its_allocation(registry, files, monkeypatch):
    from tests.trials.examples import SEED, locked
    from trials.stages import allocate

    locked(registry, files)
    monkeypatch.setattr(allocate, "_record", lambda *_: None)
    allocate.randomise(registry, FIRST, files.trial, demonstration_seed=SEED)
    assert failing(registry) == {}
    with registry.inspect(FIRST, "verify") as session:
        assert queries.allocations_of(session, files.trial) == ()


def test_another_trials_troubles_are_its_own(registry, files):
    allocated(registry, files)
    other = Files(files.folder / "other", trial="other", population="others", first=5_000)
    allocated(registry, other, seed=OTHER_SEED)
    tampering.run(registry, "UPDATE allocation SET algorithm = 'x' WHERE trial_id = 'other'")
    assert failing(registry) == {}
    assert set(failing(registry, "other")) == {"registry_rows"}
