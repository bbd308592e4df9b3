"""The library in words: past trials, designs that ended and published trials, found by what they were about.

Effects are as they were stored, or as counts were published; here they are only put into words and found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev
from typing import Any, Final, Literal

from analysis.inference.two_shares import difference_of_shares
from analysis.results import Estimate
from analysis.wording.numbers import difference, points, pounds
from analysis.wording.phrases import capitalised, day
from data.reference import PUBLISHED, PublishedArm, PublishedTrial
from designs.likeness import Traits, folded, likeness, segments_of, traits_of
from designs.protocol import Protocol
from trials.registry.records import EndedDesign, PastTrial
from trials.reporting.portfolio import verdict_of
from trials.reporting.results.effects import as_judged
from trials.reporting.words.names import Names
from trials.reporting.words.vocabulary import CHANNELS, STATES, factor_words

Source = Literal["here", "design", "published"]

SOURCES: Final[Mapping[Source, str]] = {
    "here": "Trial of this service",
    "design": "Design that ended without a trial",
    "published": "Published elsewhere",
}
_NOT_APPROPRIATE: Final = "Not appropriate: ended without a trial"
_PUBLISHED: Final = "No verdict: published elsewhere"
_IN_GROUPS: Final = "the range is not known: people were assigned in groups, and counts do not show them"
_NEAREST: Final = 5


@dataclass(frozen=True, slots=True)
class Found:
    """What one approach did.

    Attributes:
        approach: Its label.
        technique: Behavioural, in small letters.
        effect: On the primary outcome, in its unit with its range, or why there is none.
        estimate: In the outcome's unit; a share's 0.01 is one point.
        lower: Bound of the range that decided, or of the published one.
        upper: Likewise.
        measure: What one unit of the effect is.
        cost: Of one customer, low to high, in words.
        customers: Counted, in the approach; None where that is not told.
        customers_beside: In the comparison, likewise.
    """

    approach: str
    technique: str | None
    effect: str
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    measure: str = "number"
    cost: str = ""
    customers: int | None = None
    customers_beside: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One trial or design of the library.

    Attributes:
        id: Of it.
        source: Whose it is.
        title: What people call it.
        about: What it was about, by which it is compared with others.
        verdict: In words.
        customers: Assigned; None where nobody was.
        day: When it was in the field or ended, in words.
        outcome: What the effects are on.
        found: A line an approach.
        context: Whatever has to be known beside the figures, in sentences.
        words: Whatever else it is found by.
        synthetic: Its customers are invented.
        part_of: The entry whose people these are a part of.
    """

    id: str
    source: Source
    title: str
    about: Traits
    verdict: str
    customers: int | None
    day: str
    outcome: str
    found: tuple[Found, ...]
    context: tuple[str, ...]
    words: str = ""
    synthetic: bool = False
    part_of: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; an empty part keeps everything. Each part is words, all of which must be met."""

    words: str = ""
    behaviour: str = ""
    segment: str = ""
    channel: str = ""
    technique: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Prior:
    """What the effects of the nearest trials say beforehand: the mean and the spread of approaches, each counted once.

    Attributes:
        mean: Of their effects; 0.01 is one point.
        spread: Their standard deviation; None of one alone.
        approaches: How many.
        trials: Of how many trials.
    """

    mean: float
    spread: float | None
    approaches: int
    trials: int


def entries_of(
    trials: Iterable[PastTrial], designs: Iterable[EndedDesign], published: Iterable[PublishedTrial] = PUBLISHED
) -> tuple[Entry, ...]:
    """The library: our trials with the latest first, then designs that ended, then what was published elsewhere."""
    ours = sorted(trials, key=lambda trial: (trial.summary.created_on, trial.summary.id), reverse=True)
    ended = sorted(designs, key=lambda design: (design.ended_on, design.id), reverse=True)
    return (*map(_ours, ours), *map(_ended, ended), *map(_published, published))


def search(entries: Iterable[Entry], query: Query) -> tuple[Entry, ...]:
    """The entries that meet every part of a query: each of its words begins a word of what is looked in.

    Capitals, accents and signs make no difference.
    """
    return tuple(entry for entry in entries if _meets(entry, query))


def _meets(entry: Entry, query: Query) -> bool:
    about = entry.about
    everything = " ".join(
        (
            entry.id, entry.title, entry.verdict, entry.outcome, about.behaviour, *about.segments, *about.techniques,
            *_channels(about), *(of.approach for of in entry.found), *entry.context, entry.words,
        )
    )  # fmt: skip
    return (
        _holds(everything, query.words)
        and _holds(f"{about.behaviour} {entry.outcome}", query.behaviour)
        and _holds(" ".join((*about.segments, entry.words)), query.segment)
        and _holds(" ".join((*about.channels, *_channels(about))), query.channel)
        and _holds(" ".join(about.techniques), query.technique)
        and _holds(entry.verdict, query.verdict)
    )


def _holds(text: str, wanted: str) -> bool:
    words = folded(text).split()
    return all(any(word.startswith(part) for word in words) for part in folded(wanted).split())


def nearest(entries: Iterable[Entry], about: Traits, but: str | None = None) -> tuple[tuple[Entry, float], ...]:
    """The five entries nearest to what a design is about, each with how near it is; none that shares nothing.

    Args:
        entries: Of the library.
        about: What is designed.
        but: The id of the design itself.
    """
    near = [(entry, likeness(entry.about, about)) for entry in entries if entry.id != but]
    near = [(entry, score) for entry, score in near if score > 0]
    return tuple(sorted(near, key=lambda pair: -pair[1])[:_NEAREST])


def prior_of(entries: Iterable[Entry]) -> Prior | None:
    """What the effects on shares of some entries say beforehand; None where none was estimated.

    A sample inside that of another entry is the same people again, and counts nothing more.
    """
    held = {
        entry.id: [of.estimate for of in entry.found if of.estimate is not None and of.measure == "share"]
        for entry in entries
        if entry.part_of is None
    }
    effects = [effect for own in held.values() for effect in own]
    if not effects:
        return None
    spread = stdev(effects) if len(effects) > 1 else None
    return Prior(fmean(effects), spread, len(effects), sum(1 for own in held.values() if own))


def prior_words(prior: Prior | None) -> str:
    """A prior as a sentence that says what it is.

    Examples:
        >>> prior_words(Prior(0.021, 0.01, 3, 2))
        'Prior: 3 approaches of the 2 nearest trials moved their share by +2.1 points on average, with a spread of 1.0 \
points (standard deviation). It is what others found, and nothing that this trial has shown.'
    """
    if prior is None:
        return "No prior: no trial near to this one has an effect on a share."
    what = f"{prior.approaches} approaches" if prior.approaches > 1 else "1 approach"
    whose = f"the {prior.trials} nearest trials" if prior.trials > 1 else "the nearest trial"
    spread = (
        "; a spread needs two" if prior.spread is None
        else f", with a spread of {points(prior.spread).lstrip('+')} (standard deviation)"
    )  # fmt: skip
    moved = f"{what} of {whose} moved their share by {points(prior.mean)} on average{spread}"
    return f"Prior: {moved}. It is what others found, and nothing that this trial has shown."


def as_values(entry: Entry) -> dict[str, Any]:
    """An entry as the command line writes it, in codes where there are any."""
    about = entry.about
    return {
        **{name: getattr(entry, name) for name in ("id", "source", "title")},
        "behaviour": about.behaviour,
        "segments": sorted(about.segments),
        "channels": sorted(about.channels),
        "techniques": sorted(about.techniques),
        "verdict": entry.verdict,
        "customers": entry.customers,
        "day": entry.day,
        "outcome": entry.outcome,
        "effects": [
            {
                "approach": of.approach,
                "technique": of.technique,
                **{name: getattr(of, name) for name in ("effect", "estimate", "lower", "upper", "measure")},
                "cost": of.cost or None,
                "customers": of.customers,
                "customers_comparison": of.customers_beside,
            }
            for of in entry.found
        ],
        "context": list(entry.context),
        "synthetic": entry.synthetic,
    }


def _channels(about: Traits) -> list[str]:
    return [CHANNELS.get(channel, channel) for channel in sorted(about.channels)]


def about_words(entry: Entry) -> tuple[tuple[str, str], ...]:
    """What an entry was about: pairs of a heading and words."""
    about = entry.about
    pairs = (
        ("Behaviour", capitalised(about.behaviour)),
        ("Segments", ", ".join(sorted(map(capitalised, about.segments)))),
        ("Channels", ", ".join(_channels(about))),
        ("Techniques", ", ".join(sorted(map(capitalised, about.techniques)))),
    )
    return tuple((heading, words) for heading, words in pairs if words)


def _ours(trial: PastTrial) -> Entry:
    plan, summary = trial.plan, trial.summary
    names = Names(plan)
    found = tuple(
        _effect(row, plan, names) for row in as_judged(trial.effects) if row.estimand != "survival_difference"
    )
    context = [f"{STATES[summary.state]}.", f"Compared with {summary.comparison}.", plan.hypothesis]
    if trial.why is not None:
        context.insert(0, f"No effect is shown: {trial.why.rstrip('.')}.")
    return Entry(
        id=summary.id,
        source="here",
        title=summary.title,
        about=traits_of(plan),
        verdict=verdict_of(summary),
        customers=summary.customers,
        day=day(summary.evaluated_on or summary.allocated_on or summary.created_on),
        outcome=names.outcome(names.primary),
        found=found or _approaches(plan),
        context=tuple(context),
        words=_words_of(plan),
        synthetic=summary.synthetic,
    )


def _words_of(plan: Protocol) -> str:
    """Whom a trial is about, beside its segments: the levels that they may have, and who is to act."""
    declared = plan.population.columns if plan.population is not None else {}
    levels = [
        word for column in segments_of(plan) if column in declared for word in (declared[column].levels or {}).values()
    ]
    return " ".join((*([] if plan.behaviour is None else [plan.behaviour.who]), *levels))


def _effect(row: Estimate, plan: Protocol, names: Names) -> Found:
    lower, upper = row.ci_lower_simultaneous, row.ci_upper_simultaneous
    if lower is None or upper is None:
        lower, upper = row.ci_lower, row.ci_upper
    measure = names.measure_of(row)
    missing = f"Not shown: {row.reason or 'it was not estimated'}"
    arm = next((arm for arm in plan.arms if arm.id == row.arm), None)
    return Found(
        approach=factor_words(row.factors) if row.factors else names.arm(row.arm),
        technique=None if arm is None or arm.technique is None else folded(arm.technique),
        effect=missing if row.estimate is None else difference(measure, row.estimate, lower, upper),
        estimate=row.estimate,
        lower=lower,
        upper=upper,
        measure=measure,
        cost="" if arm is None else _cost(arm.cost_per_customer.low, arm.cost_per_customer.high),
        customers=row.n_arm,
        customers_beside=row.n_comparison,
    )


def _cost(low: float, high: float) -> str:
    first, last = pounds(low, pence=True), pounds(high, pence=True)
    return first if first == last else f"{first} to {last}"


def _approaches(plan: Protocol) -> tuple[Found, ...]:
    """What was, or would have been, tried, without an effect."""
    return tuple(
        Found(
            arm.label,
            None if arm.technique is None else folded(arm.technique),
            "None shown",
            cost=_cost(arm.cost_per_customer.low, arm.cost_per_customer.high),
        )
        for arm in plan.arms or ()
        if arm.kind == "otm"
    )


def _ended(design: EndedDesign) -> Entry:
    plan = design.plan
    instead = "No further action" if design.instead == "no_further_action" else "Something else"
    return Entry(
        id=design.id,
        source="design",
        title=design.title,
        about=Traits() if plan is None else traits_of(plan),
        verdict=_NOT_APPROPRIATE,
        customers=None,
        day=day(design.ended_on),
        outcome="",
        found=() if plan is None else _approaches(plan),
        context=(f"{instead} instead: {design.what.rstrip('.')}.", f"Why: {design.reason.rstrip('.')}."),
        words="" if plan is None else _words_of(plan),
    )


def _published(trial: PublishedTrial) -> Entry:
    found = tuple(_published_effect(trial, arm) for arm in trial.arms[1:])
    techniques = frozenset(arm.technique for arm in trial.arms if arm.technique is not None)
    return Entry(
        id=trial.id,
        source="published",
        title=trial.title,
        about=Traits(trial.behaviour, frozenset(), frozenset({trial.channel}), techniques),
        verdict=_PUBLISHED,
        customers=sum(arm.customers for arm in trial.arms),
        day=str(trial.year),
        outcome=capitalised(trial.outcome),
        found=found,
        context=(f"{capitalised(trial.people)}.", f"Compared with {trial.comparison.name}.", trial.caveats,
                 f"{trial.citation}."),
        words=trial.people,
        part_of=trial.part_of,
    )  # fmt: skip


def _published_effect(trial: PublishedTrial, arm: PublishedArm) -> Found:
    beside = trial.comparison
    made = difference_of_shares(arm.successes, arm.customers, beside.successes, beside.customers)
    single = Found(
        arm.name, arm.technique, points(made.estimate, made.lower, made.upper), made.estimate, made.lower, made.upper,
        "share", customers=arm.customers, customers_beside=beside.customers,
    )  # fmt: skip
    if arm.clusters is None:
        return single
    return replace(single, effect=f"{points(made.estimate)}; {_IN_GROUPS}", lower=None, upper=None)


def techniques_in(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Every technique that some entry has, in order."""
    return tuple(sorted({technique for entry in entries for technique in entry.about.techniques}))


def channels_in(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Every channel that some entry has, in words and in order."""
    return tuple(sorted({channel for entry in entries for channel in _channels(entry.about)}))
