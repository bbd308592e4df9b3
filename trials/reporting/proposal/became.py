"""What became of a plan: set aside, locked outside its route, amended. Told on whatever is made of it."""

from __future__ import annotations

from analysis.wording.phrases import day as day_in_words
from designs.entries import SetAside
from trials.registry.dossier import Dossier
from trials.reporting.amended import amended, in_one_line


def became(dossier: Dossier) -> tuple[str, ...]:
    """One sentence for each; none of a plan that goes its way."""
    told = [*set_aside(dossier)]
    if dossier.outside is not None:
        told.append(f"Locked outside the route of approval: {in_one_line(dossier.outside)}.")
    changed = amended(dossier.amendments)
    return (*told, *(() if changed is None else (changed,)))


def set_aside(dossier: Dossier) -> tuple[str, ...]:
    """When a design was set aside, and why; empty where it was not."""
    entries = [each.entry for each in dossier.facts.recorded]
    return tuple(
        f"Set aside on {day_in_words(entry.on)}: {in_one_line(entry.reason)}."
        for entry in entries
        if isinstance(entry, SetAside)
    )
