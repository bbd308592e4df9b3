"""Customers who prefer Welsh: which approaches have no Welsh text, and whether the plan keeps them out of those.

Nobody who prefers Welsh gets a version in English only: there is a text in Welsh, or they are kept out and counted
(:mod:`designs.assignment.findings.flags` counts them before the lock).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from designs.finding import Open
from designs.literals import Severity
from designs.protocol.keeping_out import keeps_out
from designs.protocol.models import Protocol
from designs.variants.sign_offs import Version

_PLACE = "population.welsh"


def open_welsh(plan: Protocol, versions: Mapping[str, Sequence[Version]]) -> tuple[Open, ...]:
    """What is open about customers who prefer Welsh.

    Args:
        plan: As far as it is filled.
        versions: Of each text, by its subject (``text/letter/cy``), the versions that it has had, oldest first.
    """
    return (*_without_text(plan), *_the_same(plan, versions))


def _without_text(plan: Protocol) -> Iterator[Open]:
    english = [(place, arm) for place, arm in enumerate(plan.arms or ()) if arm.english_only]
    welsh = plan.population.welsh if plan.population is not None else None
    if english and welsh is None:
        labels = ", ".join(arm.label for _, arm in english)
        problem = f"{labels}: there is no Welsh text, and the plan does not say who prefers Welsh"
        remedy = "write the text in Welsh (cy), or say who prefers Welsh (population.welsh)"
        yield Open("welsh_preference_not_declared", "blocks", _PLACE, problem, remedy, "designer")
    for place, arm in english:
        if welsh is None:
            continue
        kept = welsh.without_text is not None or keeps_out(plan.population, arm.not_for, welsh.conditions)
        sent = "are left out for it" if kept else "would be sent the English one"
        problem = f"{arm.label} has no Welsh text, and customers who prefer Welsh {sent}"
        remedy = "write the text in Welsh (cy)" + ("" if kept else ", or keep them out")
        severity: Severity = "informs" if kept else "blocks"
        yield Open("welsh_text_missing", severity, f"arms[{place}].text.cy", problem, remedy, "designer")


def _the_same(plan: Protocol, versions: Mapping[str, Sequence[Version]]) -> Iterator[Open]:
    """Texts in Welsh that are the English ones to the byte."""
    for place, arm in enumerate(plan.arms or ()):
        now = {language: versions.get(f"text/{arm.id}/{language}", ()) for language in ("en", "cy")}
        if arm.english_only or not all(now.values()) or now["en"][-1].digest != now["cy"][-1].digest:
            continue
        problem = f"the Welsh text of {arm.label} is the English one"
        yield Open(
            "welsh_text_is_english", "blocks", f"arms[{place}].text.cy", problem, "write it in Welsh", "designer"
        )
