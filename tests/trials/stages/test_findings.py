"""The first evaluation that is due and valid is the finding; nothing later takes its place but what two people sign."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.document import from_document
from data.identifiers import ledger_ids
from tests.trials import tampering
from tests.trials.examples import FIRST, LOCAL_ACTOR, SECOND, eligible, load_outcomes, outcomes, write_csv
from trials.access import Actor
from trials.cli.commands import application
from trials.errors import AccessRefused, TrialRefused
from trials.registry import queries
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.registry.tables.columns import now
from trials.reporting.portfolio import next_action, next_actor
from trials.reporting.results.decisions import decision_lines
from trials.reporting.results.evaluations import correction_lines, evaluation_line, evaluations_table
from trials.reporting.results.record import deviation_lines
from trials.stages.correct import confirm_correction, request_correction
from trials.stages.decide import decide
from trials.stages.evaluate import evaluate
from trials.stages.release import release
from trials.stages.verify import verify

LATER = date(2999, 12, 31)


def cut(registry, files, rows, *, after=23):
    """Outcomes of one day, loaded and evaluated; the trial was drawn today."""
    name = f"cut-{len(list(files.folder.glob('cut-*')))}.csv"
    load_outcomes(
        registry, FIRST, files.trial, write_csv(files.folder / name, rows), as_at=now().date() + timedelta(days=after)
    )
    return evaluate(registry, FIRST, files.trial)


def detail_of(registry, files):
    with registry.read(LOCAL_ACTOR) as reader:
        return reader.trial(files.trial)


def rows_of(files):
    return outcomes(eligible(files.customers))


def better(registry, files):
    """What came back if the SMS had worked: everybody who got it has paid, and the letter did nothing."""
    with registry.inspect(FIRST, "verify") as session:
        (allocation,) = queries.allocations_of(session, files.trial)
    table = pq.read_table(registry.snapshots.opened(allocation.snapshot_digest).path)
    arms = dict(zip(table.column("ledger_id").to_pylist(), table.column("arm").to_pylist(), strict=True))
    people = eligible(files.customers)
    ids = ledger_ids(SYNTHETIC_KEY, pa.array([row["customer_id"] for row in people])).to_pylist()
    rows = rows_of(files)
    for row, person, ledger_id in zip(rows, people, ids, strict=True):
        if arms[ledger_id] == "sms":
            row.update(paid=1, collected=person["principal"])
    return rows


def test_before_everything_is_due_nothing_is_concluded(drawn, files):
    record = cut(drawn, files, rows_of(files), after=8)
    assert (record.role, record.count) == ("not_due", 1)
    detail = detail_of(drawn, files)
    due = now().date() + timedelta(days=23)
    assert detail.summary.state == "in_field"
    assert detail.summary.verdict_code == "not_due"
    assert next_action(detail.summary.next) == f"Load the outcomes when they are due on {due.day} {due:%B %Y}"
    terms = {"choice": "accept", "action": "a", "reason": "b", "review_on": LATER}
    with pytest.raises(TrialRefused, match="there is no verdict to decide on"):
        decide(drawn, FIRST, files.trial, **terms)
    with pytest.raises(TrialRefused, match="the trial is still running"):
        release(drawn, FIRST, files.trial, reason="curious")


def test_the_first_that_is_due_is_the_finding_and_later_cuts_are_updates(drawn, files):
    early, finding = cut(drawn, files, rows_of(files), after=8), cut(drawn, files, rows_of(files))
    update, second = cut(drawn, files, better(drawn, files), after=60), cut(drawn, files, rows_of(files), after=90)
    assert [(r.role, r.count) for r in (early, finding, update, second)] == [
        ("not_due", 1), ("finding", 1), ("update", 1), ("update", 2),
    ]  # fmt: skip
    codes = [record.document["verdict"]["code"] for record in (early, finding, update, second)]
    assert codes == ["not_due", "not_shown", "scale", "not_shown"]
    detail = detail_of(drawn, files)
    assert (detail.summary.verdict_code, detail.summary.evaluation) == ("not_shown", finding.id)
    assert (detail.summary.evaluation_digest, detail.summary.evaluation_role) == (finding.digest, "finding")
    assert detail.evaluation == finding
    assert [row.role for row in detail.evaluations] == ["not_due", "finding", "update", "update"]
    assert "2 later updates are listed" in evaluation_line(detail)
    assert [row[0] for row in evaluations_table(detail).rows] == [
        "Before everything was due, 1", "Finding", "Update 1", "Update 2",
    ]  # fmt: skip


def test_an_update_before_its_day_is_none(drawn, files):
    """A cut may be evaluated as at an earlier day; it then says nothing, whatever was found before."""
    finding = cut(drawn, files, rows_of(files))
    early = evaluate(drawn, FIRST, files.trial, as_at=now().date())
    assert early.role == "not_due"
    assert early.document["estimates"] == []
    assert detail_of(drawn, files).evaluation == finding
    assert detail_of(drawn, files).summary.state == "analysed"


def test_what_its_data_make_invalid_is_an_attempt_and_the_corrected_file_is_the_finding(drawn, files):
    lost, missing = better(drawn, files), lossy(drawn, files)
    attempt = cut(drawn, files, missing)
    assert attempt.document["verdict"]["code"] == "invalid"
    assert (attempt.role, attempt.count) == ("attempt", 1)
    assert detail_of(drawn, files).summary.evaluation_role == "attempt"
    finding = cut(drawn, files, lost)
    assert (finding.role, finding.document["verdict"]["code"]) == ("finding", "scale")
    again = cut(drawn, files, missing, after=60)
    assert (again.role, again.count) == ("attempt", 2)
    summary = detail_of(drawn, files).summary
    assert (summary.verdict_code, summary.evaluation) == ("scale", finding.id)


def lossy(registry, files):
    """Half of those who paid with an approach are blank."""
    return [row if row["paid"] == 0 or at % 2 else row | {"paid": ""} for at, row in enumerate(better(registry, files))]


CORRECT_FILES = "Load the corrected files and evaluate again, or end it without a finding"


def test_what_comes_after_an_attempt_is_to_correct_its_files_on_every_list_and_can_be_done(drawn, files, capsys):
    """First a lossy file, then one that is lossy again, then the right one; and a trial that is ended without."""
    for after in (50, 60):
        cut(drawn, files, lossy(drawn, files), after=after)
        coming = detail_of(drawn, files).summary.next
        assert (next_action(coming), next_actor(coming)) == (CORRECT_FILES, "analyst")
    capsys.readouterr()
    application()(["trials", "--json", "-"], standalone_mode=False)
    (listed,) = json.loads(capsys.readouterr().out)["trials"]
    assert listed["next"] == {"action": CORRECT_FILES, "who": "analyst"}
    load_outcomes(drawn, FIRST, files.trial, write_csv(files.outcomes, better(drawn, files)))
    assert detail_of(drawn, files).summary.next.step == "evaluate"
    evaluate(drawn, FIRST, files.trial)
    assert detail_of(drawn, files).summary.next.step == "decide"


def test_a_trial_that_was_ended_without_a_finding_is_reviewed(drawn, files):
    cut(drawn, files, lossy(drawn, files))
    decide(drawn, FIRST, files.trial, choice="override", action="end it", reason="lost for good", review_on=LATER)
    assert detail_of(drawn, files).summary.next.step == "review"


def test_an_attempt_releases_nothing_whatever_was_decided_on_it(drawn, files):
    """With the arms open the true outcomes would be loaded by whoever has seen them, and be the finding."""
    cut(drawn, files, lossy(drawn, files))
    with pytest.raises(TrialRefused, match=r"still running.*the finding, or the draw is void.*otm void"):
        release(drawn, FIRST, files.trial, reason="early")
    decide(drawn, FIRST, files.trial, choice="override", action="end it", reason="lost for good", review_on=LATER)
    with pytest.raises(TrialRefused, match="the trial is still running"):
        release(drawn, FIRST, files.trial, reason="it was ended")
    finding = cut(drawn, files, better(drawn, files))
    release(drawn, FIRST, files.trial, reason="it has its finding", read=finding.id)


@pytest.mark.parametrize("action", ["Scale the SMS", "Invalid: no finding can be drawn"])
def test_an_attempt_has_no_verdict_to_accept_whatever_is_to_be_done(drawn, files, action):
    attempt = cut(drawn, files, lossy(drawn, files))
    terms = {"action": action, "reason": "the arms differ", "review_on": LATER}
    with pytest.raises(TrialRefused, match=r"evaluation 1 is an attempt: .*otm evaluate reminders; or, .*--override"):
        decide(drawn, FIRST, files.trial, choice="accept", **terms)
    assert detail_of(drawn, files).decisions == ()
    assert next_action(detail_of(drawn, files).summary.next) == CORRECT_FILES
    ended = decide(drawn, FIRST, files.trial, choice="override", **terms | {"action": "End it without a finding"})
    assert (ended.evaluation, ended.verdict_code) == (attempt.id, "invalid")
    first, *_ = decision_lines(ended)
    assert "First Person decided without a finding, for the data are invalid. End it without a finding." in first


def test_after_the_corrected_file_the_finding_is_accepted(drawn, files):
    cut(drawn, files, lossy(drawn, files))
    finding = cut(drawn, files, better(drawn, files))
    cut(drawn, files, lossy(drawn, files), after=60)  # a later attempt takes nothing from it
    terms = {"action": "scale", "reason": "it works", "review_on": LATER, "finding": finding.id}
    record = decide(drawn, FIRST, files.trial, choice="accept", **terms)
    assert (record.evaluation, record.verdict_code) == (finding.id, "scale")


def test_an_attempt_before_all_is_due_again_is_still_not_accepted(drawn, files):
    """Nor where an evaluation as at an earlier day comes after it."""
    cut(drawn, files, lossy(drawn, files))
    evaluate(drawn, FIRST, files.trial, as_at=now().date())
    with pytest.raises(TrialRefused, match="evaluation 1 is an attempt"):
        decide(drawn, FIRST, files.trial, choice="accept", action="scale", reason="it works", review_on=LATER)


def test_a_decision_names_the_evaluation_it_rests_on(drawn, files):
    finding = cut(drawn, files, rows_of(files))
    update = cut(drawn, files, better(drawn, files), after=60)
    terms = {"action": "stop", "reason": "it is", "review_on": LATER, "finding": finding.id, "also_read": [update.id]}
    record = decide(drawn, FIRST, files.trial, choice="accept", **terms)
    assert (record.evaluation, record.evaluation_digest) == (finding.id, finding.digest)
    assert record.verdict_code == "not_shown"
    (stored,) = detail_of(drawn, files).decisions
    assert stored == record
    assert decision_lines(stored)[-1] == (
        f"It rests on evaluation 1 and its verdict, “Not shown”; digest {finding.digest}."
    )


def test_a_finding_is_corrected_by_two_people_and_the_old_one_stays(drawn, files):
    finding, update = cut(drawn, files, rows_of(files)), cut(drawn, files, better(drawn, files))
    asked = request_correction(drawn, FIRST, files.trial, reason="The SMS supplier's file was last year's.")
    assert (asked.replaced, asked.replacing, asked.holds) == (finding.id, update.id, False)
    waiting = detail_of(drawn, files)
    assert waiting.evaluation == finding  # nothing has changed yet
    assert waiting.summary.next.other_than == FIRST.name
    with pytest.raises(TrialRefused, match="who asked for a correction cannot confirm it"):
        confirm_correction(drawn, FIRST, files.trial)
    assert confirm_correction(drawn, SECOND, files.trial).holds
    detail = detail_of(drawn, files)
    assert (detail.summary.verdict_code, detail.summary.evaluation) == ("scale", update.id)
    assert [row.role for row in detail.evaluations] == ["replaced", "finding"]
    assert detail.evaluation.digest == update.digest
    (line,) = correction_lines(detail)
    assert "last year's" in line
    assert "Evaluation 1 is kept." in line
    assert line in deviation_lines(detail, from_document(detail.evaluation.document))
    assert cut(drawn, files, rows_of(files), after=90).role == "update"
    assert all(proof.holds for proof in verify(drawn, FIRST, files.trial))
    with drawn.read(LOCAL_ACTOR) as reader:
        events = [event for event in reader.audit(files.trial) if event.action.endswith("_correction")]
    assert [event.detail["new_finding"] for event in events] == [update.id, update.id]


def test_a_correction_needs_another_file_a_reason_and_an_update(drawn, files):
    cut(drawn, files, rows_of(files))
    with pytest.raises(TrialRefused, match="nothing could take the finding's place"):
        request_correction(drawn, FIRST, files.trial, reason="better luck")
    cut(drawn, files, rows_of(files))
    with pytest.raises(TrialRefused, match="a correction needs a reason"):
        request_correction(drawn, FIRST, files.trial, reason=" ")
    with pytest.raises(TrialRefused, match="evaluation 2 read the same files as evaluation 1"):
        request_correction(drawn, FIRST, files.trial, reason="better luck")
    with pytest.raises(TrialRefused, match="evaluation 1 cannot take another's place"):
        request_correction(drawn, FIRST, files.trial, reason="better luck", evaluation=1)
    with pytest.raises(TrialRefused, match="nobody asked for a correction"):
        confirm_correction(drawn, SECOND, files.trial)
    with pytest.raises(AccessRefused):
        request_correction(drawn, Actor("A", "designer"), files.trial, reason="better luck")


@pytest.mark.parametrize(
    "change",
    ["UPDATE evaluation SET verdict_code = 'scale' WHERE number = 1",
     "UPDATE correction_request SET reason = 'another'",
     "UPDATE evaluation SET repeats = 1 WHERE number = 2",
     "UPDATE correction_confirmation SET evaluations = 2",
     "DELETE FROM correction_confirmation"],
)  # fmt: skip
def test_what_is_stored_of_findings_and_corrections_is_proved(drawn, files, change):
    cut(drawn, files, rows_of(files))
    cut(drawn, files, better(drawn, files))
    cut(drawn, files, rows_of(files))
    request_correction(drawn, FIRST, files.trial, reason="the wrong file", evaluation=2)
    confirm_correction(drawn, SECOND, files.trial)
    assert all(proof.holds for proof in verify(drawn, FIRST, files.trial))
    tampering.run(drawn, change)
    assert any("row" in fault for proof in verify(drawn, FIRST, files.trial) for fault in proof.faults)


def test_every_stored_evaluation_is_proved_not_the_latest_alone(drawn, files):
    cut(drawn, files, rows_of(files))
    cut(drawn, files, better(drawn, files))
    tampering.run(drawn, "UPDATE evaluation SET document = replace(document, 'Not shown', 'Shown') WHERE number = 1")
    proof = next(proof for proof in verify(drawn, FIRST, files.trial) if proof.name == "evaluation")
    digest, sentence = proof.faults
    assert digest == "evaluation 1: its document does not give its digest"
    assert sentence.startswith("evaluation 1: its row and its document differ in the sentence")


def test_the_commands_say_which_evaluation_is_the_finding(drawn, files, capsys):
    finding = cut(drawn, files, rows_of(files))
    cut(drawn, files, better(drawn, files), after=60)
    capsys.readouterr()
    application()(["evaluate", files.trial], standalone_mode=False)
    assert "Update 2. The finding is evaluation 1, and stays:" in capsys.readouterr().out
    application()(["evaluate", files.trial, "--json", "-"], standalone_mode=False)
    document = json.loads(capsys.readouterr().out)
    assert (document["evaluation_role"], document["evaluation_count"]) == ("update", 3)
    application()(["trials", "--json", "-"], standalone_mode=False)
    (trial,) = json.loads(capsys.readouterr().out)["trials"]
    assert trial["verdict"]["code"] == "not_shown"
    assert trial["verdict"]["evaluation_digest"] == finding.digest
    assert trial["verdict"]["role"] == "finding"


def test_an_attempt_shows_no_effect_at_the_terminal_and_in_no_file(drawn, files, capsys):
    cut(drawn, files, lossy(drawn, files))
    capsys.readouterr()
    application()(["evaluate", files.trial], standalone_mode=False)
    told = capsys.readouterr().out
    assert "This trial is invalid" in told
    assert "Retention" in told
    assert "the data failed a check, so no effect is shown" in told
    for absent in ("£", "points", "p-value", "<0.001", "95%", "adjusted"):
        assert absent not in told, absent
    application()(["evaluate", files.trial, "--json", "-"], standalone_mode=False)
    document = json.loads(capsys.readouterr().out)
    assert (document["estimates"], document["sensitivity"], document["net_benefit"]) == ([], [], None)


def test_a_correction_rests_on_outcomes_that_differ_for_somebody(drawn, files):
    """Not on the order of rows, on blank rows that are gone, or on contacts."""
    cut(drawn, files, rows_of(files))
    cut(drawn, files, rows_of(files)[::-1], after=40)
    with pytest.raises(TrialRefused, match=r"evaluation 2 read the same outcomes of every customer .*no contacts"):
        request_correction(drawn, FIRST, files.trial, reason="reordered")
    assert detail_of(drawn, files).corrections == ()
    other = rows_of(files)
    other[0] = other[0] | {"paid": 1 - int(other[0]["paid"])}
    cut(drawn, files, other, after=50)
    with pytest.raises(TrialRefused, match="evaluation 2 read the same outcomes"):
        request_correction(drawn, FIRST, files.trial, reason="reordered", evaluation=2)
    asked = request_correction(drawn, FIRST, files.trial, reason="one customer was wrong", evaluation=3)
    assert (asked.changed.customers, asked.changed.by_column) == (1, {"paid": 1})
    assert (asked.changed.vanished, asked.changed.added) == (0, 0)
    assert confirm_correction(drawn, SECOND, files.trial).changed == asked.changed
    (line,) = correction_lines(detail_of(drawn, files))
    assert line.endswith("Corrected outcomes differ for 1 customer (paid 1).")


def test_a_correction_says_who_is_gone_and_who_is_new(drawn, files):
    rows = rows_of(files)
    cut(drawn, files, rows[2:])
    cut(drawn, files, rows[:-3], after=40)
    changed = request_correction(drawn, FIRST, files.trial, reason="the end was cut off").changed
    assert (changed.vanished, changed.added) == (3, 2)
    assert changed.customers == 5
