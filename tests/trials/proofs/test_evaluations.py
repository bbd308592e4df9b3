"""A verdict that was forged with everything around it, and what is said of evaluations that other code made."""

from __future__ import annotations

import copy
import errno
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import update

from tests.trials import tampering
from tests.trials.examples import FIRST, SECOND, Files, allocated, evaluated, load_contacts, load_outcomes, write_csv
from trials.proofs import evaluations as proof
from trials.registry import Registry, queries
from trials.registry.proof.rows import plain
from trials.registry.tables import StoredEvaluation
from trials.registry.tables.columns import digest_of
from trials.stages.evaluate import evaluate
from trials.stages.head import head
from trials.stages.migrate import migrate
from trials.stages.verify import verify


def evaluation_proof(registry: Registry, **options: Any) -> Any:
    proofs = verify(registry, FIRST, "reminders", **options)
    assert {proof.name for proof in proofs if not proof.holds} <= {"evaluation"}
    return next(proof for proof in proofs if proof.name == "evaluation")


def forge(registry: Registry, change: Any, *, code: str | None = None) -> None:
    """Rewrite evaluation 1, its event, the whole chain from there on, and the chain's head, so that all agree."""
    table = StoredEvaluation.__table__
    with registry._writers.begin() as connection:
        row = dict(connection.execute(table.select()).mappings().one())
        row["document"] = change(copy.deepcopy(row["document"]))
        if code is not None:
            row["code_digest"] = row["document"]["versions"]["code"] = code
        row |= {"digest": digest_of(row["document"]), "verdict_code": row["document"]["verdict"]["code"]}
        connection.execute(update(StoredEvaluation).values(row))
    written = digest_of({name: plain(value) for name, value in row.items()})

    def rewritten(event: dict[str, Any]) -> dict[str, Any]:
        if event["action"] == "evaluate":
            event["detail"] = event["detail"] | {
                "evaluation_digest": row["digest"], "verdict": row["verdict_code"], "code_digest": row["code_digest"],
                "rows": {"evaluation/reminders/1": written},
            }  # fmt: skip
        return event

    tampering.rewrite_chain(registry, rewritten)
    registry.head.path.write_text("".join(f"{row['sequence']} {row['hash']}\n" for row in tampering.chain(registry)))


def scaled(document: dict[str, Any]) -> dict[str, Any]:
    document["verdict"]["code"] = "scale"
    return document


def improved(document: dict[str, Any]) -> dict[str, Any]:
    document["estimates"][0]["estimate"] += 0.01
    return document


def test_a_verdict_forged_with_its_row_its_chain_and_its_head_is_found(either, files):
    evaluated(either, files)
    assert evaluation_proof(either).holds
    kept = head(either, FIRST, to=files.folder / "copy").path
    forge(either, scaled)
    with either.read(FIRST) as reader:
        assert reader.trial("reminders").summary.verdict_code == "scale"
    (fault,) = evaluation_proof(either).faults
    assert "evaluation 1: run again on the same files it says not_shown, stored is scale" in fault
    assert "the same code made it" in fault
    quick = evaluation_proof(either, quick=True)
    assert quick.holds
    assert quick.remarks == ("1 evaluations were not run again, for --quick was given",)
    with_copy = verify(either, FIRST, "reminders", head=kept, quick=True)
    assert [found.name for found in with_copy if not found.holds] == ["audit_chain"]


def test_a_figure_that_was_forged_is_named(done):
    forge(done.registry, improved)
    (fault,) = evaluation_proof(done.registry).faults
    assert fault == "evaluation 1: run again on the same files it differs in estimates"


def test_a_forger_who_says_that_other_code_made_it_is_found_too(done):
    forge(done.registry, scaled, code="0" * 64)
    (fault,) = evaluation_proof(done.registry).faults
    assert "it says not_shown, stored is scale (it was made by code 000000000000…, and not" in fault
    assert "verify it with what made it, or with a copy of the chain head" in fault


def test_what_other_code_made_is_run_again_and_what_was_not_compared_is_said(done, monkeypatch, tmp_path):
    registry = done.registry
    forge(registry, lambda document: document, code="0" * 64)
    same = evaluation_proof(registry)
    assert same.holds
    assert "it is the same in everything, though it was made by code 0000" in same.remarks[0]
    with registry.read(FIRST) as reader:  # and it is served and shown as it is
        assert reader.trial("reminders").evaluation.code_digest == "0" * 64
    forge(registry, improved, code="0" * 64)
    differs = evaluation_proof(registry)
    assert differs.holds
    assert "its verdict is the same; not compared, since it was made by code 0000" in differs.remarks[0]
    assert differs.remarks[0].endswith(": estimates")
    # A verdict that other code found otherwise holds where a copy of the chain head has seen it as it is.
    forge(registry, scaled, code="0" * 64)
    kept = head(registry, FIRST, to=tmp_path / "copy").path
    assert not evaluation_proof(registry).holds
    seen = evaluation_proof(registry, head=kept)
    assert seen.holds
    assert any("the copy of the chain head has seen it as it is stored" in remark for remark in seen.remarks)


def test_what_a_migration_came_after_may_have_said_so_under_the_program_before_it(done):
    forge(done.registry, scaled, code="0" * 64)
    assert not evaluation_proof(done.registry).holds
    migrate(done.registry.settings, FIRST)
    assert not evaluation_proof(done.registry).holds  # nothing was to be migrated, and nothing says that it was
    with done.registry.write(FIRST, "migrate") as work:
        work.commit({"from": "0001", "to": "0002"})
    (remark,) = evaluation_proof(done.registry).remarks
    assert remark.endswith("the registry was migrated to another program since")


def test_other_libraries_are_said(done):
    def older(document: dict[str, Any]) -> dict[str, Any]:
        document["versions"]["numpy"] = "1.0"
        return document

    forge(done.registry, older)
    found = evaluation_proof(done.registry)
    assert found.holds
    assert "though it was made by numpy 1.0, and not " in found.remarks[0]


def test_what_today_refuses_is_a_fault_of_the_same_code_and_a_remark_of_other_code(done, monkeypatch):
    from analysis.errors import AnalysisRefused

    def refuse(*_: object) -> None:
        raise AnalysisRefused("no customer is left")

    monkeypatch.setattr(proof, "evaluated", refuse)
    assert "cannot be run again: no customer is left" in evaluation_proof(done.registry).faults[0]
    forge(done.registry, lambda document: document, code="0" * 64)
    found = evaluation_proof(done.registry)
    assert found.holds
    assert "cannot be run again: no customer is left. (other code made it, 000000000000…)" in found.remarks[0]


def test_a_row_that_says_another_verdict_than_its_document_is_named(done):
    tampering.run(done.registry, "UPDATE evaluation SET verdict_code = 'scale', verdict_arm = 'sms'")
    (found,) = [p for p in verify(done.registry, FIRST, "reminders", quick=True) if p.name == "evaluation"]
    assert "evaluation 1: its row and its document differ in the verdict: 'scale' and 'not_shown'" in found.faults
    assert any("in the arm of the verdict: 'sms' and" in fault for fault in found.faults)


def test_evaluations_are_run_again_as_the_registry_stood_when_they_were_made(registry, files):
    """Contacts, a correction and a replacement came after the first; each is run on what was there for it."""
    allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    evaluate(registry, FIRST, files.trial)
    with registry.inspect(FIRST, "verify") as session:
        (allocation,) = queries.allocations_of(session, files.trial)
    arms = pq.read_table(registry.snapshots.opened(allocation.snapshot_digest).path)
    assert arms.num_rows > 100
    rows = [
        {
            "customer_id": row["customer_id"],
            "channel": "letter",
            "sent_on": "2026-03-01",
            "delivered": 1,
        }
        for row in files.customers[:50]
    ]
    load_contacts(registry, FIRST, files.trial, write_csv(files.folder / "contacts.csv", rows))
    evaluate(registry, SECOND, files.trial)
    later = Files(files.folder / "later")
    other = [row | {"paid": 1 - int(row["paid"])} for row in _read(later.outcomes)]
    load_outcomes(registry, FIRST, files.trial, write_csv(files.folder / "other.csv", other))
    evaluate(registry, FIRST, files.trial)
    found = evaluation_proof(registry)
    assert (found.faults, found.remarks) == ((), ())
    with registry.inspect(FIRST, "verify") as session:
        rows_made = list(queries.evaluation_rows(session, files.trial))
    assert len({row.digest for row in rows_made}) == 3
    assert [row.contacts_version for row in rows_made] == [None, 1, 1]


def _read(path: Any) -> list[dict[str, Any]]:
    import csv

    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_where_there_is_no_room_to_run_it_again_that_is_said(done, monkeypatch):
    def read_only(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("data.private._made", read_only)
    found = evaluation_proof(done.registry)
    assert found.holds
    assert "evaluation 1: was not run again" in found.remarks[0]
    assert "Read-only file system" in found.remarks[0]


@pytest.mark.parametrize("table", ["returned_file", "allocation", "wave"])
def test_what_an_evaluation_was_made_of_and_is_gone_is_a_fault(done, table):
    tampering.run_past_the_rules(done.registry, f"DELETE FROM {table}")
    (found,) = [p for p in verify(done.registry, FIRST, "reminders") if p.name == "evaluation"]
    assert not found.holds
