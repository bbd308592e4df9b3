"""What is kept from whoever is not the randomiser until the draw is released: customers' arms, and what leads to one.

A file of one customer has one arm, and so has a stratum of one: whoever sees how many of it are in each arm has been
told theirs. What others see is built up from what is named (:data:`trials.seen_fields.SEEN`, :data:`SEEN_OF_EVENTS`,
:data:`SEEN_OF_CERTIFICATES`), so that a new field of a result is kept until somebody says that it may be seen, and a
result with a part of a kind that is not named is not made at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final, TypeVar

from analysis.results import (
    ArmFinding,
    Check,
    Estimate,
    Evaluation,
    LookInference,
    Maturity,
    Money,
    Segment,
    Unplanned,
    Verdict,
)
from analysis.wording.phrases import day, listed
from trials.access import Actor, roles_allowed
from trials.seen_fields import SEEN

SMALL: Final = 10
"""Fewer customers than this, of one arm, are shown to nobody but the randomiser."""

WITHHELD: Final = "counts by arm are the randomiser's until the draw is released"
KEPT: Final = "kept until the draw is released"
"""In place of a digest of the arms of few: whoever tries each of their arms would know the right one by it."""
FEW: Final = f"fewer than {SMALL} customers of an arm, or beside a group of so few: shown once the draw is released"
INVALID: Final = "This trial is invalid, so no effect is shown as a finding."
LEDGER: Final = "another trial"
"""The one reason, to others, of all who were left out of a draw for another trial's sake."""

_TOTALS: Final[frozenset[str]] = frozenset({"population", "population_version", "population_digest", "version"})
SEEN_OF_EVENTS: Final[Mapping[str, frozenset[str]]] = {
    "installed": frozenset({"installation", "head", "synthetic_key"}),
    "denied": frozenset({"use_case", "problem", "rule"}),
    "register": frozenset({"protocol_digest", "version", "texts_kept"}),
    "design": frozenset({"design", "revision", "digest", "origin", "entry", "number"}),
    "diagnose": frozenset({"diagnosis", "plan_digest", "digest", "replicates"}),  # of invented customers
    "amend": frozenset({"amendment", "version", "protocol_digest", "effect", "reason", "texts_kept"}),
    "confirm_amendment": frozenset({"amendment", "version", "protocol_digest", "effect", "proposed_by"}),
    "withdraw_amendment": frozenset({"amendment", "version", "reason", "proposed_by"}),
    "load_population": frozenset({"population", "version", "digest", "read", "loaded"}),
    "lock": _TOTALS | {"protocol_digest", "eligible"},
    "commit_seed": frozenset({"commitment", "demonstration", "wave", "units", "units_digest"}),
    "freeze_wave": frozenset({"wave", "units", "units_digest"}),
    "allocate": frozenset({"algorithm"}),
    "load_outcomes": frozenset({
        "digest", "read", "loaded", "as_at", "version", "mode", "whole_digest", "customers", "withdraws", "reason",
    }),
    "evaluate": frozenset({"evaluation_digest", "code_digest", "as_at", "verdict", "role", "look"}),
    "decide": frozenset({"choice", "verdict", "evaluation", "withdrawn"}),
    "release": frozenset({"reason"}),
    "request_void": frozenset({"reason"}),
    "confirm_void": frozenset({"requested_by", "reason"}),
    "request_correction": frozenset({"old_finding", "new_finding", "reason", "changed"}),
    "confirm_correction": frozenset({"old_finding", "new_finding", "reason", "changed"}),
    "sign_off": frozenset({"entry", "number"}),
    "approve": frozenset({"entry", "number"}),
    "set_aside": frozenset({"entry", "number"}),
}  # fmt: skip
"""What others see of an event of a trial whose draw is not released, by its action. Of another action they are not even
told that there is one: a list issued, contacts loaded, arms asked for or taken out."""

SEEN_OF_CERTIFICATES: Final = frozenset({
    "trial", "design", "method", "scope", "algorithm", "protocol_digest", "population_digest", "seed_commitment",
    "demonstration", "customers", "clustered", "arms", "groups", "hold_out", "comparison",
})  # fmt: skip

_NOT_BY_ARM: Final = frozenset({
    "duplicate_ids", "arm_labels", "rows_taken", "maturity", "planned_day", "only_yes", "clusters_enough",
    "clusters_whole", "second_opinion",
})  # fmt: skip
_FIGURES: Final = (
    "estimate", "std_error", "statistic", "p_value", "p_adjusted", "ci_lower", "ci_upper", "ci_lower_simultaneous",
    "ci_upper_simultaneous",
)  # fmt: skip
_OF_ANOTHER_TRIAL: Final = re.compile(
    r"another OTM contact within|\d+ OTM contacts within|held out for the long run|may be held out by trial|"
    r"in trial .*, which shares no customer with this one"
)
# Numbers that count no customers: money, shares, rates, days, looks.
_NO_COUNT: Final = re.compile(
    r"£[\d,.]+|[\d,.]+(?:%| per cent)|every 1,000 .*?, [\d,.]+|[Dd]ay [\d,]+|[Ll]ook \d+(?: of \d+)?|\d+\.\d+|"
    r"\d{1,2} [A-Z][a-z]+ \d{4}"
)
_Made = TypeVar("_Made")


def sees_arms(actor: Actor) -> bool:
    """Whether somebody knows who is in which arm before the release: who may be told it of any customer.

    Examples:
        >>> sees_arms(Actor("A", "randomiser")), sees_arms(Actor("A", "analyst"))
        (True, False)
    """
    return actor.role in roles_allowed("whois")


def concealed(evaluation: Evaluation) -> Evaluation:
    """An evaluation as others than the randomiser see it before the release.

    Of data that were not due or are invalid no count by arm is left, nor what leads to one. A finding keeps what its
    verdict says and its effects with their ranges, rounded; no count, mean of an arm to its last digit, curve, nor
    segment of few customers or beside one.
    """
    beside = evaluation.unplanned
    few = _few((*evaluation.estimates, *evaluation.sensitivity, *(beside.estimates if beside else ())))
    flow = evaluation.flow
    money = evaluation.net_benefit
    left = [of for of in money.segments if of.segment not in few] if money else []
    return _allowed(
        evaluation,
        data_digest=KEPT,  # it is over the allocation's too
        flow=_allowed(flow, excluded=_by_reason(flow.excluded)),
        checks=tuple(_allowed(check, detail=_told(check)) for check in evaluation.checks),
        verdict=_verdict(evaluation, few),
        maturity=None if evaluation.maturity is None else _allowed(evaluation.maturity),
        estimates=tuple(_estimate(row, few) for row in evaluation.estimates),
        sensitivity=tuple(_estimate(row, few) for row in evaluation.sensitivity),
        interactions=tuple(
            _rounded(_allowed(row)) for row in evaluation.interactions if row.subgroup not in {of.column for of in few}
        ),
        net_benefit=None if money is None else _rounded(_allowed(money, segments=tuple(left))),
        unplanned=None if beside is None else _unplanned(beside, few),
        posteriors=_rounded(_parts(evaluation.posteriors)),
        thresholds=_rounded(_parts(evaluation.thresholds)),
        look=_rounded(_parts(evaluation.look)),
        looks_before=_rounded(_parts(evaluation.looks_before)),
        notes=tuple(note for note in evaluation.notes if _told_of_all(note)),
    )


def _unplanned(beside: Unplanned, few: frozenset[Segment]) -> Unplanned:
    """What an amended plan says beside the planned one, as the planned one is seen."""
    money, columns = beside.net_benefit, {of.column for of in few}
    left = [of for of in money.segments if of.segment not in few] if money else []
    return _allowed(
        beside,
        estimates=tuple(_estimate(row, few) for row in beside.estimates),
        interactions=tuple(_rounded(_allowed(row)) for row in beside.interactions if row.subgroup not in columns),
        net_benefit=None if money is None else _rounded(_allowed(money, segments=tuple(left))),
    )


def _allowed(value: _Made, **given: Any) -> _Made:
    """The same with what may be seen of it and what is given in its place; a field of neither has its default."""
    seen = {name: _parts(getattr(value, name)) for name in SEEN[type(value)] if name not in given}
    return type(value)(**seen, **given)


def _parts(value: Any) -> Any:
    """What a field holds, each part of it by what may be seen of its kind: of a kind that nobody named, nothing."""
    if isinstance(value, tuple):
        return tuple(map(_parts, value))
    if isinstance(value, Mapping):
        return {name: _parts(part) for name, part in value.items()}
    if isinstance(value, ArmFinding):
        return _allowed(value, reasons=tuple(filter(_counts_nobody, value.reasons)))
    if isinstance(value, Money):
        return _allowed(value, reason=_without_counts(value.reason), note=_without_counts(value.note))
    if isinstance(value, LookInference):
        return _allowed(value, reason=_without_counts(value.reason))
    return _allowed(value) if is_dataclass(value) and not isinstance(value, type) else value


def _without_counts(sentence: str | None) -> str | None:
    return sentence if sentence is not None and _counts_nobody(sentence) else None


def concealed_certificate(certificate: Mapping[str, Any]) -> dict[str, Any]:
    """A certificate without its counts by arm and stratum, which come with the seed, and the digest of its arms."""
    seen = {name: value for name, value in certificate.items() if name in SEEN_OF_CERTIFICATES}
    return {**seen, "allocation_digest": KEPT, "strata": [], "withheld": WITHHELD}


def concealed_event(action: str, detail: Mapping[str, Any]) -> dict[str, Any] | None:
    """What an event of the audit chain says, without what tells an arm; its hash is that of the whole.

    None of one that is not told at all: after the draw of one customer a list is issued, or none, by their arm.
    """
    if action not in SEEN_OF_EVENTS:
        return None
    return {name: value for name, value in detail.items() if name in SEEN_OF_EVENTS[action]}


def concealed_exclusions(exclusions: Iterable[_Made]) -> tuple[_Made, ...]:
    """Customers left out by reason, where all who were left out for another trial's sake have one."""
    return _by_reason(exclusions)


def concealed_sentence(code: str | None, sentence: str | None) -> str | None:
    """The sentence of a verdict: one on invalid data says by arm which check they failed."""
    return INVALID if code == "invalid" else sentence


def _by_reason(exclusions: Iterable[Any]) -> tuple[Any, ...]:
    own: list[Any] = []
    others: list[Any] = []
    for exclusion in exclusions:
        (others if _OF_ANOTHER_TRIAL.match(exclusion.reason) else own).append(exclusion)
    if others:
        own.append(replace(others[0], reason=LEDGER, customers=sum(of.customers for of in others)))
    return tuple(own)


def _verdict(evaluation: Evaluation, few: frozenset[Segment]) -> Verdict:
    verdict = evaluation.verdict
    told = {check.detail: _told(check) for check in evaluation.checks}
    if verdict.code == "not_due" and evaluation.maturity is not None:
        reasons = [*_due(evaluation.maturity), *(told[said] for said in verdict.reasons if said in told)]
    else:
        reasons = [told[said] if said in told else said if _counts_nobody(said) else "" for said in verdict.reasons]
    segments = tuple(_allowed(of, customers=0) for of in verdict.segments if of.segment not in few)
    sentence = concealed_sentence(verdict.code, verdict.sentence) or ""
    return _rounded(
        _allowed(verdict, sentence=sentence, reasons=tuple(reason for reason in reasons if reason), segments=segments)
    )


def _counts_nobody(sentence: str) -> bool:
    """Whether every number of a sentence is of a kind that counts no customers."""
    return not re.search(r"\d", _NO_COUNT.sub("", sentence))


def _told(check: Check) -> str:
    if check.kind in _NOT_BY_ARM:
        return check.detail
    result = {True: "Passed", False: "Failed", None: "Could not be tested"}[check.passed]
    return f"{result}: {WITHHELD}."


def _due(maturity: Maturity) -> list[str]:
    """How much was due over all arms together."""
    by_day: dict[int, tuple[int, int]] = {}
    for row in maturity.shares:
        if row.outcome == next(of.outcome for of in maturity.shares if of.day == row.day):
            due, customers = by_day.get(row.day, (0, 0))
            by_day[row.day] = due + row.due, customers + row.customers
    shares = [
        f"{due / customers:.1%} of what is counted on day {after}"
        for after, (due, customers) in sorted(by_day.items())
        if customers
    ]
    return [f"Due so far, as at {day(maturity.as_at)}: {listed(shares)}."] if shares else []


def _by_subtraction(rows: Iterable[Estimate]) -> set[Segment]:
    """Segments from which the whole, or a segment of another column, differs by few: their difference tells of those.

    Compared are the customers of an arm and its comparison who have an outcome, as each row counts them.
    """
    of_row: dict[tuple[str, str], dict[Segment | None, int]] = {}
    for row in rows:
        if row.n_arm is not None and row.n_comparison is not None:
            of_row.setdefault((row.outcome, row.arm), {})[row.segment] = row.n_arm + row.n_comparison
    near: set[Segment] = set()
    for counts in of_row.values():
        columns: dict[str, list[Segment]] = {}
        for segment in counts:
            if segment is not None:
                columns.setdefault(segment.column, []).append(segment)
        whole = counts.get(None)
        for column, levels in columns.items():
            without = 0 if whole is None else whole - sum(counts[level] for level in levels)
            if 0 < without < SMALL:
                near.update(levels)
            others = [level for other, more in columns.items() if other != column for level in more]
            near.update(level for level in levels for other in others if 0 < abs(counts[level] - counts[other]) < SMALL)
    return near


def _few(rows: Sequence[Estimate]) -> frozenset[Segment]:
    """Segments of few customers of an arm, each with so many others of its column that no difference tells of it."""
    counts: dict[str, dict[Segment, int]] = {}
    for row in rows:
        if row.segment is not None:
            fewest = min(row.n_arm or 0, row.n_comparison or 0)
            levels = counts.setdefault(row.segment.column, {})
            levels[row.segment] = min(levels.get(row.segment, fewest), fewest)
    few: set[Segment] = _by_subtraction(rows)
    for levels in counts.values():
        kept = sorted(levels, key=lambda segment: levels[segment])
        gone = [segment for segment in kept if levels[segment] < SMALL]
        while gone and len(gone) < len(kept) and (len(gone) < 2 or sum(levels[of] for of in gone) < SMALL):
            gone.append(kept[len(gone)])
        few.update(gone)
    return frozenset(few)


def _told_of_all(note: str) -> bool:
    """Whether a note tells nothing of arms: which columns a fit lacks follows from who is where."""
    return _counts_nobody(note) and " arm " not in note and not note.startswith(("Left out", "Levels that"))


def _estimate(row: Estimate, few: frozenset[Segment]) -> Estimate:
    counts = [count for count in (row.n_arm, row.n_comparison) if count is not None]
    if row.segment in few or (counts and min(counts) < SMALL):
        return _allowed(row, **dict.fromkeys(_FIGURES), reason=FEW)
    means: dict[str, Any] = {
        name: None if getattr(row, name) is None else float(f"{getattr(row, name):.2g}")
        for name in ("mean_comparison", "adjusted_mean_arm", "adjusted_mean_comparison")
    }  # a share to its last digit tells of how many it is
    said: dict[str, Any] = {name: _without_counts(getattr(row, name)) for name in ("reason", "note")}
    return replace(_rounded(_allowed(row)), **means, **said)


def _rounded(value: _Made) -> _Made:
    """The same with every figure to four digits: effects, ranges and money, not what a count could be worked out of."""
    if isinstance(value, float):
        return float(f"{value:.4g}")  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(map(_rounded, value))  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _rounded(getattr(value, field.name)) for field in fields(value)})
    return value
