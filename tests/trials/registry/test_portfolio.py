"""One trial of the portfolio is read alone: what it costs does not grow with the trials beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from tests.trials.examples import FIRST, OTHER_SEED, SECOND, Files, allocated, evaluated, load_outcomes, locked
from trials.access import LOCAL_ACTOR
from trials.registry import Registry
from trials.registry.portfolio import portfolio
from trials.registry.tables.columns import now
from trials.reporting.portfolio import verdict_of
from trials.stages.decide import decide
from trials.stages.evaluate import evaluate
from trials.stages.issue import issue
from trials.stages.population import load_population
from trials.stages.register import register
from trials.stages.release import release
from trials.stages.void import confirm_void, request_void


@contextmanager
def rows_read(registry: Registry) -> Iterator[list[int]]:
    """How many rows each query brings from the database while this is open."""
    counts: list[int] = []

    def count_on_sqlite(connection: Any, _record: object) -> None:
        def counted(_cursor: object, row: tuple[Any, ...]) -> tuple[Any, ...]:
            counts.append(1)
            return row

        connection.row_factory = counted

    def count_on_postgresql(_connection: Any, cursor: Any, *_: object) -> None:
        counts.append(max(0, cursor.rowcount))

    if registry.url.get_backend_name() == "sqlite":  # its cursors do not know; every read is a connection of its own
        listening = (registry._engine, "connect", count_on_sqlite)
    else:
        listening = (registry._engine, "after_cursor_execute", count_on_postgresql)
    event.listen(*listening)
    try:
        yield counts
    finally:
        event.remove(*listening)


def files_of(files: Files, trial: str, **more: Any) -> Files:
    return Files(files.folder / trial, trial=trial, count=120, **more)


def add_beside(registry: Registry, files: Files, number: int) -> None:
    """Two more trials: one in a state that has many rows, and a draft on the population of the first."""
    beside = files_of(files, f"beside-{number}", population=f"people-{number}")
    allocated(registry, beside, seed=f"{number:064x}")
    issue(registry, FIRST, beside.trial, "sms", beside.folder / "lists")
    load_outcomes(registry, FIRST, beside.trial, beside.outcomes)
    load_outcomes(registry, FIRST, beside.trial, beside.outcomes)
    evaluate(registry, FIRST, beside.trial)
    register(registry, FIRST, files_of(files, f"sharing-{number}", population="debts").protocol)


def test_what_one_trial_costs_does_not_grow_with_the_others(either: Registry, files: Files):
    evaluated(either, files)

    def cost() -> tuple[int, int, int]:
        read = []
        with rows_read(either) as counts:
            for ask in (
                lambda reader: portfolio(reader._session, files.trial),
                lambda reader: reader.trial(files.trial),
                lambda reader: reader.portfolio(),
            ):
                counts.clear()
                with either.read(LOCAL_ACTOR) as reader:
                    ask(reader)
                read.append(sum(counts))
        return read[0], read[1], read[2]

    add_beside(either, files, 1)
    summary, detail, everything = cost()
    add_beside(either, files, 2)
    assert cost()[:2] == (summary, detail)
    assert 0 < summary < detail
    assert cost()[2] > everything  # what is counted would have grown


def test_a_trial_read_alone_is_the_line_that_the_portfolio_has(registry: Registry, files: Files):
    evaluated(registry, files)
    decide(
        registry, FIRST, files.trial, choice="accept", action="do not scale", reason="not shown",
        review_on=now().date() + timedelta(days=90),
    )  # fmt: skip
    add_beside(registry, files, 1)
    register(registry, FIRST, files_of(files, "draft").protocol)
    loaded = files_of(files, "loaded", population="other-people")
    load_population(registry, FIRST, loaded.population, loaded.protocol, synthetic=False)
    register(registry, FIRST, loaded.protocol)
    locked(registry, files_of(files, "locked", population="more-people"), synthetic=False)
    voided = files_of(files, "voided", population="yet-more-people")
    allocated(registry, voided, seed=OTHER_SEED)
    request_void(registry, FIRST, voided.trial, reason="the wrong population was loaded")
    confirm_void(registry, SECOND, voided.trial)
    release(registry, FIRST, files.trial, reason="results are stored")
    with registry.read(LOCAL_ACTOR) as reader:
        whole = reader.portfolio()
        alone = tuple(reader.trial(trial.id).summary for trial in whole)
    assert alone == whole
    assert {trial.state for trial in whole} >= {"draft", "locked", "analysed", "decided", "void"}
    assert {trial.synthetic for trial in whole} == {True, False}


def test_a_void_trial_has_no_verdict_whatever_was_evaluated_before(registry: Registry, files: Files):
    evaluated(registry, files)
    with registry.read(LOCAL_ACTOR) as reader:
        assert reader.trial(files.trial).summary.verdict_code is not None
    request_void(registry, FIRST, files.trial, reason="the wrong population was loaded")
    confirm_void(registry, SECOND, files.trial)
    with registry.read(LOCAL_ACTOR) as reader:
        (summary,) = reader.portfolio()
    assert (summary.state, summary.verdict_code, summary.verdict_sentence) == ("void", None, None)
    assert (summary.verdict_arm, summary.verdict_segment, summary.verdict_where) == (None, None, ())
    assert verdict_of(summary) == "None: the draw is void"
