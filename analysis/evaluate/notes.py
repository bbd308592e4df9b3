"""What a reader must know about the estimates as a whole, in sentences."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from analysis.deciding import net_benefit
from analysis.evaluate.fits import Fits, SubgroupFits
from analysis.evaluate.quantile_groups import merged_note
from analysis.fit import Term
from analysis.inference.cautions import not_assigned_whole
from analysis.wording.phrases import capitalised
from designs.protocol.models import Protocol
from designs.protocol.words import ColumnWords, column_words


def notes_of(protocol: Protocol, fits: Fits) -> tuple[str, ...]:
    """What a reader must know about the estimates as a whole."""
    notes: list[str] = []
    words = column_words(protocol)
    dropped = {str(term) for fit in fits.whole.fits.values() for term in fit.dropped}
    if dropped:
        said = _counted((term for fit in fits.whole.fits.values() for term in fit.dropped), words)
        notes.append(f"Left out because other columns already say the same: {said}.")
    for subgroup in fits.subgroups:
        notes += _dropped_in_levels(subgroup, dropped, words)
        if merged_levels := merged_note(subgroup.by, words.label(subgroup.by.column)):
            notes.append(merged_levels)
        if subgroup.by.without:
            customers = f"{subgroup.by.without:,} customer{'s have' if subgroup.by.without > 1 else ' has'}"
            notes.append(f"{customers} no {words.column(subgroup.by.column)}, so that no level of it holds them.")
    merged = _counted((term for fit in fits.whole.fits.values() for term in fit.merged), words)
    if merged:
        notes.append(f"Levels that some arm lacks, merged into “other”: {merged}.")
    if protocol.analysis.errors_clustered_by is not None:
        notes.append(f"{capitalised(not_assigned_whole(words.column(protocol.analysis.errors_clustered_by)))}.")
    if net_benefit.idle_break_even(protocol):
        notes.append(
            "The declared break-even effect decides nothing: with an amount among the benefits, pounds decide."
        )
    if protocol.analysis.standard_errors == "CR1":
        notes.append("CR1 errors: G/(G − 1) × (n − 1)/(n − p), clusters and columns counted in each whole fit.")
    if protocol.analysis.standard_errors == "CR2":
        notes.append("CR2 errors with Satterthwaite degrees of freedom, identity working model.")
    return tuple(notes)


def _term(term: Term, words: ColumnWords) -> str:
    """A column of the model, by the words that are declared of it."""
    if term.level is not None and not term.marks_missing:
        return words.value(term.column, term.level) or str(term)
    return str(replace(term, column=words.column(term.column)))


def _counted(terms: Iterable[Term], words: ColumnWords) -> str:
    """Columns by name, with their customers where they are levels: as many as in the outcome that most have."""
    customers: dict[str, int | None] = {}
    for term in terms:
        said = _term(term, words)
        before = customers.get(said)
        customers[said] = before if term.customers is None else max(term.customers, before or 0)
    return ", ".join(name if n is None else f"{name} ({n:,})" for name, n in customers.items())


def _dropped_in_levels(subgroup: SubgroupFits, everywhere: Collection[str], words: ColumnWords) -> list[str]:
    """Columns that one level alone cannot hold; the subgroup's own column is constant there, and goes unsaid."""
    notes: list[str] = []
    for name in subgroup.by.names:
        dropped = dict.fromkeys(
            _term(term, words)
            for (_, level), fit in subgroup.regression.fits.items()
            if level == name
            for term in fit.dropped
            if str(term) not in everywhere and term.column != subgroup.by.column
        )
        if dropped:
            among = words.customers(subgroup.by.column, name)
            where = f"of {among}" if among else f"where {subgroup.by.column} = {name}"
            notes.append(f"Left out {where}: {', '.join(dropped)}.")
    return notes
