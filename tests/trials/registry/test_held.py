"""Nothing stands on a row that is not as it was written: whatever would use it stops, and names it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import aliased

from tests.trials import tampering
from tests.trials.examples import FIRST, SECOND, Files, evaluated, load_outcomes, locked
from trials.access import LOCAL_ACTOR
from trials.errors import RegistryRefused
from trials.registry import Registry, open_registry, tables
from trials.registry.proof.held import HeldSession, _only_owners, _tables
from trials.registry.proof.stored import _digest_of_object
from trials.registry.queries.standings import _facts
from trials.registry.tables.columns import canonical, digest_of, now
from trials.stages.backup import backup
from trials.stages.certificate import certificate
from trials.stages.decide import decide
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue
from trials.stages.release import release
from trials.stages.returned_files import withdraw_returned_file
from trials.stages.verify import verify
from trials.stages.void import confirm_void
from trials.stages.whois import whois

OTHER = "ab" * 32
PAST = "2026-01-01T00:00:00.000000Z"


def portfolio(registry: Registry, *_: Any) -> None:
    with registry.read(LOCAL_ACTOR) as reader:
        reader.portfolio()


def page(registry: Registry, trial: str, *_: Any) -> None:
    with registry.read(LOCAL_ACTOR, trial) as reader:
        reader.trial(trial)


def record(registry: Registry, trial: str, *_: Any) -> None:
    with registry.read(LOCAL_ACTOR, trial) as reader:
        reader.audit(trial)


def decided(registry: Registry, trial: str, *_: Any) -> None:
    day = now().date() + timedelta(days=90)
    decide(registry, FIRST, trial, choice="accept", action="scale", reason="it works", review_on=day)


USES: dict[str, Callable[[Registry, str, Path], Any]] = {
    "portfolio": portfolio,
    "page": page,
    "issue": lambda registry, trial, room: issue(registry, FIRST, trial, "letter", room / "lists"),
    "evaluate": lambda registry, trial, _: evaluate(registry, FIRST, trial),
    "decide": decided,
    "release": lambda registry, trial, _: release(registry, FIRST, trial, reason="it is over"),
    "certificate": lambda registry, trial, _: certificate(registry, FIRST, trial),
    "whois": lambda registry, trial, _: whois(registry, FIRST, trial, ["C000001"], reason="a call"),
    "withdraw": lambda registry, trial, _: withdraw_returned_file(
        registry, FIRST, trial, "outcomes", reason="wrong", version=1
    ),
    "backup": lambda registry, _, room: backup(registry, FIRST, room / "copy"),
}

# What is edited, and who stands on it: of each finding of an attack, and of its kind.
EDITS: dict[str, tuple[str, Any, tuple[str, ...]]] = {
    "allocation": ("snapshot_digest", OTHER, ("issue", "evaluate", "whois", "page", "certificate", "backup")),
    "evaluation": ("verdict_code", "scale", ("portfolio", "decide", "page", "release", "backup")),
    "protocol_version": ("canonical", "", ("evaluate", "issue", "portfolio", "backup")),
    "returned_file": ("whole_digest", OTHER, ("evaluate", "withdraw", "page")),
    "draw": ("seed", OTHER, ("release", "page")),
    "wave": ("units_digest", OTHER, ("page", "whois")),
    "trial_lock": ("eligible", 1, ("portfolio", "issue", "page")),
    "population_version": ("synthetic", "other", ("portfolio", "issue")),
    "installation": ("key_fingerprint", OTHER, ("whois",)),
}


@contextmanager
def edited(registry: Registry, table: str, column: str, value: Any) -> Iterator[None]:
    """A row as somebody with the database's password would leave it, until it is put back."""
    with registry._engine.begin() as connection:
        before = connection.exec_driver_sql(f"SELECT {column} FROM {table}").scalar_one()
    if column == "canonical":
        value = str(before).replace('"increase"', '"decrease"', 1)
    new = not before if value == "other" else value
    for said, between in ((new, True), (before, False)):
        statement = text(f"UPDATE {table} SET {column} = :said").bindparams(said=said)
        assert tampering.run_past_the_rules(registry, statement) == 1
        if between:
            yield


@pytest.fixture
def whole(either, files) -> Registry:
    evaluated(either, files)
    return either


def test_an_edited_row_stops_whoever_stands_on_it(whole, files, tmp_path):
    for table, (column, value, users) in EDITS.items():
        with edited(whole, table, column, value):
            for user in users:
                with pytest.raises(RegistryRefused, match=rf"row {table}/.*: edited since.*otm verify") as refused:
                    USES[user](whole, files.trial, tmp_path)
                assert "nothing was changed" in str(refused.value), (table, user)
    assert not (tmp_path / "lists").exists()
    assert not (tmp_path / "copy").exists()
    for user in ("portfolio", "page", "issue", "decide", "evaluate", "certificate", "whois", "backup"):
        USES[user](whole, files.trial, tmp_path)
    assert all(proof.holds for proof in verify(whole, FIRST, files.trial))


def test_a_forged_verdict_is_not_decided_on_by_its_true_digest(whole, files):
    with whole.read(LOCAL_ACTOR) as reader:
        document = reader.trial(files.trial).evaluation.document
    document["verdict"]["code"] = "scale"
    forged = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    with edited(whole, "evaluation", "document", forged):
        for user in ("decide", "page", "portfolio"):
            with pytest.raises(RegistryRefused, match="row evaluation/reminders/1: edited"):
                USES[user](whole, files.trial, files.folder)


def test_a_row_that_was_deleted_or_smuggled_in_stops_too(whole, files, tmp_path):
    tampering.run(whole, f"INSERT INTO release VALUES ('{files.trial}', 'none', '{PAST}', 'Someone Else')")
    for user in ("page", "portfolio"):
        with pytest.raises(RegistryRefused, match=r"row release/reminders: no use case wrote it"):
            USES[user](whole, files.trial, tmp_path)
    tampering.run(whole, "DELETE FROM release")
    tampering.run_past_the_rules(whole, "DELETE FROM evaluation")
    for user in ("decide", "evaluate", "portfolio"):  # a finding that is gone would be found again, and otherwise
        with pytest.raises(RegistryRefused, match=r"row evaluation/reminders/1: deleted"):
            USES[user](whole, files.trial, tmp_path)


def test_a_void_that_somebody_wrote_past_the_service_cannot_be_confirmed(whole, files):
    tampering.run(whole, f"INSERT INTO void_request VALUES ('{files.trial}', 'wrong', '{PAST}', 'First Person')")
    with pytest.raises(RegistryRefused, match="row void_request/reminders: no use case wrote it"):
        confirm_void(whole, SECOND, files.trial)


def test_another_trials_rows_stop_nobody_who_does_not_stand_on_them(registry, files):
    locked(registry, files)
    locked(registry, Files(files.folder / "other", trial="other", population="others"))
    tampering.run(registry, "UPDATE trial_lock SET eligible = eligible - 1 WHERE trial_id = 'other'")
    page(registry, files.trial)
    for use in (portfolio, lambda of: page(of, "other")):
        with pytest.raises(RegistryRefused, match="row trial_lock/other/1"):
            use(registry)


def test_a_chain_that_was_edited_is_read_by_nobody(either, files):
    locked(either, files)
    page(either, files.trial)
    tampering.run(either, "UPDATE audit_event SET actor = 'Someone Else' WHERE sequence = 3")
    for opened in (
        either,
        open_registry(either.settings),
    ):  # one that has walked the chain before, and one that has not
        with pytest.raises(RegistryRefused, match="audit event 3 is not as it was written"):
            record(opened, files.trial)
    opened.close()


def test_a_row_is_not_good_because_the_chain_was_rewritten_with_it(either, files):
    evaluated(either, files)
    with either._engine.begin() as connection:
        rows = select(tables.StoredEvaluation.verdict_sentence)
        assert connection.execute(rows).scalar_one() != "Scale it."
    tampering.run(either, "UPDATE evaluation SET verdict_sentence = 'Scale it.'")

    def forged(event: dict[str, Any]) -> dict[str, Any]:
        return {**event, "actor": "Someone Else"} if event["sequence"] == 2 else event

    tampering.rewrite_chain(either, forged)
    opened = open_registry(either.settings)
    for use in (portfolio, lambda of: load_outcomes(of, FIRST, files.trial, files.outcomes)):
        with pytest.raises(RegistryRefused, match="not the one that its head outside the database has seen"):
            use(opened)
    opened.close()


WRITTEN_OVER = {
    "sqlite": (
        "CREATE TRIGGER evil BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER evil AFTER INSERT ON {table} BEGIN UPDATE {table} SET reason = 'forged'; END",
    ),
    "postgresql": (
        "CREATE FUNCTION evil() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
        "CREATE TRIGGER evil BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION evil()",
        "CREATE OR REPLACE FUNCTION evil() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN NEW.reason := ''forged''; RETURN NEW; END'; "
        "CREATE TRIGGER evil BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION evil()",
    ),
}


def test_what_was_written_is_seen_to_be_there_before_it_is_called_recorded(whole, files, monkeypatch):
    monkeypatch.setattr(
        "trials.registry.proof.held.refuse_acting", lambda _: None
    )  # as where a trigger comes after one has looked
    events = len(tampering.chain(whole))
    backend = whole.url.get_backend_name()
    for statement in WRITTEN_OVER[backend]:
        tampering.run(whole, statement.format(table="decision"))
        with pytest.raises(RegistryRefused, match="a row of table decision was written, and is not there as it was"):
            decided(whole, files.trial)
        tampering.run(whole, "DROP TRIGGER evil" + (" ON decision" if backend == "postgresql" else ""))
    assert len(tampering.chain(whole)) == events
    decided(whole, files.trial)


def test_whose_rows_a_question_is_about_is_told_or_all_are_looked_at():
    trial, evaluation, drawn = tables.Trial, tables.StoredEvaluation, tables.Draw
    other = aliased(evaluation)
    told = {
        frozenset({"a"}): (
            select(trial).where(trial.id == "a"),
            select(func.count()).where(evaluation.trial_id == "a", evaluation.number > 1),
            select(other.number).where(other.trial_id == "a"),
            select(evaluation, drawn).where(evaluation.trial_id == drawn.trial_id, drawn.trial_id == "a"),
            _facts("a"),
        ),
        frozenset({"a", "b"}): (select(trial).where(trial.id.in_(["a", "b"])),),
        None: (
            select(trial),
            _facts(None),
            select(trial).where(trial.id != "a"),
            select(trial).where(trial.id > "a"),
            select(trial).where(~(trial.id == "a")),
            select(trial).where(or_(trial.id == "a", trial.registered_by == "b")),
            select(evaluation, drawn).where(drawn.trial_id == "a"),
            select(trial).where(trial.id == "a", trial.id.in_(select(drawn.trial_id))),
        ),
    }
    for expected, statements in told.items():
        for statement in statements:
            names = _tables(statement) - {"audit_event"}
            assert _only_owners(statement, {}, names) == expected, str(statement)
    assert _tables(select(func.max(other.number))) == {"evaluation"}
    assert _tables(text("SELECT seed FROM draw")) == {"draw"}


def test_every_session_of_the_registry_but_verifys_is_held(registry):
    with registry.read(FIRST) as reader:
        assert isinstance(reader._session, HeldSession)
    for use_case, held in (("read", True), ("issue", True), ("backup", True), ("verify", False)):
        with registry.inspect(FIRST, use_case) as session:
            assert isinstance(session, HeldSession) is held
    with registry.write(FIRST, "register") as work:
        assert isinstance(work.session, HeldSession)
    with registry.write_unrecorded(FIRST, "read") as work:
        assert isinstance(work.session, HeldSession)


@pytest.mark.parametrize("sizes", [(10, 3), (4_096, 1), (4_097, 1), (5, 300_000), (300_000, 300_000)])
def test_a_row_has_one_digest_however_large_its_parts_are(sizes):
    """Whether a part is hashed with others or by itself, first, last or alone."""
    row = {f"c{place}": "£" * size for place, size in enumerate(sizes)}
    parts = (part for name, value in row.items() for part in (f'"{name}":', canonical(value), ","))
    assert _digest_of_object(parts) == digest_of(row)
