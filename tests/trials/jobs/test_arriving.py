"""What was sent for a job is what the job reads, and what it was asked is what it does."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data.plain_files import own_name
from trials.errors import RegistryRefused
from trials.jobs.arriving import arrived, receive, remove_arrived
from trials.registry.records import JobRecord
from trials.stages.job import asked

SENT = b"customer_id\nA1\n"
DIGEST = hashlib.sha256(SENT).hexdigest()


JOB = "a" * 32


def test_a_file_is_read_as_it_was_sent_and_then_gone(tmp_path: Path) -> None:
    name = receive(tmp_path, JOB, "C:\\people\\May.csv", SENT)
    file = arrived(tmp_path, JOB, name, DIGEST)
    assert (file.name, file.read_bytes()) == ("May.csv", SENT)
    file.write_bytes(b"customer_id\nB7\n")
    with pytest.raises(RegistryRefused, match="not the one that was sent"):
        arrived(tmp_path, JOB, name, DIGEST)
    remove_arrived(tmp_path, JOB)
    assert list((tmp_path / "arriving").iterdir()) == []
    with pytest.raises(RegistryRefused, match="is gone"):
        arrived(tmp_path, JOB, name, DIGEST)


@pytest.mark.parametrize("name", ["../../ledger.key", "/etc/passwd", f"{'b' * 32}/x", "..", ".", "", "a\\x.csv"])
def test_what_is_no_name_of_a_file_that_was_sent_is_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "ledger.key").write_bytes(SENT)
    with pytest.raises(RegistryRefused, match="was edited"):
        arrived(tmp_path, JOB, name, DIGEST)


@pytest.mark.parametrize("name", ["..", ".", "", "a\0b", "x" * 400 + ".csv", "\u00e9" * 200 + ".parquet", "\ud800.csv"])
def test_whatever_a_file_is_called_it_can_lie_on_a_disk(tmp_path: Path, name: str) -> None:
    assert arrived(tmp_path, JOB, receive(tmp_path, JOB, name, SENT), DIGEST).read_bytes() == SENT
    assert own_name(own_name(name)) == own_name(name)


def test_a_job_that_was_asked_something_else_is_another() -> None:
    job = JobRecord("a" * 32, "t", "lock", "Ann", "designer", datetime(2026, 1, 5, tzinfo=UTC), request={"version": 1})
    assert asked(job) == asked(replace(job, state="done", step="locking", pid=7))
    others = (replace(job, request={"version": 2}), replace(job, trial="u"), replace(job, stage="lock_outside"))
    assert asked(job) not in {asked(other) for other in others}
