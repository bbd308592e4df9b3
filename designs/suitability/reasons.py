"""Segments by the reason for the behaviour: how many are known, how mixed they are, and what the plan makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from designs.finding import Open
from designs.protocol.models import Protocol, Reasons
from designs.protocol.values import Value, same_code
from designs.protocol.words import ColumnWords, column_words

MIXED_ABOVE = 0.05
"""The share of customers with another reason than the commonest, above which reasons are mixed."""

Known = Literal["known", "inferred", "unknown"]


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """Customers with one reason, as surely as it is known; None is a blank."""

    reason: Value | None
    confidence: Value | None
    customers: int


@dataclass(frozen=True, slots=True)
class ReasonMix:
    """The reasons of a population.

    Attributes:
        customers: All of them.
        known: Those whose reason is known.
        inferred: Those whose reason is inferred.
        unknown: The others.
        by_reason: Customers whose reason is known or inferred, by reason, the commonest first.
    """

    customers: int
    known: int
    inferred: int
    unknown: int
    by_reason: tuple[tuple[str, int], ...]

    @property
    def coverage(self) -> float:
        """The share of customers whose reason is known or inferred; 0 where there are no customers."""
        return (self.known + self.inferred) / self.customers if self.customers else 0.0

    @property
    def share_unknown(self) -> float:
        """The share of customers whose reason is not known; 0 where there are no customers."""
        return self.unknown / self.customers if self.customers else 0.0

    @property
    def mixed(self) -> bool:
        """Whether customers have different reasons."""
        told = self.known + self.inferred
        return bool(told) and 1 - self.by_reason[0][1] / told > MIXED_ABOVE


def count_reasons(table: Any, reasons: Reasons) -> tuple[ReasonCount, ...]:
    """Customers by reason and confidence.

    Args:
        table: An Arrow table with both columns, one row a customer who takes part.
        reasons: As declared.
    """
    keys = [reasons.column, reasons.confidence_column]
    counted = table.select(keys).group_by(keys).aggregate([([], "count_all")]).to_pylist()
    found = [ReasonCount(row[keys[0]], row[keys[1]], row["count_all"]) for row in counted]
    return tuple(sorted(found, key=lambda count: (str(count.reason), str(count.confidence))))


def mix_of(reasons: Reasons, counts: Iterable[ReasonCount]) -> ReasonMix:
    """The mix of reasons, from counts by reason and confidence.

    Examples:
        >>> declared = Reasons(column="reason", confidence_column="how", evidence="interviews")
        >>> mix = mix_of(declared, [ReasonCount("forgot", "known", 60), ReasonCount("deliberate", "guessed", 40)])
        >>> mix.coverage, mix.by_reason, mix.mixed
        (0.6, (('forgot', 60),), False)
    """
    totals: dict[Known, int] = {"known": 0, "inferred": 0, "unknown": 0}
    by_reason: dict[str, int] = {}
    for count in counts:
        known = _how_known(reasons, count)
        totals[known] += count.customers
        if known != "unknown":
            by_reason[str(count.reason)] = by_reason.get(str(count.reason), 0) + count.customers
    ordered = sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))
    return ReasonMix(sum(totals.values()), totals["known"], totals["inferred"], totals["unknown"], tuple(ordered))


def _how_known(reasons: Reasons, count: ReasonCount) -> Known:
    if count.reason is None or count.confidence is None or _among(count.reason, reasons.unknown):
        return "unknown"
    if _among(count.confidence, reasons.known):
        return "known"
    return "inferred" if _among(count.confidence, reasons.inferred) else "unknown"


def _among(value: Value, codes: Sequence[Value]) -> bool:
    return any(same_code(value, code) for code in codes)


def segmented(plan: Protocol) -> bool:
    """Whether the plan tells customers apart by their reason: as a stratum, a subgroup, or in who may get an arm."""
    reasons = plan.population.reasons if plan.population is not None else None
    if reasons is None:
        return False
    strata = plan.randomisation.strata if plan.randomisation is not None else ()
    subgroups = plan.analysis.subgroups if plan.analysis is not None else ()
    closing = [condition.column for arm in plan.arms or () for reason in arm.not_for for condition in reason.conditions]
    return reasons.column in {*strata, *(subgroup.column for subgroup in subgroups), *closing}


def open_in_reasons(plan: Protocol, counts: Sequence[ReasonCount] | None) -> Iterator[Open]:
    """What the reasons ask of the plan.

    Args:
        plan: As far as it is filled.
        counts: Customers who take part, by reason and confidence; None where no population is there yet.
    """
    answer = plan.suitability.same_reason.answer if plan.suitability is not None else None
    reasons = plan.population.reasons if plan.population is not None else None
    if reasons is None:
        if answer == "no":
            problem = "customers behave so for different reasons, and the population does not say whose reason is which"
            remedy = "declare the column of the reason, how surely it is known, and where it comes from"
            yield Open("reasons_not_declared", "blocks", "population.reasons", problem, remedy, "designer")
        return
    mix, words = mix_of(reasons, counts) if counts is not None else None, column_words(plan)
    different = answer == "no" or (mix is not None and mix.mixed)
    if different and not segmented(plan) and reasons.one_approach_because is None:
        shares = f" ({_shares(mix, words, reasons.column)})" if mix is not None and mix.mixed else ""
        problem = f"customers with different reasons would all be treated alike{shares}"
        remedy = "make the reason a segment of the analysis or of the draw, close approaches by it, or say why not"
        yield Open("mixed_reasons", "blocks", "analysis.subgroups", problem, remedy, "designer")
    if mix is not None:
        if answer == "yes" and mix.mixed:
            shares = _shares(mix, words, reasons.column)
            problem = f"the answer is that all behave so for the same reason, and the population shows others: {shares}"
            remedy = "answer the question by what the population shows"
            yield Open("reasons_differ", "warns", "suitability.same_reason.answer", problem, remedy, "designer")
        if mix.share_unknown > reasons.warn_above:
            problem = (
                f"the reason of {mix.unknown:,} of {mix.customers:,} customers ({mix.share_unknown:.0%}) is not known, "
                f"more than the {reasons.warn_above:.0%} that the plan allows"
            )
            remedy = "find out more of the reasons, or say what is known with this many unknown"
            yield Open("reasons_unknown", "warns", "population.reasons.column", problem, remedy, "designer")


def _shares(mix: ReasonMix, words: ColumnWords, column: str) -> str:
    told = mix.known + mix.inferred
    named = [(words.level(column, reason) or reason, customers) for reason, customers in mix.by_reason]
    return ", ".join(f"{reason} {customers / told:.0%}" for reason, customers in named)
