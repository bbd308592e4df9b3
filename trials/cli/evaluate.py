"""Commands of the analyst and the manager: the evaluation, the one for trials randomised elsewhere, the decision."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from trials.cli.output import AsAt, JsonTarget, TrialId, at_work, registry_and_actor, say, write_json
from trials.cli.targets import reads

if TYPE_CHECKING:
    from datetime import date

    from data.engine import EngineName


def register(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command("evaluate")(evaluate)
    app.command("analyse")(analyse)
    app.command("schema")(schema)
    app.command("decide")(decide)
    app.command("correct")(correct)


def evaluate(trial: TrialId, as_at: AsAt = None, json_to: JsonTarget = None) -> None:
    """Run the locked analysis on the latest outcomes, and store all that it says. No verdict before they are due."""
    from analysis.document import from_document
    from trials.cli.results import show_evaluation
    from trials.reporting.results.decisions import contradiction
    from trials.reporting.words.vocabulary import evaluation_role
    from trials.stages.evaluate import evaluate as evaluate_stage

    with registry_and_actor() as (registry, actor), at_work("Evaluating"):
        record = evaluate_stage(registry, actor, trial, as_at=as_at and as_at.date())
        with registry.read(actor, trial) as reader:
            detail = reader.trial(trial)
    disagrees = contradiction(detail, record.id)
    if json_to is not None:
        if disagrees is not None:
            say(disagrees)
        stored = {"evaluation_number": record.id, "evaluation_role": record.role, "evaluation_count": record.count}
        write_json(json_to, {**record.document, "evaluation_digest": record.digest, **stored})
        return
    words = evaluation_role(record.role, record.count)
    if record.role != "finding" and detail.evaluation is not None and detail.evaluation.role == "finding":
        sentence = from_document(detail.evaluation.document).verdict.sentence
        typer.echo(f"{words}. The finding is evaluation {detail.evaluation.id}, and stays: {sentence}\n")
    show_evaluation(from_document(record.document), detail.protocol, detail.amended)
    say(f"Stored as evaluation {record.id} of {trial} ({words}), digest {record.digest}")
    if disagrees is not None:
        say(disagrees)


def analyse(
    protocol: Annotated[
        Path, typer.Argument(metavar="PROTOCOL", callback=reads, help="The protocol of a trial randomised elsewhere.")
    ],
    data: Annotated[
        Path, typer.Argument(metavar="DATA", callback=reads, help="CSV (also .gz), Parquet, Excel or Stata.")
    ],
    as_at: AsAt = None,
    json_to: JsonTarget = None,
) -> None:
    """Analyse a trial that was randomised elsewhere. No registry is needed; exit 0 whatever the verdict."""
    import os

    from data.arrow import postpone_pandas

    postpone_pandas()  # reading a Stata file recalls it
    from analysis.document import to_document
    from data.engine import open_engine
    from trials.stages.analyse import analyse as analyse_stage

    # Read here, not through the settings: importing what reads those takes a tenth of a second.
    engine = open_engine(cast("EngineName", os.environ.get("OTM_ENGINE") or "duckdb"))
    with at_work(f"Analysing {data.name}"):
        evaluation = analyse_stage(
            protocol, data, as_at=as_at and as_at.date(), engine=engine, remark=lambda line: say(f"Note: {line}")
        )
    if json_to is not None:
        write_json(json_to, to_document(evaluation))
        return
    from designs.protocol import load_protocol
    from trials.cli.results import show_evaluation

    show_evaluation(evaluation, load_protocol(protocol).protocol)


def schema() -> None:
    """Print the JSON Schema of what analyse and evaluate write."""
    from analysis.document import json_schema

    write_json("-", json_schema())


def decide(
    trial: TrialId,
    action: Annotated[str, typer.Option(help="What is done.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    review_on: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="When it is looked at again.")
    ],
    accept: Annotated[bool, typer.Option("--accept/--override", help="Accept the verdict, or override it.")] = True,
    conditions: Annotated[str | None, typer.Option(help="On what it depends.")] = None,
    evaluation: Annotated[
        str | None,
        typer.Option(
            "--evaluation",
            "--finding",
            metavar="NUMBER or DIGEST",
            help="The one that you read; needed where there are several, refused where another is the finding.",
        ),
    ] = None,
    also_read: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER or DIGEST", help="A later one with another verdict that you read as well."),
    ] = None,
) -> None:
    """Record a decision on the finding, under your name. An invalid attempt cannot be accepted, only overridden."""
    from trials.findings import WITHOUT_VERDICT
    from trials.reporting.results.decisions import gone_words
    from trials.seen import read_of
    from trials.stages.decide import decide as decide_stage

    review: date = review_on.date()
    with registry_and_actor() as (registry, actor):
        record = decide_stage(
            registry,
            actor,
            trial,
            choice="accept" if accept else "override",
            action=action,
            reason=reason,
            conditions=conditions,
            review_on=review,
            finding=None if evaluation is None else read_of(evaluation),
            also_read=[read_of(text) for text in also_read or ()],
        )
        with registry.read(actor, trial) as reader:
            detail = reader.trial(trial)
    verdict = record.verdict_code.replace("_", " ")
    does = f"{'accepts' if accept else 'overrides'} “{verdict}”"
    if record.verdict_code in WITHOUT_VERDICT:
        does = "decides without a finding"
    typer.echo(f"Recorded: {record.decided_by} {does}. Review on {record.review_on:%-d %B %Y}.")
    say(f"It rests on evaluation {record.evaluation}, digest {record.evaluation_digest}")
    gone = gone_words(record, detail.evaluations, detail.returned)
    if gone is not None:
        say(f"Note: {gone}")


def correct(
    trial: TrialId,
    reason: Annotated[str | None, typer.Option(help="What was wrong with the files; the first person says it.")] = None,
    evaluation: Annotated[
        int | None, typer.Option(help="What takes the place, as you read it; needed where it could be another.")
    ] = None,
    in_place_of: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER or DIGEST", help="The one that is wrong, as you read it; needed where one was before."
        ),
    ] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Confirm it, as the second person.")] = False,
) -> None:
    """Put a later evaluation in the place of a finding, or of a look, whose files were wrong. It takes two people."""
    from trials.errors import TrialRefused
    from trials.reporting.results.decisions import decision_notice
    from trials.reporting.results.evaluations import changed_words, correction_done
    from trials.seen import read_of
    from trials.stages.correct import confirm_correction, request_correction

    if confirm == (reason is not None) or (confirm and in_place_of is not None):
        raise TrialRefused("say --reason TEXT to ask for a correction, or --confirm to confirm one", where=trial)
    with registry_and_actor() as (registry, actor):
        if reason is None:
            done = confirm_correction(registry, actor, trial, evaluation=evaluation)
            with registry.read(actor, trial) as reader:
                detail = reader.trial(trial)
            typer.echo(correction_done(done, detail.evaluations))
            decided = decision_notice(detail)
            if decided is not None:
                say(decided)
        else:
            wrong = None if in_place_of is None else read_of(in_place_of)
            asked = request_correction(registry, actor, trial, reason=reason, evaluation=evaluation, in_place_of=wrong)
            typer.echo(
                f"Evaluation {asked.replacing} is to take the place of evaluation {asked.replaced}. "
                f"Somebody else confirms it: otm correct {trial} --confirm --evaluation {asked.replacing}"
            )
            done = asked
        if done.changed is not None:
            say(changed_words(done.changed))
