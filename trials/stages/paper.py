"""Paper: a design's proposal for those who approve it, as a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from data.whole_files import unfinished
from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.registry.dossier import Dossier, dossier_of
from trials.reporting.papers import paper_docx, paper_pdf
from trials.reporting.proposal import locked_on, proposal_paper

LAYOUTS = {".pdf": paper_pdf, ".docx": paper_docx}
"""What makes a file of a paper, by how the file's name ends."""


def write_paper(registry: Registry, actor: Actor, trial_id: str, out: str | Path, day: date, today: date) -> Path:
    """Write the fourteen points of a design's proposal into a file.

    Args:
        registry: Where the design is.
        actor: Who asks.
        trial_id: The design, or the trial that it became.
        out: The file; how its name ends says which kind it is.
        day: The day that the paper bears. The same record and day give the same file.
        today: The day on which it is asked.

    Raises:
        TrialRefused: There is neither a design nor a trial of this id, the file's name has another ending, the day is
            no day that the paper can bear, or the file cannot be written.
    """
    target = Path(out)
    layout = LAYOUTS.get(target.suffix.lower())
    if layout is None:
        raise TrialRefused(
            f'a file that ends in "{target.suffix}" is none that a paper can be',
            where=str(target),
            rule=f"a paper ends in {' or '.join(LAYOUTS)}",
            remedy="name the file so",
        )
    with registry.inspect(actor, "read", trial_id) as session:
        dossier = dossier_of(session, trial_id, day)
    _refuse_day(dossier, day, today)
    write_file(target, layout(proposal_paper(dossier), day))
    return target


def _refuse_day(dossier: Dossier, day: date, today: date) -> None:
    happened = [each.entry.on for each in dossier.facts.recorded]
    if dossier.lock is not None:
        happened.append(locked_on(dossier))
    if dossier.drawn_on is not None:
        happened.append(dossier.drawn_on)
    last = max(happened, default=day)
    if day > today or day < last:
        problem = "is not here yet" if day > today else f"is before {last:%Y-%m-%d}, of which the paper tells"
        raise TrialRefused(
            f"{day:%Y-%m-%d} {problem}",
            where=dossier.trial,
            rule="a paper bears a day on which all that it tells had happened, and none to come",
            remedy="leave the day out, or name a later one",
        )


def write_file(target: Path, content: bytes) -> None:
    """Write a file as a whole, for its owner only, in the place of one that is there.

    Raises:
        TrialRefused: It cannot be written.
    """
    try:
        if not target.parent.is_dir():
            raise FileNotFoundError(2, "No such folder", str(target.parent))
        with unfinished(target, replaces=True) as made:
            made.file.write(content)
            made.finish()
    except OSError as error:
        raise TrialRefused(f"the paper cannot be written ({error.strerror or error})", where=str(target)) from error
