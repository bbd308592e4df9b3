"""A public registry's form: its fields in order, each filled from what is on record, or said not to be there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from analysis.wording.phrases import day as day_in_words
from trials.registry.dossier import Dossier
from trials.reporting.papers import Block, Missing, Paper, Paragraph, Section, Table
from trials.reporting.proposal.points import SYNTHETIC

ABSENT: Final = "Not in the record"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form.

    Attributes:
        id: Its number where the form numbers them, else a name for programs.
        name: What the form calls it, or what it asks for.
        fill: What the record says; None where it says nothing.
        required: Whether the form takes no entry without it.
    """

    id: str
    name: str
    fill: Callable[[Dossier], str | None]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form.

    Attributes:
        code: Its name in commands.
        name: What people call it.
        source: Where its fields stand, and when they were read.
        sections: Its fields, under its own headings.
    """

    code: str
    name: str
    source: str
    sections: tuple[tuple[str, tuple[Field, ...]], ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """All of them, in order."""
        return tuple(field for _, fields in self.sections for field in fields)


def nothing(_: Dossier) -> str | None:
    """What the registry of trials holds of a field that it has no place for."""
    return None


def entry_values(form: Form, dossier: Dossier) -> dict[str, Any]:
    """A trial's entry as plain values, for programs that upload it."""
    filled = [(heading, field, field.fill(dossier)) for heading, fields in form.sections for field in fields]
    return {
        "form": form.code,
        "name": form.name,
        "source": form.source,
        "trial": dossier.trial,
        "plan_digest": dossier.digest,
        "day": dossier.facts.today.isoformat(),
        "synthetic": dossier.synthetic,
        "fields": [
            {"id": field.id, "section": heading, "name": field.name, "required": field.required, "value": value}
            for heading, field, value in filled
        ],
        "not_in_the_record": [field.id for _, field, value in filled if value is None],
    }


def entry_paper(form: Form, dossier: Dossier) -> Paper:
    """A trial's entry as a paper to copy from."""
    sections = tuple(Section(heading, _section(fields, dossier)) for heading, fields in form.sections)
    lacking = [field.name for field in form.fields if field.required and field.fill(dossier) is None]
    opening: list[Block] = [Paragraph(f"The form: {form.source}")]
    if lacking:
        opening.append(
            Missing(
                f"The form requires, and the record does not hold: {'; '.join(lacking)}.", "whoever makes the entry"
            )
        )
    title = dossier.trial if dossier.plan is None or dossier.plan.title is None else dossier.plan.title
    return Paper(
        title=title,
        subtitle=f"Entry for: {form.name}",
        author=None if dossier.plan is None else dossier.plan.owner,
        banner=SYNTHETIC if dossier.synthetic else None,
        footer=f"{dossier.trial}, {day_in_words(dossier.facts.today)}",
        notices=(),
        opening=tuple(opening),
        sections=sections,
    )


def _section(fields: tuple[Field, ...], dossier: Dossier) -> tuple[Block, ...]:
    rows = tuple(
        (field.name if field.id.isidentifier() else f"{field.id}. {field.name}", field.fill(dossier) or ABSENT)
        for field in fields
    )
    return (Table("Each field, and what the record says", ("Field", "Entry"), rows, widths=(2, 5)),)
