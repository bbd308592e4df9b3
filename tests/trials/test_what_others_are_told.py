"""Before the release: every field of every kind that a reader returns is named as told or kept, or a test fails."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_args, get_type_hints

import pytest

import designs.gates
from analysis.document import from_document, to_document
from analysis.results import (
    ArmFinding,
    Check,
    Estimate,
    Evaluation,
    Flow,
    Interaction,
    Look,
    LookInference,
    Money,
    NetBenefit,
    Unplanned,
    Verdict,
)
from designs.assignment.certificate import Certificate
from tests.trials.examples import FIRST, allocated, evaluated, load_outcomes
from trials import concealment
from trials.access import Action, Actor
from trials.concealment import KEPT, SEEN_OF_CERTIFICATES, SEEN_OF_EVENTS, SMALL, concealed, concealed_event
from trials.life import Standing, as_told, next_step, state_of
from trials.registry import queries, records, told
from trials.registry.customers import Customers
from trials.registry.dossier import Dossier
from trials.registry.reader import Reader
from trials.registry.records import (
    AllocationRecord,
    AuditEvent,
    EvaluationLine,
    EvaluationRecord,
    FileAccount,
    JobRecord,
    PastTrial,
    ReturnedFileRecord,
    TrialDetail,
    TrialSummary,
)
from trials.registry.told import TOLD, UNTOLD, UNTOLD_WHOLE, told_job
from trials.seen_fields import HIDDEN, KEPT_WHOLE, SEEN
from trials.stages.issue import issue_lists
from trials.stages.job import finish_job, look_at_job, open_job
from trials.stages.release import release

ANALYST = Actor("An Analyst", "analyst")

GIVEN: dict[type, set[str]] = {
    Evaluation: {
        "data_digest", "flow", "checks", "verdict", "maturity", "estimates", "sensitivity", "interactions",
        "net_benefit", "notes", "posteriors", "thresholds", "look", "looks_before", "unplanned",
    },
    Unplanned: {"estimates", "interactions", "net_benefit"},
    Flow: {"excluded"},
    Check: {"detail"},
    Verdict: {"sentence", "reasons", "segments"},
    ArmFinding: {"reasons"},
    Estimate: {"mean_comparison", "adjusted_mean_arm", "adjusted_mean_comparison", "reason", "note"},
    Interaction: {"reason"},
    NetBenefit: {"segments"},
    Money: {"reason", "note"},
    LookInference: {"reason"},
    TrialSummary: {"verdict_sentence"},
    PastTrial: {"summary", "effects", "why"},  # as the summary and the evaluation are told
    TrialDetail: {"summary", "allocation", "evaluation", "returned", "waves", "evaluations"},
    AllocationRecord: {"digest", "snapshot_digest", "exclusions"},
    EvaluationRecord: {"data_digest", "document"},
    EvaluationLine: {"verdict_sentence"},
    JobRecord: {"result_digest", "request"},
}  # fmt: skip
"""What others get in another form: shorter, rounder, as passed or not, or not at all where it would tell an arm."""

BEFORE_THE_DRAW = {
    "diagnoses",
    "ended_designs",
    "designs",
    "design",
    "design_detail",
    "design_texts",
    "revisions",
    "past_plan",
    "draft",
    "typed",
}
"""Questions about a design, which has no arms of customers, and about what the reader typed."""
TOLD_WHOLE: dict[type, frozenset[str]] = {
    Dossier: frozenset({
        "trial", "facts", "revision", "version", "digest", "population", "lock", "outside", "drawn_on",
        "state", "amendments",
    }),
    Customers: frozenset({"waterfall", "profile", "reasons", "unmatched"}),  # of the population
}  # fmt: skip
"""What says nothing that follows from a draw but its day: a new field of it is looked at here."""
OF_THE_LOADER = {"RejectionRecord", "UnreadableRecord"}  # rows of the file that the reader brought


def _parts_of(kind: Any, seen: set[type]) -> Iterator[type]:
    """Every dataclass that a value of this kind can hold, down to where the plan begins."""
    if is_dataclass(kind) and isinstance(kind, type):
        if kind in seen or kind.__module__.startswith("designs."):
            return
        seen.add(kind)
        yield kind
        hints = get_type_hints(kind, localns=vars(designs.gates))
        for field in fields(kind):
            yield from _parts_of(hints[field.name], seen)
    for part in get_args(kind):
        yield from _parts_of(part, seen)


def reachable() -> list[type]:
    """What a reader's questions return, the results in an evaluation's document, and how a job stands."""
    seen: set[type] = set()
    kinds: list[type] = []
    for name, question in inspect.getmembers(Reader, inspect.isfunction):
        if not name.startswith("_") and name not in BEFORE_THE_DRAW:
            kinds += _parts_of(get_type_hints(question)["return"], seen)
    for more in (Evaluation, JobRecord, FileAccount):
        kinds += _parts_of(more, seen)
    return kinds


REACHABLE = reachable()


@pytest.mark.parametrize("kind", REACHABLE, ids=lambda kind: kind.__name__)
def test_every_field_that_can_be_reached_is_classified(kind):
    """A new field, or a new kind, fails here until somebody says whether others may see it, or in which form."""
    if kind in KEPT_WHOLE | UNTOLD_WHOLE or kind in (AuditEvent, FileAccount) or kind.__name__ in OF_THE_LOADER:
        return  # tested below: events by their action, and what a loader is told of their own file
    shown = {**SEEN, **TOLD, **TOLD_WHOLE}.get(kind)
    kept = {**HIDDEN, **UNTOLD}.get(kind, frozenset())
    given = GIVEN.get(kind, set())
    assert shown is not None, f"{kind.__name__} is classified nowhere"
    assert {field.name for field in fields(kind)} == shown | kept | given
    assert not shown & kept
    assert not (shown | kept) & given


def test_nothing_is_classified_that_is_not_there():
    assert set(SEEN) | set(TOLD) <= set(REACHABLE)
    assert len(REACHABLE) > 50


def test_a_kind_that_nobody_named_is_not_made(done, monkeypatch):
    with done.registry.read(FIRST) as reader:
        whole = from_document(reader.trial(done.files.trial).evaluation.document)
    monkeypatch.setattr(concealment, "SEEN", {kind: of for kind, of in SEEN.items() if kind is not ArmFinding})
    with pytest.raises(KeyError):
        concealed(whole)
    monkeypatch.undo()
    monkeypatch.setattr(told, "TOLD", {kind: of for kind, of in TOLD.items() if kind is not ReturnedFileRecord})
    with done.registry.read(ANALYST) as reader, pytest.raises(KeyError):
        reader.trial(done.files.trial)


def test_a_field_of_a_part_that_nobody_named_is_left_out(done, monkeypatch):
    with done.registry.read(FIRST) as reader:
        whole = from_document(reader.trial(done.files.trial).evaluation.document)
    assert whole.net_benefit.arms[0].central.df is not None
    assert {money.central.df for money in concealed(whole).net_benefit.arms} == {None}
    monkeypatch.setattr(concealment, "SEEN", {**SEEN, ArmFinding: SEEN[ArmFinding] - {"near_miss", "effect_range"}})
    told_arms = concealed(whole).verdict.arms
    assert {(arm.near_miss, arm.effect_range) for arm in told_arms} == {(None, None)}


def test_looks_and_sentences_of_arms_count_no_customers(done):
    with done.registry.read(FIRST) as reader:
        whole = from_document(reader.trial(done.files.trial).evaluation.document)
    look = Look(
        1, 2, whole.maturity.as_at, 0.5, 0.512345678, 100, 200,
        "harm_and_benefit", "obrien_fleming", "stop_for_benefit", critical_benefit=2.797123456,
        inference=(LookInference("letter", "primary", 0.1234567, 0.1, 0.2, 0.01, "of 99 customers with the letter"),),
    )  # fmt: skip
    finding = replace(
        whole.verdict.arms[0],
        reasons=("1 of the 99 customers with the letter lacks it.", "The effect was not shown."),
    )
    seen = concealed(replace(whole, look=look, verdict=replace(whole.verdict, arms=(finding,))))
    assert seen.look.inference[0].reason is None
    assert (seen.look.inference[0].estimate, seen.look.critical_benefit) == (0.1235, 2.797)
    assert seen.verdict.arms[0].reasons == ("The effect was not shown.",)
    assert from_document(to_document(seen)) == seen


KEPT_OF_EVENTS = {
    "allocate": {
        "salt", "wave", "allocation_digest", "snapshot_digest", "population_digest", "counts", "seed_commitment",
        "exclusions", "excluded_digest", "units_digest", "index_date", "certificate_digest",
    },
    "commit_seed": {"salt", "excluded_digest", "exclusions"},
    "freeze_wave": {"salt", "excluded_digest", "exclusions"},
    "evaluate": {"data_digest"},  # over the allocation too
}  # fmt: skip
"""What is named in the events of an action that others are told of, and kept from them."""
ROWS = "rows"  # the digests of what an event wrote, of counts by arm among others
NOT_TOLD = {
    "issue", "load_contacts", "whois", "take_out", "remove_lists", "lock_outside", "backup", "restore", "migrate",
    "collect",
}  # fmt: skip
READ_ALONE = {"read", "overlap", "certificate", "verify", "randomise"}  # no event has their name


def test_every_action_is_told_or_kept():
    assert set(get_args(Action)) == set(SEEN_OF_EVENTS) | NOT_TOLD | READ_ALONE
    assert not set(SEEN_OF_EVENTS) & NOT_TOLD


def test_every_part_of_an_event_is_told_or_kept(registry, files, tmp_path):
    evaluated(registry, files)
    issue_lists(registry, FIRST, files.trial, "sms", tmp_path / "lists")
    with registry.inspect(FIRST, "verify") as session:
        events = queries.audit_events(session, files.trial)
    assert {"allocate", "commit_seed", "issue", "load_outcomes", "evaluate"} <= {event.action for event in events}
    for event in events:
        if event.action in NOT_TOLD:
            assert concealed_event(event.action, event.detail) is None
            continue
        shown = concealed_event(event.action, event.detail)
        unnamed = set(event.detail) - set(shown) - KEPT_OF_EVENTS.get(event.action, set()) - {ROWS}
        assert not unnamed, f"{event.action}: {unnamed} is neither told nor kept"


def test_that_a_list_was_issued_is_in_no_event_of_others(registry, files, tmp_path):
    """Of a wave of one customer the event itself, whatever it says, names their arm."""
    allocated(registry, files)
    with registry.read(ANALYST) as reader:
        before = reader.audit(files.trial)
    issue_lists(registry, FIRST, files.trial, "sms", tmp_path / "lists")
    with registry.read(ANALYST) as reader:
        after = reader.audit(files.trial)
        assert {event.action for event in reader.audit()} & NOT_TOLD == set()
    assert after == before
    with registry.read(FIRST) as reader:
        assert reader.audit(files.trial)[-1].action == "issue"
    load_outcomes(registry, ANALYST, files.trial, files.outcomes)


def test_the_next_step_is_the_same_whichever_lists_are_left():
    one = Standing("t", locked=True, waves_allocated=2, waves_planned=3, issued=True)
    left, none_left = replace(one, unissued=("letter",)), one
    assert next_step(left) != next_step(none_left)
    assert next_step(as_told(left, few=False)) == next_step(as_told(none_left, few=False))
    drawn, issued = replace(one, issued=False), one
    assert state_of(drawn) != state_of(issued)
    assert state_of(as_told(drawn, few=True)) == state_of(as_told(issued, few=True)) == "allocated"
    assert state_of(as_told(issued, few=False)) == "in_field"


def test_the_digest_of_a_draw_is_not_told_by_its_job(registry, files):
    allocated(registry, files)
    job = open_job(registry, FIRST, files.trial, "randomise", "a" * 32, lambda _: True, {})
    finish_job(registry, FIRST, job, "d" * 64)
    for actor, digest in ((ANALYST, KEPT), (FIRST, "d" * 64)):
        seen = look_at_job(registry, actor, files.trial, "randomise", lambda _: False)
        assert (seen.state, seen.result_digest) == ("done", digest)


def test_a_job_of_lists_is_nothing_to_others(registry, files):
    allocated(registry, files)
    asked = {"arms": ["letter"], "columns": [], "reason": None}
    open_job(registry, FIRST, files.trial, "issue", "a" * 32, lambda _: True, asked)
    assert look_at_job(registry, ANALYST, files.trial, "issue", lambda _: True) is None
    seen = look_at_job(registry, FIRST, files.trial, "issue", lambda _: True)
    assert (seen.request, told_job(seen).request) == (asked, {})


def test_an_evaluation_is_told_by_its_jobs_digest(registry, files):
    evaluated(registry, files)
    job = open_job(registry, FIRST, files.trial, "evaluate", "b" * 32, lambda _: True, {})
    finish_job(registry, FIRST, job, "e" * 64)
    assert look_at_job(registry, ANALYST, files.trial, "evaluate", lambda _: False).result_digest == "e" * 64
    release(registry, FIRST, files.trial, reason="the results are stored")
    randomised = JobRecord("c" * 32, files.trial, "randomise", "A", "all", job.started_at, result_digest=None)
    assert told_job(randomised) == randomised


def test_every_field_of_a_certificate_is_classified():
    named = {field.name for field in fields(Certificate)}
    assert named == SEEN_OF_CERTIFICATES | {"strata", "allocation_digest", "seed"}


def test_few_is_what_a_count_by_arm_may_be():
    assert SMALL == 10
    assert records.IssueRecord in UNTOLD_WHOLE
