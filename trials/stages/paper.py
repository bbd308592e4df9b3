"""Papers: what a design hands in, as a file: its proposal, its entry for a public registry, and its letters."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Final, TypeVar

from data.whole_files import replace_whole
from designs.literals import Language
from designs.protocol.rules.dates import FIRST_DAY, LAST_DAY
from trials.access import Actor
from trials.errors import TrialRefused
from trials.registry import Registry
from trials.registry.dossier import Dossier, dossier_of
from trials.reporting.letters import kept_text, letter_pdf
from trials.reporting.papers import Paper, paper_docx, paper_pdf
from trials.reporting.proposal import locked_on, proposal_paper
from trials.reporting.registrations import FORMS, Form, entry_paper, entry_values

_Made = TypeVar("_Made")
LAYOUTS: Final[Mapping[str, Callable[[Paper, date], bytes]]] = {".pdf": paper_pdf, ".docx": paper_docx}
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
    layout = _by_ending(Path(out), LAYOUTS)
    dossier = _read(registry, actor, trial_id, day, today)
    return _write(registry, Path(out), layout(proposal_paper(dossier), day))


def paper_file(registry: Registry, actor: Actor, trial_id: str, ending: str, today: date) -> bytes:
    """The proposal as of today, as :func:`write_paper` writes it.

    Raises:
        TrialRefused: As for :func:`write_paper`.
    """
    layout = _by_ending(Path(f"paper{ending}"), LAYOUTS)
    return layout(proposal_paper(_read(registry, actor, trial_id, today, today)), today)


def write_registration(
    registry: Registry, actor: Actor, trial_id: str, form_code: str, out: str | Path, day: date, today: date
) -> Path:
    """Write a trial's entry for a public registry into a file: to copy from, or, as JSON, for programs.

    Args:
        registry: Where the trial is.
        actor: Who asks.
        trial_id: The trial, or its design.
        form_code: Which of :data:`trials.reporting.registrations.FORMS`.
        out: The file; how its name ends says which kind it is.
        day: The day that the entry bears.
        today: The day on which it is asked.

    Raises:
        TrialRefused: There is no such form, or as for :func:`write_paper`.
    """
    return _write(registry, Path(out), _registration(registry, actor, trial_id, form_code, Path(out), day, today))


def registration_file(
    registry: Registry, actor: Actor, trial_id: str, form_code: str, ending: str, today: date
) -> bytes:
    """An entry for a public registry as of today, as :func:`write_registration` writes it.

    Raises:
        TrialRefused: As for :func:`write_registration`.
    """
    return _registration(registry, actor, trial_id, form_code, Path(f"entry{ending}"), today, today)


def _registration(
    registry: Registry, actor: Actor, trial_id: str, form_code: str, target: Path, day: date, today: date
) -> bytes:
    form = FORMS.get(form_code)
    if form is None:
        raise TrialRefused(f"there is no form {form_code!r}", where=trial_id, remedy=f"name one of {', '.join(FORMS)}")
    kinds: dict[str, Callable[[Form, Dossier], bytes]] = {
        ".pdf": lambda form, dossier: paper_pdf(entry_paper(form, dossier), day),
        ".docx": lambda form, dossier: paper_docx(entry_paper(form, dossier), day),
        ".json": lambda form, dossier: _as_json(entry_values(form, dossier)),
    }
    layout = _by_ending(target, kinds)
    return layout(form, _read(registry, actor, trial_id, day, today))


def write_letter(
    registry: Registry, actor: Actor, trial_id: str, arm_id: str, language: Language, out: str | Path, today: date
) -> Path:
    """Write what an arm is sent into a PDF, as customers get it. The same text gives the same file.

    Args:
        registry: Where the trial is.
        actor: Who asks.
        trial_id: The trial, or its design.
        arm_id: Which arm.
        language: Of the text.
        out: The file.
        today: The day on which it is asked.

    Raises:
        TrialRefused: There is no such trial, arm or text, the file's name has another ending, or it cannot be written.
    """
    _by_ending(Path(out), {".pdf": letter_pdf})
    return _write(registry, Path(out), letter_file(registry, actor, trial_id, arm_id, language, today))


def letter_file(registry: Registry, actor: Actor, trial_id: str, arm_id: str, language: Language, today: date) -> bytes:
    """What an arm is sent as a PDF, as :func:`write_letter` writes it.

    Raises:
        TrialRefused: There is no such trial, arm or text.
    """
    with registry.inspect(actor, "read", trial_id) as session:
        dossier = dossier_of(session, trial_id, today)
    return letter_pdf(kept_text(dossier, arm_id, language))


def _as_json(values: Mapping[str, object]) -> bytes:
    return (json.dumps(values, indent=2, ensure_ascii=False) + "\n").encode()


def _by_ending(target: Path, kinds: Mapping[str, _Made]) -> _Made:
    found = kinds.get(target.suffix.lower())
    if found is None:
        raise TrialRefused(
            f'a file that ends in "{target.suffix}" is none that this can be',
            where=str(target),
            rule=f"it ends in {_or(kinds)}",
            remedy="name the file so",
        )
    return found


def _or(endings: Iterable[str]) -> str:
    *first, last = endings
    return f"{', '.join(first)} or {last}" if first else last


def _read(registry: Registry, actor: Actor, trial_id: str, day: date, today: date) -> Dossier:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise TrialRefused(
            f"{day:%Y-%m-%d} is no day of a trial",
            where=trial_id,
            rule=f"a paper bears a day from {FIRST_DAY:%Y-%m-%d} to {LAST_DAY:%Y-%m-%d}",
            remedy="leave the day out, or name another",
        )
    with registry.inspect(actor, "read", trial_id) as session:
        dossier = dossier_of(session, trial_id, day)
    happened = [each.entry.on for each in dossier.facts.recorded]
    if dossier.lock is not None:
        happened.append(locked_on(dossier))
    if dossier.drawn_on is not None:
        happened.append(dossier.drawn_on)
    for amendment in dossier.amendments:
        moments = (amendment.proposed_at, amendment.confirmed_at, amendment.withdrawn_at)
        happened += [moment.date() for moment in moments if moment is not None]
    last = max(happened, default=day)
    if day > today or day < last:
        problem = "is not here yet" if day > today else f"is before {last:%Y-%m-%d}, of which the paper tells"
        raise TrialRefused(
            f"{day:%Y-%m-%d} {problem}",
            where=trial_id,
            rule="a paper bears a day on which all that it tells had happened, and none to come",
            remedy="leave the day out, or name a later one",
        )
    return dossier


def _write(registry: Registry, target: Path, content: bytes) -> Path:
    """Write a file as a whole, for its owner only, in the place of one that is there; never one of the registry's."""
    registry.settings.require_outside(target)
    try:
        replace_whole(target, content)
    except OSError as error:
        raise TrialRefused(f"the file cannot be written ({error.strerror or error})", where=str(target)) from error
    return target
