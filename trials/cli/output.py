"""Where words go: results to standard output, everything said about them to standard error."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.text import printable
from trials.cli.targets import TO_STANDARD_OUTPUT, write_result, writes
from trials.errors import TrialRefused

if TYPE_CHECKING:
    from data.intake.result import RejectedFor, Rejection
    from trials.access import Actor
    from trials.registry import Registry
    from trials.registry.records import CoverageRecord, FileAccount, RejectionRecord, UnreadableRecord

PAGE_WIDTH = 160
SHOWN_REJECTIONS = 10
SHOWN_CAUSES = 10

JsonTarget = Annotated[
    str | None,
    typer.Option(
        "--json", metavar="FILE or -", callback=writes, help="Write one JSON object there, - for standard output."
    ),
]
AsAt = Annotated[
    datetime | None,
    typer.Option(
        "--as-at", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="The day on which the data were cut; else today."
    ),
]
RejectionsTarget = Annotated[
    Path | None,
    typer.Option("--rejections", metavar="FILE.csv", callback=writes, help="Write why each row was rejected there."),
]
TrialId = Annotated[str, typer.Argument(metavar="TRIAL", help="The trial's id, as its protocol has it.")]


def say(message: str) -> None:
    """A line on standard error, so that standard output holds results and nothing else."""
    typer.echo(message, err=True)


def write_json(target: str, document: Any) -> None:
    """One JSON object to a file, or to standard output for ``-``.

    Raises:
        TrialRefused: The file cannot be written.
    """
    text = printable(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"
    if target == TO_STANDARD_OUTPUT:
        sys.stdout.write(text)
        return
    try:
        write_result(Path(target), text.encode())
    except OSError as error:
        raise TrialRefused(
            f"the result cannot be written there ({error.strerror})",
            where=target,
            rule="a result is told after all else is done",
            remedy="what the command did is done and on record: ask for it again, or read what there is",
        ) from error


def show_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    title: str | None = None,
    numeric: Container[int] = frozenset(),
) -> None:
    """A table for people, on standard output; ``numeric`` holds the places of the columns that are figures."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=SIMPLE, show_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place in numeric else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=PAGE_WIDTH)  # a file or a pipe has room for whole digests
    console.print(table)


def show_fields(fields: Mapping[str, object]) -> None:
    """Names and values, one a line, never cut short."""
    widest = max(len(name) for name in fields)
    for name, value in fields.items():
        typer.echo(f"{name:<{widest}}  {'' if value is None else value}".rstrip())


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error, with what is being done; plain lines where nobody watches a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda doing, done, total: say(f"{done}/{total} {doing}")
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda doing, done, total: bar.update(task, description=doing, completed=done, total=total)


@contextmanager
def at_work(doing: str) -> Iterator[None]:
    """Say on standard error what takes time; quiet where nobody watches."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(doing):
        yield


@contextmanager
def registry_and_actor(*, begins: bool = False) -> Iterator[tuple[Registry, Actor]]:
    """The registry that the settings name, and who is at work; where there is none, one only for what ``begins`` it.

    Raises:
        RegistryRefused: There is no registry, and this does not begin one.
    """
    from trials.access import parse_actor
    from trials.registry import is_there, open_registry, open_standing
    from trials.settings import load_settings

    settings = load_settings()
    actor = parse_actor(settings.actor)
    is_new = begins and not is_there(settings)
    registry = open_registry(settings) if begins else open_standing(settings)
    try:
        yield registry, actor
        if is_new:
            say(f"A new registry was made in {settings.home}")
    finally:
        registry.close()


def report_account(account: FileAccount, json_to: str | None, rejections_to: Path | None = None) -> None:
    """A file as it was taken: for people, or as JSON; and why each row was not, in a file of its own."""
    from data.intake.result import Rejection, rarest_first, rejected_for

    for warning in account.warnings:
        say(f"Note: {warning}")
    if rejections_to is not None:
        _write_rejections(account.rejections, rejections_to)
    rejections = [Rejection(r.row, r.field, r.reason) for r in account.rejections]
    causes = rejected_for(rejections)
    if json_to is not None:
        said = {
            "rejected_by": [asdict(cause) for cause in causes],
            "as_at": account.as_at and account.as_at.isoformat(),
        }
        write_json(json_to, asdict(account) | said)
        return
    typer.echo(f"{account.read:,} rows read, {account.loaded:,} loaded, {account.rejected:,} rejected.")
    typer.echo(f"Snapshot {account.digest}")
    if account.as_at is not None:
        typer.echo(f"As at {account.as_at.isoformat()}")
    if account.before is not None and account.after is not None:
        show_coverage(account.name, account.before, account.after)
    if account.matched:
        show_table(
            ("arm", "allocated", "matched", "share"),
            (
                (row.arm, f"{row.allocated:,}", f"{row.matched:,}", f"{row.matched / row.allocated:.1%}")
                for row in account.matched
            ),
        )
    elif account.version is not None:
        say("Counts by arm are the randomiser's until the draw is released; the evaluation checks that arms are alike.")
    if len(account.rejections) > len(causes):
        _show_causes(causes)
    _show_first(rarest_first(rejections))
    if account.unreadable:
        cells = "1 cell" if len(account.unreadable) == 1 else f"{len(account.unreadable):,} cells"
        typer.echo(f"{cells} could not be read: missing values, and their rows stay.")
        _show_first(account.unreadable)


def show_coverage(kind: str, before: CoverageRecord, after: CoverageRecord) -> None:
    """How many customers what is there of a kind speaks of, before and after a load or a withdrawal."""
    line = f"Customers with {kind}: {before.customers:,} before, {after.customers:,} after"
    if after.observed is not None:
        line += f"; with the primary outcome: {before.observed or 0:,} before, {after.observed:,} after"
    typer.echo(f"{line}.")


def _show_causes(causes: Sequence[RejectedFor]) -> None:
    """Why rows were rejected, the commonest reason first: a thousand rows of one fault are one line."""
    if not causes:
        return
    shown = causes[:SHOWN_CAUSES]
    show_table(
        ("rejected because", "field", "rows", "first row"),
        ((cause.reason, cause.field or "", f"{cause.rows:,}", f"{cause.first_row:,}") for cause in shown),
        numeric={2, 3},
    )
    if len(causes) > len(shown):
        say(f"{len(causes) - len(shown):,} more reasons.")


def _write_rejections(rejections: Sequence[RejectionRecord], target: Path) -> None:
    from data.spreadsheet_safety import write_rows

    written = io.StringIO(newline="")
    write_rows([("row", "field", "reason"), *((r.row, r.field, r.reason) for r in rejections)], written)
    try:
        write_result(target, written.getvalue().encode("utf-8", errors="replace"))
    except OSError as error:
        raise TrialRefused(f"the rejections cannot be written there ({error.strerror})", where=str(target)) from error
    say(f"Why rows were rejected: {target}")


def _show_first(rows: Sequence[Rejection | UnreadableRecord]) -> None:
    if not rows:
        return
    shown = rows[:SHOWN_REJECTIONS]
    show_table(("row", "field", "reason"), ((str(row.row), row.field or "", row.reason) for row in shown))
    if len(rows) > len(shown):
        say(f"{len(rows) - len(shown):,} more: --rejections FILE.csv writes those of rows, --json FILE all.")
