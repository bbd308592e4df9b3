"""Analyse: one file of a trial that was randomised elsewhere, as its protocol declares, without a registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from analysis.evaluate import evaluate
from analysis.results import Evaluation
from analysis.sensitivity import with_bounds
from data.engine import Engine, open_engine
from data.intake import Intake, read_file
from data.intake.result import rejected_for
from designs.protocol import external_contract, load_protocol
from trials.errors import TrialRefused
from trials.field.happened import with_days
from trials.frames.code import with_code
from trials.frames.randomised_elsewhere import frame_of, without_armless


def analyse(
    protocol_path: str | Path,
    data_path: str | Path,
    *,
    as_at: date | None = None,
    engine: Engine | None = None,
    remark: Callable[[str], None] | None = None,
) -> Evaluation:
    """Evaluate a trial from its protocol and one file of data.

    Args:
        protocol_path: a protocol whose ``randomisation.method`` is ``external``.
        data_path: CSV (also .gz), Parquet, Excel or Stata, one row a customer.
        as_at: the day on which the data were cut; today where it is not given. Where the protocol has
            ``randomisation.allocation_date``, outcomes that are not due by then are shown no effect of.
        engine: where the rows are counted; one of its own when not given.
        remark: told what is strange about the file, and why rows of it were turned away, as a load would tell it.

    Raises:
        ProtocolRefused: the protocol is none, or the file has arm labels that it does not declare.
        DataRefused: the file is refused as a whole.
        TrialRefused: the trial was randomised here, nobody is left to analyse, or the data are to be as at a
            day to come.
    """
    loaded = load_protocol(protocol_path)
    protocol, data = loaded.protocol, Path(data_path)
    arm_column = protocol.randomisation.arm_column
    if arm_column is None:
        raise TrialRefused(
            "the trial was randomised here, so its arms are in the registry and in no file",
            where=str(protocol_path),
            rule="analyse takes trials whose randomisation.method is external",
            remedy="load the outcomes and evaluate the trial",
        )
    today = datetime.now(tz=UTC).date()
    if as_at is not None and as_at > today:
        raise TrialRefused(
            f"data cannot be as at {as_at.isoformat()}, which is still to come",
            where="--as-at",
            rule="a file knows what had happened by the day on which it was cut",
            remedy="give the day on which the data were extracted",
        )
    engine = engine or open_engine()
    intake = without_armless(engine, protocol, read_file(data, external_contract(protocol)), arm_column)
    if remark is not None:
        for line in _remarks(intake):
            remark(line)
    intake = with_days(protocol, intake, as_at or today)
    frame = frame_of(engine, protocol, intake, arm_column, as_at or today)
    evaluation = evaluate(frame, protocol, protocol_digest=loaded.digest)
    return with_code(with_bounds(frame, protocol, evaluation))


def _remarks(intake: Intake) -> Iterator[str]:
    yield from intake.warnings
    for cause in rejected_for(intake.rejections):
        rows = "1 row was" if cause.rows == 1 else f"{cause.rows:,} rows were"
        field = "" if cause.field is None else f"{cause.field}: "
        yield f"{rows} turned away, the first is row {cause.first_row:,}: {field}{cause.reason}"
