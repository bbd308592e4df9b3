"""Outcomes and contacts come home m:1; the arm is the registry's; a row that is nobody's is rejected by name."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import DataRefused
from data.identifiers import ledger_ids
from tests.trials.examples import (
    FIRST,
    Files,
    allocated,
    customers,
    eligible,
    load_contacts,
    load_outcomes,
    locked,
    outcomes,
    write_csv,
)
from tests.trials.stages.test_issue import arms_by_export_id
from trials.access import LOCAL_ACTOR
from trials.errors import TrialRefused
from trials.registry import queries
from trials.registry.identities.contact_ledger import CONTACT_ON
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.stages.evaluate import evaluate
from trials.stages.population import load_population


@pytest.fixture
def assigned(drawn):
    return drawn


def test_every_row_is_loaded_or_rejected_with_its_reason(assigned, files):
    kept = eligible(files.customers)
    rows = outcomes(files.customers)
    rows += [{"customer_id": "C999999", "paid": 1, "collected": 1}]
    rows += [{"customer_id": "1E+13", "paid": 1, "collected": 1}]
    account = load_outcomes(assigned, FIRST, files.trial, write_csv(files.outcomes, rows))
    assert account.read == len(rows) == account.loaded + account.rejected
    assert account.loaded == len(kept)
    reasons = {rejection.row: rejection.reason for rejection in account.rejections}
    assert reasons[len(rows) - 1] == "no customer of this trial has this id"
    out = [at for at, row in enumerate(files.customers, start=1) if row["principal"] < 32]
    assert reasons[out[0]] == "this customer was left out before the draw"
    assert {len(rows) - 1, len(rows)} <= set(reasons)
    stored = pq.read_table(assigned.snapshots.opened(account.digest).path)
    assert stored.column_names == ["ledger_id", "paid", "collected"]
    assert stored.num_rows == account.loaded


def test_a_customer_who_came_after_the_draw_is_named_as_late(assigned, files):
    write_csv(files.population, customers(410))
    load_population(assigned, FIRST, files.population, files.protocol, synthetic=True)
    rows = outcomes(customers(410))
    account = load_outcomes(assigned, FIRST, files.trial, write_csv(files.outcomes, rows))
    late = [r.row for r in account.rejections if r.reason.startswith("this customer came after the draw")]
    assert late == list(range(401, 411))


def test_a_match_is_counted_by_arm(assigned, files):
    kept = eligible(files.customers)
    account = load_outcomes(assigned, FIRST, files.trial, write_csv(files.outcomes, outcomes(kept[::2])))
    with assigned.read(LOCAL_ACTOR) as reader:
        counts = reader.trial(files.trial).allocation.counts
        (recorded,) = reader.trial(files.trial).returned
    assert {row.arm: row.allocated for row in account.matched} == counts
    assert sum(row.matched for row in account.matched) == len(kept[::2]) == account.loaded
    assert recorded.matched == account.matched


@pytest.mark.parametrize("name", ["arm", "Arm", "_arm", " ARM "])
def test_a_file_that_claims_to_know_the_arms_is_refused(assigned, files, name):
    rows = [row | {name: "sms"} for row in outcomes(files.customers)]
    with pytest.raises(TrialRefused, match=r"a customer's arm comes from the registry alone"):
        load_outcomes(assigned, FIRST, files.trial, write_csv(files.outcomes, rows))
    with assigned.read(LOCAL_ACTOR) as reader:
        assert reader.trial(files.trial).returned == ()


def test_a_file_of_other_customers_is_refused_whole(assigned, files):
    rows = outcomes(customers(50, first=7_000))
    with pytest.raises(TrialRefused, match="no row of the file belongs to a customer of this trial"):
        load_outcomes(assigned, FIRST, files.trial, write_csv(files.outcomes, rows))


@pytest.mark.parametrize("rows", [[{"customer_id": "C000001", "paid": 1}], [{"paid": 1, "collected": 2}]])
def test_a_file_without_a_declared_column_is_refused_whole(assigned, files, rows):
    with pytest.raises(DataRefused):
        load_outcomes(assigned, FIRST, files.trial, write_csv(files.outcomes, rows))


def test_nothing_comes_back_before_the_draw(registry, files):
    locked(registry, files)
    with pytest.raises(TrialRefused, match="nothing has been allocated"):
        load_outcomes(registry, FIRST, files.trial, files.outcomes)
    with pytest.raises(TrialRefused, match="nothing has been allocated"):
        evaluate(registry, FIRST, files.trial)


def test_nothing_is_evaluated_without_outcomes(assigned, files):
    with pytest.raises(TrialRefused, match=r"no outcomes are loaded.*otm outcomes load reminders"):
        evaluate(assigned, FIRST, files.trial)


def test_nobody_allocated_is_missing_from_the_analysis(assigned, files):
    kept = eligible(files.customers)
    load_outcomes(assigned, FIRST, files.trial, write_csv(files.outcomes, outcomes(kept[: len(kept) // 2])))
    flow = evaluate(assigned, FIRST, files.trial).document["flow"]
    assert flow["allocated"] == len(kept)
    assert flow["analysed"] == len(kept) // 2
    assert sum(arm["missing"] for arm in flow["arms"]) == len(kept) - len(kept) // 2
    assert flow["rows_read"] == flow["rejected"] + sum(e["customers"] for e in flow["excluded"]) + flow["allocated"]


def test_the_tail_of_one_arms_file_that_is_missing_makes_the_trial_invalid(registry, tmp_path):
    files = Files(tmp_path / "big", count=3_000)
    allocated(registry, files)
    with registry.inspect(FIRST, "verify") as session:
        (allocation,) = queries.allocations_of(session, files.trial)
    table = pq.read_table(registry.snapshots.opened(allocation.snapshot_digest).path)
    arms = dict(zip(table.column("ledger_id").to_pylist(), table.column("arm").to_pylist(), strict=True))
    kept = eligible(files.customers)
    ids = ledger_ids(SYNTHETIC_KEY, pa.array([row["customer_id"] for row in kept])).to_pylist()
    sms = [row for row, ledger_id in zip(kept, ids, strict=True) if arms[ledger_id] == "sms"]
    lost = {row["customer_id"] for row in sms[-len(sms) // 5 :]}
    rows = [row for row in outcomes(kept) if row["customer_id"] not in lost]
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, rows))
    document = evaluate(registry, FIRST, files.trial).document
    failed = {check["name"] for check in document["checks"] if check["passed"] is False}
    assert document["verdict"]["code"] == "invalid"
    assert {"match", "retention"} <= failed


def contact(export_id: str, channel: str, day: str = "2026-02-03", **more: object) -> dict[str, object]:
    return {"export_id": export_id, "channel": channel, "sent_on": day, **more}


def test_contacts_come_back_under_export_ids_as_often_as_they_were_made(assigned, files):
    arms = arms_by_export_id(assigned)
    sms = [export_id for export_id, arm in arms.items() if arm == "sms"]
    rows = [contact(export_id, "sms") for export_id in sms] + [contact(sms[0], "sms", "2026-02-10")]
    rows += [contact("x" + "0" * 32, "sms"), contact(sms[1], "pigeon"), contact(sms[2], "sms", "03/02/2026")]
    account = load_contacts(assigned, FIRST, files.trial, write_csv(files.folder / "contacts.csv", rows))
    assert account.read == len(rows) == account.loaded + account.rejected
    assert [(r.row, r.field) for r in account.rejections] == [
        (len(rows) - 2, "export_id"), (len(rows) - 1, "channel"), (len(rows), "sent_on"),
    ]  # fmt: skip
    assert {row.arm: row.matched for row in account.matched} == {"nfa": 0, "letter": 0, "sms": len(sms)}
    stored = pq.read_table(assigned.snapshots.opened(account.digest).path)
    assert str(stored.column(CONTACT_ON)[0]) == "2026-02-03"


def test_contacts_come_back_under_the_customers_own_ids_too(assigned, files):
    kept = eligible(files.customers)
    rows = [{"customer_id": row["customer_id"], "channel": "letter", "sent_on": "2026-02-03"} for row in kept[:9]]
    account = load_contacts(assigned, FIRST, files.trial, write_csv(files.folder / "contacts.csv", rows))
    assert (account.loaded, account.rejected) == (9, 0)


@pytest.mark.parametrize(("tolerance", "passed"), [(None, False), (0.2, True)])
def test_contacts_of_another_arm_make_the_trial_invalid_beyond_what_is_tolerated(registry, files, tolerance, passed):
    if tolerance is not None:
        files.edit_protocol(lambda text: text.replace("HC2,", f"HC2, dispatch_tolerance: {tolerance},"))
    allocated(registry, files)
    arms = arms_by_export_id(registry)
    sms = [export_id for export_id, arm in arms.items() if arm == "sms"]
    nfa = next(export_id for export_id, arm in arms.items() if arm == "nfa")
    rows = [contact(export_id, "sms") for export_id in [*sms, nfa]]
    load_contacts(registry, FIRST, files.trial, write_csv(files.folder / "contacts.csv", rows))
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    document = evaluate(registry, FIRST, files.trial).document
    dispatch = next(check for check in document["checks"] if check["name"] == "dispatch")
    assert dispatch["passed"] is passed
    assert (document["verdict"]["code"] == "invalid") is not passed


@pytest.mark.parametrize(
    ("rows", "problem"),
    [([{"channel": "sms", "sent_on": "2026-02-03"}], "names customers in no column"),
     ([{"customer_id": "C1", "export_id": "x1", "channel": "sms", "sent_on": "2026-02-03"}], "in two columns"),
     ([{"export_id": "x1", "channel": "sms", "sent_on": "2026-02-03", "arm": "sms"}], "from the registry alone"),
     ([{"export_id": "x1", "channel": "sms", "sent_on": "2026-02-03"}], "no row of the file belongs")],
)  # fmt: skip
def test_contacts_that_cannot_be_taken_are_refused(assigned, files, rows, problem):
    with pytest.raises(TrialRefused, match=problem):
        load_contacts(assigned, FIRST, files.trial, write_csv(files.folder / "contacts.csv", rows))


def test_receipt_may_come_with_the_contacts(registry, files):
    files.edit_protocol(lambda text: text.replace("subgroups:", "complier: {received: read}, subgroups:"))
    allocated(registry, files)
    arms = arms_by_export_id(registry)
    rows = [
        contact(export_id, arm, read=int(at % 2 == 0))
        for at, (export_id, arm) in enumerate(arms.items())
        if arm != "nfa"
    ]
    load_contacts(registry, FIRST, files.trial, write_csv(files.folder / "contacts.csv", rows))
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    assert evaluate(registry, FIRST, files.trial).document["flow"]["analysed"] == len(arms)


def test_a_file_that_lacks_customers_barred_from_an_arm_is_no_mismatch(registry, files):
    """They are in every other arm, so counted with everybody the barred arm alone would look complete."""
    barred = "channel: sms, not_for: [{when: {column: band, equals: high}, reason: no room in a text}]"
    files.edit_protocol(lambda text: text.replace("channel: sms", barred))
    allocated(registry, files)
    high = {row["customer_id"] for row in files.customers if row["band"] == "high"}
    rows = [row for row in outcomes(eligible(files.customers)) if row["customer_id"] not in high]
    account = load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, rows))
    assert account.rejected == 0
    document = evaluate(registry, FIRST, files.trial).document
    checks = {check["name"]: check for check in document["checks"]}
    assert checks["match"]["passed"]
    assert checks["retention"]["passed"]
    assert checks["match"]["detail"].endswith("No further action 100.0%, Plain letter 100.0%, SMS reminder 100.0%.")


def test_several_rows_of_a_customer_are_refused_with_what_to_do(assigned, files):
    rows = outcomes(eligible(files.customers))
    with pytest.raises(
        TrialRefused, match=r"5 rows are of customers who have several \(2 of them\).*sum them to one row"
    ):
        load_outcomes(assigned, FIRST, files.trial, write_csv(files.outcomes, [*rows, rows[0], rows[1], rows[1]]))


def test_outcomes_of_those_who_paid_and_nobody_else_are_no_outcomes(registry, files):
    """Coverage alone would let them pass where nearly everybody pays."""
    files.edit_protocol(lambda text: text.replace("day: 23}", "day: 23, coverage: 0.2}"))
    allocated(registry, files)
    rows = outcomes(eligible(files.customers))
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, [row for row in rows if row["paid"]]))
    document = evaluate(registry, FIRST, files.trial).document
    paid = [check for check in document["checks"] if check["name"] == "only_yes_paid"]
    assert [(check["passed"], check["severity"]) for check in paid] == [(False, "blocks")]
    assert "the file seems to hold only those who did" in paid[0]["detail"]
    assert document["verdict"]["code"] == "invalid"
    load_outcomes(registry, FIRST, files.trial, write_csv(files.outcomes, rows))
    document = evaluate(registry, FIRST, files.trial).document
    assert not any(check["name"].startswith("only_yes") for check in document["checks"])


def test_receipt_without_contacts_says_that_none_are_loaded(registry, files):
    files.edit_protocol(lambda text: text.replace("subgroups:", "complier: {received: read}, subgroups:"))
    allocated(registry, files)
    load_outcomes(registry, FIRST, files.trial, files.outcomes)
    rows = [
        row for row in evaluate(registry, FIRST, files.trial).document["estimates"] if row["estimand"] == "complier"
    ]
    assert rows
    assert {row["reason"] for row in rows} == {"no contacts are loaded, so nobody knows who was reached"}


def test_a_column_of_days_that_nobody_reads_is_remarked_on(assigned, files):
    rows = [row | {"paid_on": "2026-02-03" if row["paid"] else "", "office": "3"} for row in outcomes(files.customers)]
    (warning,) = load_outcomes(assigned, FIRST, files.trial, write_csv(files.outcomes, rows)).warnings
    assert warning.startswith("column 'paid_on' holds days and is not read: an outcome counts whenever it happened")
