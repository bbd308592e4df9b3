"""Before the release counts by arm are the randomiser's: no count of one tells others the arm of a customer."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict, replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.document import from_document
from analysis.results import (
    Interaction,
    Segment,
    SegmentFinding,
    SurvivalCurve,
    TippingPoint,
)
from data.identifiers import ledger_ids
from tests.trials.examples import (
    DUE,
    FIRST,
    OTHER_SEED,
    Files,
    allocated,
    eligible,
    evaluated,
    load_outcomes,
    outcomes,
    write_csv,
)
from trials.access import Actor
from trials.cli.commands import application
from trials.concealment import FEW, KEPT, SMALL, WITHHELD, concealed
from trials.registry import open_registry, queries
from trials.registry.identities.ledger_key import SYNTHETIC_KEY
from trials.registry.tables.columns import digest_of
from trials.settings import Settings
from trials.stages.certificate import certificate
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue_lists
from trials.stages.overlap import overlap
from trials.stages.release import release
from trials.stages.verify import verify

BLIND = ("designer", "analyst", "manager", "administrator")
SEEING = ("randomiser", "all")
ANALYST = Actor("An Analyst", "analyst")
ARMS = ("nfa", "letter", "sms")


def arm_of(registry, files):
    """customer → arm, as nobody may know it who is asked about it here."""
    with registry.inspect(FIRST, "verify") as session:
        (allocation,) = queries.allocations_of(session, files.trial)
    table = pq.read_table(registry.snapshots.opened(allocation.snapshot_digest).path)
    arms = dict(zip(table.column("ledger_id").to_pylist(), table.column("arm").to_pylist(), strict=True))
    names = [row["customer_id"] for row in eligible(files.customers)]
    ids = ledger_ids(SYNTHETIC_KEY, pa.array(names)).to_pylist()
    return {name: arms[ledger_id] for name, ledger_id in zip(names, ids, strict=True)}


def told(registry, trial, *more):
    """All that everybody but the randomiser is told of a trial, without digests and times, which say no arm."""
    parts = [*more]
    for role in BLIND:
        actor = Actor(f"A {role}", role)
        with registry.read(actor) as reader:
            parts += [reader.portfolio(), reader.trial(trial), reader.audit(), reader.certificates(trial)]
            parts += [reader.evaluation(trial, line.number) for line in reader.trial(trial).evaluations]
        parts += [certificate(registry, actor, trial), verify(registry, actor, trial)]
    said = re.sub(r"[0-9a-f]{64}", "DIGEST", repr(parts))
    return re.sub(r"datetime\([^)]*\)|\d{4}-\d\d-\d\dT[\d:.+]*Z?|\d+\.\d+", "N", said)


def with_one_row(allocated_once, tmp_path, customer):
    """A copy of one drawn trial, where the analyst loads a file of one customer and evaluates it."""
    folder = tmp_path / customer
    shutil.copytree(allocated_once, folder / "home")
    registry = open_registry(Settings(home=folder / "home"))
    rows = [{"customer_id": customer, "paid": 1, "collected": 50}]
    account = load_outcomes(registry, ANALYST, "reminders", write_csv(tmp_path / "one.csv", rows), as_at=DUE)
    made = evaluate(registry, ANALYST, "reminders")
    early = evaluate(registry, ANALYST, "reminders", as_at=made.evaluated_at.date())
    return registry, told(registry, "reminders", asdict(account), made, early)


def test_a_file_of_one_customer_says_the_same_whatever_their_arm(allocated_once, tmp_path):
    """The whole of it: load, evaluation before and after its day, pages, certificate, proofs, audit."""
    files = Files(tmp_path / "files")
    opened = open_registry(Settings(home=allocated_once))
    arms = arm_of(opened, files)
    opened.close()
    same = {row["customer_id"]: (row["band"]) for row in eligible(files.customers)}
    said = {}
    for arm in ARMS:
        customer = next(name for name, of in arms.items() if of == arm and same[name] == "high")
        registry, words = with_one_row(allocated_once, tmp_path, customer)
        said[arm] = words.replace(customer, "CUSTOMER")
        registry.close()
    assert said["nfa"] == said["letter"] == said["sms"]


@pytest.mark.parametrize("role", [*BLIND, *SEEING])
def test_counts_by_arm_wait_for_the_release(registry, files, tmp_path, role):
    actor, sees = Actor(f"A {role}", role), role in SEEING
    evaluated(registry, files)
    issue_lists(registry, FIRST, files.trial, "sms", tmp_path / "lists")
    for released in (False, True):
        with registry.read(actor) as reader:
            detail, audit, (own,) = reader.trial(files.trial), reader.audit(), reader.certificates(files.trial)
        shown = sees or released
        found = certificate(registry, actor, files.trial).certificate
        document = detail.evaluation.document
        assert bool(found["strata"]) is bool(own["strata"]) is shown
        assert ("withheld" in found) is not shown
        assert bool(detail.allocation.counts) is bool(detail.waves[0].counts) is shown
        assert bool(detail.returned[0].matched) is shown
        assert bool(detail.issues) is shown
        assert not shown or (detail.issues[0].customers is not None and detail.issues[0].manifest)
        assert bool(document["flow"]["arms"]) is shown
        assert any("counts" in event.detail for event in audit) is shown
        assert any(event.action == "issue" and "customers" in event.detail for event in audit) is shown
        checks = {check["name"]: check["detail"] for check in document["checks"]}
        assert (checks["retention"] == f"Passed: {WITHHELD}.") is not shown
        assert document["verdict"]["sentence"]  # a finding keeps what it says
        if not released:
            release(registry, FIRST, files.trial, reason="the results are stored")


def test_what_is_stored_is_whole_whoever_evaluated(registry, files):
    allocated(registry, files)
    load_outcomes(registry, ANALYST, files.trial, files.outcomes)
    made = evaluate(registry, ANALYST, files.trial)
    assert made.document["flow"]["arms"] == []
    with registry.read(FIRST) as reader:
        stored = reader.evaluation(files.trial, 1)
    assert {row["arm"] for row in stored.document["flow"]["arms"]} == set(ARMS)
    assert made.digest == stored.digest
    assert all(proof.holds for proof in verify(registry, ANALYST, files.trial))


def test_rows_of_few_customers_and_the_tails_of_curves_are_not_shown(done):
    registry, files = done.registry, done.files
    with registry.read(FIRST) as reader:
        whole = from_document(reader.trial(files.trial).evaluation.document)
    few = tuple(replace(row, n_arm=SMALL - 1) for row in whole.estimates[:2])
    enough = tuple(replace(row, n_arm=SMALL, n_comparison=SMALL) for row in whole.estimates[2:4])
    curve = SurvivalCurve("paid", "sms", (1.0, 2.0, 3.0), (0.9, 0.5, 0.1), (20, 10, 9), (None,) * 3, (None,) * 3)
    found = concealed(replace(whole, estimates=(*few, *enough), sensitivity=few, curves=(curve,)))
    for row in (*found.estimates[:2], *found.sensitivity):
        assert (row.estimate, row.ci_lower, row.mean_comparison, row.n_arm, row.n_comparison) == (None,) * 5
        assert row.reason == FEW
    for row, was in zip(found.estimates[2:], enough, strict=True):
        assert row.estimate == pytest.approx(was.estimate, rel=1e-3)
        assert (row.ci_lower, row.ci_upper) == pytest.approx((was.ci_lower, was.ci_upper), rel=1e-3)
        assert (row.n_arm, row.n_comparison, row.df) == (None, None, None)  # 199 and 200 tell where the missing one is
    assert found.curves == ()  # a step on a day of its own is one customer's


def test_a_few_customers_are_not_the_rest_of_a_total(done):
    """Of a column with one small level another goes too, and both go from everywhere that segments are told."""
    with done.registry.read(FIRST) as reader:
        whole = from_document(reader.trial(done.files.trial).evaluation.document)
    row = replace(whole.estimates[0], n_arm=100, n_comparison=100)
    levels = {"isle": 4, "north": 30, "main": 200}
    rows = [replace(row, subgroup="region", level=of, n_arm=n, n_comparison=n) for of, n in levels.items()]
    segments = {of: Segment("region", of) for of in levels}
    findings = tuple(SegmentFinding(row.arm, of, 60, False, "Not shown.") for of in segments.values())
    found = concealed(
        replace(
            whole,
            estimates=(row, *rows),
            interactions=(Interaction("paid", "region", row.arm, row.comparison, 1.0, 2.0, 100.0, 0.3),),
            tipping_points=(TippingPoint("paid", "letter", 1, 200, 0.2),),
            verdict=replace(
                whole.verdict,
                segments=findings,
                reasons=(
                    "3 customers lack “Paid”, and what the 1 of them with the letter did could change it.",
                    "1 contact not meant for them went to customers with no further action.",
                    "No value is declared for any outcome, so a gain after costs cannot be shown.",
                ),
            ),
        )
    )
    assert [row.estimate is None for row in found.estimates] == [False, True, True, False]
    assert [of.segment for of in found.verdict.segments] == [segments["main"]]
    assert (found.interactions, found.tipping_points, found.bounds, found.balance) == ((), (), (), ())
    assert found.verdict.reasons == ("No value is declared for any outcome, so a gain after costs cannot be shown.",)


def test_a_difference_of_segments_tells_of_nobody(done):
    """From the whole by few (blank in the column), or from a segment of another column: then neither is told."""
    with done.registry.read(FIRST) as reader:
        whole = from_document(reader.trial(done.files.trial).evaluation.document)
    row = replace(whole.estimates[0], n_arm=100, n_comparison=100)
    counts = {("blanks", "all"): (98, 97), ("one", "a"): (60, 60), ("two", "a"): (60, 59), ("far", "a"): (40, 40)}
    rows = [
        replace(row, subgroup=column, level=level, n_arm=n, n_comparison=m)
        for (column, level), (n, m) in counts.items()
    ]
    found = concealed(replace(whole, estimates=(row, *rows), sensitivity=()))
    assert [of.estimate is None for of in found.estimates] == [False, True, True, True, False]


def test_what_follows_from_who_is_where_is_not_told(done):
    """The balance before the trial names an arm, and a column that a model lacks those who share one."""
    with done.registry.read(FIRST) as reader:
        whole = from_document(reader.trial(done.files.trial).evaluation.document)
    said = "Arms differ before the trial in flag: a standardised difference of 0.14 (SMS against No further action)"
    notes = (
        "Left out because other columns already say the same: pair.",
        "Levels that some arm lacks, merged into “other”: north.",
        "No value is declared for any outcome.",
    )
    check = replace(whole.checks[0], kind="balance", detail=said)
    found = concealed(replace(whole, checks=(check,), dropped_columns=("pair",), notes=notes))
    assert "SMS" not in found.checks[0].detail
    assert (found.dropped_columns, found.notes) == ((), notes[2:])


def test_an_evaluations_digest_is_of_more_than_others_see(registry, files):
    """Whoever tries the hidden counts of a file of one customer finds no digest that is right."""
    allocated(registry, files)
    one = write_csv(files.folder / "one.csv", outcomes(eligible(files.customers))[:1])
    load_outcomes(registry, ANALYST, files.trial, one)
    made = evaluate(registry, ANALYST, files.trial)
    with registry.read(FIRST) as reader:
        whole = reader.evaluation(files.trial, 1)
    assert "salt" not in made.document
    assert digest_of(whole.document) == made.digest
    assert digest_of({name: said for name, said in whole.document.items() if name != "salt"}) != made.digest
    assert made.data_digest == made.document["data_digest"] == KEPT
    assert all(proof.holds for proof in verify(registry, ANALYST, files.trial))


def test_a_list_of_one_customer_is_told_to_nobody_else(registry, files, tmp_path):
    """Which lists are left, which were issued and what was sent: of a wave of one each names their arm."""
    allocated(registry, files)
    issue_lists(registry, FIRST, files.trial, "sms", tmp_path / "lists")
    for role in BLIND:
        with registry.read(Actor(f"A {role}", role)) as reader:
            (line,), detail, audit = reader.portfolio(), reader.trial(files.trial), reader.audit()
            (own,) = reader.certificates(files.trial)
        assert (line.next.step, line.next.arms) == (detail.summary.next.step, ()) == ("load_outcomes", ())
        assert detail.issues == ()
        assert (detail.waves[0].digest, detail.waves[0].snapshot_digest, own["allocation_digest"]) == (KEPT,) * 3
        told = {event.action: event.detail for event in audit}
        assert "issue" not in told
        assert set(told["allocate"]) == {"algorithm"}
    with registry.read(FIRST) as reader:
        (line,) = reader.portfolio()
    assert (line.next.step, line.next.arms) == ("issue_rest", ("letter",))


def test_few_shared_customers_are_fewer_than_ten(registry, files, tmp_path):
    allocated(registry, files)
    last = eligible(files.customers)[-1]["customer_id"]
    other = Files(tmp_path / "other", trial="other", population="others", first=int(last[1:]))
    allocated(registry, other, seed=OTHER_SEED)
    counted = overlap(registry, FIRST, files.trial, "other")
    assert 0 < counted < SMALL
    assert overlap(registry, ANALYST, files.trial, "other") is None
    assert overlap(registry, ANALYST, files.trial, files.trial) >= SMALL


def test_the_command_line_says_no_arm_to_the_analyst(registry, files, home, tmp_path, monkeypatch, capsys):
    allocated(registry, files)
    monkeypatch.setenv("OTM_HOME", str(home))
    monkeypatch.setenv("OTM_ACTOR", "An Analyst:analyst")
    one = write_csv(tmp_path / "one.csv", outcomes(eligible(files.customers))[:1])
    for command in (
        ["outcomes", "load", files.trial, str(one), "--as-at", "2099-01-01", "--json", "-"],
        ["outcomes", "load", files.trial, str(one), "--as-at", "2099-01-01", "--replace"],
        ["certificate", files.trial],
        ["verify", files.trial],
        ["outcomes", "withdraw", files.trial, "--reason", "wrong"],
    ):
        capsys.readouterr()
        application()(command, standalone_mode=False)
        said = capsys.readouterr()
        assert not re.search(r"\b(letter|sms)\b\W+\d", said.out + said.err), command
        if "--json" in command:
            assert json.loads(said.out)["matched"] == []
        elif command[1] == "load":
            assert "Counts by arm are the randomiser's" in said.err
