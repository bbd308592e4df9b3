"""Answers that are in doubt, overridden or out of date, in sentences; and where the answers lead."""

from __future__ import annotations

from analysis.wording.phrases import day
from designs.entries import DoubtOverridden
from designs.suitability.answers import route
from designs.suitability.doubts import doubted, overrides
from designs.suitability.editions import edition_of
from designs.suitability.staleness import stale
from trials.registry.records import DesignDetail


def doubts_in_words(detail: DesignDetail) -> list[str]:
    """Each question that is in doubt and that nobody has overridden."""
    facts = detail.facts
    if facts.plan is None or facts.plan.suitability is None:
        return []
    held, edition = overrides(facts.plan, facts.recorded), edition_of(facts.plan)
    return [edition.question(name).asks for name in doubted(facts.plan) if name not in held]


def overrides_in_words(detail: DesignDetail) -> list[str]:
    """Who let the design go on although something is in doubt, when and why."""
    facts = detail.facts
    if facts.plan is None or facts.plan.suitability is None:
        return []
    edition, said = edition_of(facts.plan), []
    for name, record in overrides(facts.plan, facts.recorded).items():
        assert isinstance(record.entry, DoubtOverridden)
        asks = edition.question(name).asks
        said.append(
            f"\u201c{asks}\u201d is in doubt. {record.by} let the design go on, on {day(record.entry.on)}: "
            f"{record.entry.reason.rstrip('.')}."
        )
    return said


def stale_in_words(detail: DesignDetail) -> dict[str, str]:
    """Of each answer that changed since it was confirmed, or whose grounds did, that it must be looked at again."""
    facts = detail.facts
    if facts.plan is None:
        return {}
    return {
        each.question: f"This answer, or what it rests on, changed since {each.confirmed.by} confirmed it on "
        f"{day(each.confirmed.entry.on)}. Look at it again."
        for each in stale(facts.plan, facts.texts, facts.recorded)
    }


def where_it_leads(detail: DesignDetail) -> tuple[str, str] | None:
    """The page to which the answer about the reason leads, with the words of the way there; None where it goes on."""
    leads = None if detail.facts.plan is None else route(detail.facts.plan)
    if leads == "segments":
        return "population", "They behave so for different reasons: say which customers have which"
    if leads == "insight":
        return "consultation", "The reason is not known: ask those who can find out"
    return None
