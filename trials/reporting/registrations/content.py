"""What several forms ask of a trial: its people, days, arms, sample and methods, as sentences from the record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from analysis.planning.power import plan as power_of
from analysis.wording.better import what_is_better
from analysis.wording.naming import outcome_label
from analysis.wording.numbers import count, decimal, percentage, points
from analysis.wording.phrases import capitalised, listed
from analysis.wording.phrases import day as day_in_words
from designs.literals import OutcomeRole
from designs.protocol import Protocol
from designs.protocol.conditions import describe
from designs.protocol.models import Outcome
from designs.protocol.words import column_words
from designs.variants.sign_offs import LANGUAGES, planned_texts
from trials.registry.dossier import Dossier
from trials.reporting.proposal.became import became
from trials.reporting.proposal.customers import comparison_of, shares_of
from trials.reporting.proposal.days import launch, locked_on
from trials.reporting.proposal.idea import METHODS
from trials.reporting.words.vocabulary import CHANNELS

STATES: Final = {"Happened": "actual", "Planned": "planned", "Expected": "the earliest that can be expected"}


def title(dossier: Dossier) -> str | None:
    return None if dossier.plan is None else dossier.plan.title


def owner(dossier: Dossier) -> str | None:
    plan = dossier.plan
    named = [] if plan is None else [name for name in (plan.owner, plan.directorate) if name is not None]
    return ", ".join(named) or None


def directorate(dossier: Dossier) -> str | None:
    return None if dossier.plan is None else dossier.plan.directorate


def identifier(dossier: Dossier) -> str | None:
    return dossier.trial


def version(dossier: Dossier) -> str | None:
    """Which plan it is, by number and digest, and when it was fixed."""
    digest = f"digest {dossier.digest}"
    if dossier.revision is not None:
        return f"Draft, revision {dossier.revision}, {digest}"
    locked = "" if dossier.lock is None else f", locked on {day_in_words(locked_on(dossier))}"
    return f"Version {dossier.version}{locked}, {digest}"


def version_and_after(dossier: Dossier) -> str | None:
    """Which plan it is, and what became of it: locked outside its route, amended, set aside."""
    after = " ".join(became(dossier))
    return f"{version(dossier)}. {after}" if after else version(dossier)


def kept(dossier: Dossier) -> str | None:
    """Where the plan can be read."""
    return f"In the registry of trials, under {dossier.trial}: {version(dossier)}"


def abstract(dossier: Dossier) -> str | None:
    """What is expected, of whom, and how it is tried."""
    plan = dossier.plan
    if plan is None or plan.hypothesis is None:
        return None
    return " ".join(part for part in (f"{plan.hypothesis.rstrip('.')}.", design(dossier)) if part)


def hypothesis(dossier: Dossier) -> str | None:
    return None if dossier.plan is None else dossier.plan.hypothesis


def design(dossier: Dossier) -> str | None:
    """The kind of trial, its arms and their shares."""
    plan = dossier.plan
    if plan is None or plan.randomisation is None or not plan.arms:
        return None
    arms = "; ".join(_with_share(arm.label, shares_of(plan).get(arm.id)) for arm in plan.arms)
    return f"A randomised trial of {len(plan.arms)} arms: {METHODS[plan.randomisation.method]}. Arms: {arms}."


def _with_share(label: str, share: float | None) -> str:
    return label if share is None else f"{label} ({percentage(share)})"


def interventions(dossier: Dossier) -> str | None:
    """What each arm is sent, by which channel and technique, and what goes on for the comparison."""
    plan = dossier.plan
    if plan is None or not plan.arms:
        return None
    said = []
    for arm in plan.arms:
        if arm.kind == "nfa":
            said.append(f"{arm.label}: not contacted; statutory notices, penalties and ordinary pursuit go on")
            continue
        parts = [] if arm.channel is None else [CHANNELS[arm.channel].lower() if arm.channel != "sms" else "SMS"]
        parts += [] if arm.technique is None else [f"technique: {arm.technique}"]
        said.append(f"{arm.label} ({'; '.join(parts)})" if parts else arm.label)
    return ". ".join(said) + "."


def techniques(dossier: Dossier) -> str | None:
    """Behavioural techniques and channels, as keywords."""
    arms = () if dossier.plan is None else dossier.plan.arms or ()
    words = [arm.technique for arm in arms if arm.technique]
    words += [CHANNELS[arm.channel] for arm in arms if arm.channel]
    return ", ".join(dict.fromkeys(words)) or None


def end_points(dossier: Dossier, role: Iterable[OutcomeRole]) -> str | None:
    """The outcomes of some roles, by name."""
    return "; ".join(outcome_label(outcome) for outcome in _outcomes(dossier, role)) or None


def explained(dossier: Dossier, role: Iterable[OutcomeRole]) -> str | None:
    """The same with which change is for the better, and when each is counted."""
    return " ".join(f"{what_is_better(each)} {_counted(each)}" for each in _outcomes(dossier, role)) or None


def _outcomes(dossier: Dossier, role: Iterable[OutcomeRole]) -> list[Outcome]:
    wanted = tuple(role)
    return [] if dossier.plan is None else [each for each in dossier.plan.outcomes or () if each.role in wanted]


def _counted(outcome: Outcome) -> str:
    measured = {"binary": "A share of customers", "amount": "A mean", "count": "A mean", "time_to_event": "A time"}
    day = outcome.horizon if outcome.kind == "time_to_event" else outcome.day
    return f"{measured[outcome.kind]}, {'over the follow-up' if day is None else f'by day {day:g}'}."


def eligibility(dossier: Dossier) -> str | None:
    """Who takes part, and who is left out and why."""
    plan = dossier.plan
    if plan is None or plan.population is None:
        return None
    words = column_words(plan)
    parts = [] if plan.behaviour is None else [f"{capitalised(plan.behaviour.who)}."]
    if plan.population.where:
        parts.append(f"Included: {'; '.join(describe(each, words) for each in plan.population.where)}.")
    left = [f"{' and '.join(describe(each, words) for each in out.conditions)} ({out.reason})" for out in plan.left_out]
    if left:
        parts.append(f"Left out: {'; '.join(left)}.")
    return " ".join(parts) or None


def unit(dossier: Dossier) -> str | None:
    """What is randomised."""
    plan = dossier.plan
    if plan is None or plan.randomisation is None or plan.population is None:
        return None
    if plan.cluster is None:
        return "Customer"
    return f"{capitalised(column_words(plan).column(plan.cluster).replace('_', ' '))}: its customers together"


def clustered(dossier: Dossier) -> str | None:
    plan = dossier.plan
    if plan is None or plan.randomisation is None or plan.population is None:
        return None
    return "No" if plan.cluster is None else "Yes"


def clusters(dossier: Dossier) -> str | None:
    """How many units are randomised; of clusters about how many, by their declared size."""
    plan, customers = dossier.plan, dossier.customers
    if plan is None or plan.population is None or plan.randomisation is None or customers is None:
        return None
    if plan.cluster is None:
        return f"{count(customers)} (customers; none are clustered)"
    size = plan.population.cluster_size
    return None if size is None else f"About {count(customers / size)} (of {size:g} customers on average)"


def observations(dossier: Dossier) -> str | None:
    return None if dossier.customers is None else f"{count(dossier.customers)} customers"


def by_arm(dossier: Dossier) -> str | None:
    """How many customers each arm is to get: its share of all of them, and no count of the draw."""
    plan, customers = dossier.plan, dossier.customers
    shares = {} if plan is None else shares_of(plan)
    if plan is None or not shares or customers is None:
        return None
    return "; ".join(f"{arm.label}: about {count(shares[arm.id] * customers)}" for arm in plan.arms if arm.id in shares)


def randomisation(dossier: Dossier) -> str | None:
    """How customers come to their arms, by whom, and what holds the draw to what was promised."""
    plan = dossier.plan
    if plan is None or plan.randomisation is None:
        return None
    said = capitalised(METHODS[plan.randomisation.method])
    if plan.randomised_here:
        said += (
            ", by computer, from a seed that is drawn after the plan and its population are fixed, committed to by its "
            "digest, and released for anyone to repeat the draw"
        )
    return f"{said}. {strata(dossier) or ''}".strip()


def strata(dossier: Dossier) -> str | None:
    """Within what customers are assigned."""
    plan = dossier.plan
    if plan is None or plan.randomisation is None or not plan.randomisation.strata:
        return None
    names = [column_words(plan).column(column).replace("_", " ") for column in plan.randomisation.strata]
    return f"Stratified by {listed(names)}."


def smallest_effects(dossier: Dossier) -> str | None:
    """What the trial could find in its primary outcome, arm by arm, with what that rests on."""
    plan = dossier.plan
    if plan is None or not shares_of(plan) or not plan.outcomes or plan.analysis is None or plan.population is None:
        return None
    primary = next((outcome for outcome in plan.outcomes if outcome.role == "primary"), None)
    if primary is None:
        return None
    said = []
    for row in power_of(plan, dossier.customers):
        if row.outcome != primary.id or row.minimum_detectable_effect is None:
            continue
        effect = row.minimum_detectable_effect
        size = points(effect) if primary.effect_in == "share" else f"{decimal(effect, 2)} {primary.effect_in}"
        said.append(f"{plan.arm(row.arm).label}: {size}")
    if not said:
        return None
    return f"{outcome_label(primary)}, {_assumptions(plan, primary)}: {'; '.join(said)}."


def _assumptions(plan: Protocol, primary: Outcome) -> str:
    given = [f"power {percentage(plan.analysis.power)}", f"error {percentage(plan.analysis.alpha)}"]
    if primary.baseline is not None:
        level = percentage(primary.baseline) if primary.effect_in == "share" else decimal(primary.baseline, 2)
        given.append(f"baseline {level}")
    if primary.standard_deviation is not None:
        given.append(f"standard deviation {decimal(primary.standard_deviation, 2)}")
    return listed(given)


def starts(dossier: Dossier) -> str | None:
    """The day on which the first customer is contacted."""
    if dossier.plan is None or dossier.plan.randomisation is None:
        return None
    day, state = launch(dossier)
    return f"{day_in_words(day)} ({STATES[state]})"


def last_issue(dossier: Dossier) -> date | None:
    """The day on which the last customer is contacted, where the plan names the days of all of them."""
    plan = dossier.plan
    if plan is None or plan.randomisation is None:
        return None
    scheme = plan.randomisation
    days = list(scheme.batches.issue_on.values()) if scheme.batches else [wave.issue_on for wave in scheme.waves]
    return max(days) if days else launch(dossier)[0]


def contact_ends(dossier: Dossier) -> str | None:
    day = last_issue(dossier)
    return None if day is None else day_in_words(day)


def ends(dossier: Dossier) -> str | None:
    """The last day on which an outcome of the last customer is counted."""
    last, plan = last_issue(dossier), dossier.plan
    days = [] if plan is None else [each.horizon or each.day for each in plan.outcomes or ()]
    longest = max((float(day) for day in days if day is not None), default=None)
    return None if last is None or longest is None else day_in_words(last + timedelta(days=longest))


def comparison(dossier: Dossier) -> str | None:
    """Who the others are compared with, and why nobody is left alone where that is so."""
    arm = None if dossier.plan is None else comparison_of(dossier.plan)
    if dossier.plan is None or arm is None:
        return None
    waived = "" if dossier.plan.nfa_waived is None else f" No further action is waived: {dossier.plan.nfa_waived}"
    return f"{arm.label}.{waived}"


def texts_kept(dossier: Dossier) -> str | None:
    """The texts that customers are sent, by their digests: nobody can say later that they were others."""
    versions = {subject: had[-1].digest for subject, had in dossier.facts.versions.items() if had}
    texts = () if dossier.plan is None else planned_texts(dossier.plan)
    named = [
        f"{text.arm} in {LANGUAGES[text.language]}: SHA-256 {versions[text.subject]}"
        for text in texts
        if text.subject in versions
    ]
    return "; ".join(named) or None
