"""What is signed before the lock, in words: every text and the size of the sample, who signs it and how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from analysis.wording.phrases import capitalised, day, sentence_case
from designs.drafting import judge_draft
from designs.entries import Reading, Recorded, Signatory, SignedOff
from designs.gates import Facts
from designs.gates.sample_size import sample_size_digest, sample_size_record, size_sign_off
from designs.protocol.models import Protocol
from designs.variants.checklists import NAMES, Body
from designs.variants.sign_offs import LANGUAGES, PlannedText, SignOff, planned_texts, sign_offs
from trials.registry.records import RevisionRecord
from trials.reporting.designing.changes import in_words

_BY_BODY: Final[Mapping[Signatory, str]] = {body: NAMES[body] for body in NAMES}
SIGNATORIES: Final[Mapping[Signatory, str]] = {**_BY_BODY, "kai": "KAI"}
_WORDS: Final[Mapping[str, str]] = {
    "binary": "A share of customers",
    "amount": "An amount",
    "count": "A count",
    "time_to_event": "A time until something happens",
    "each_against_comparison": "Each approach with the comparison arm",
    "all_pairs": "Every pair of arms",
    "simple": "Each customer by chance alone",
    "complete": "By chance, in shares exactly as planned",
    "matched_pairs": "By chance within matched pairs",
    "holm": "Holm’s",
    "benjamini_hochberg": "Benjamini and Hochberg’s",
    "bonferroni": "Bonferroni’s",
    "dunnett": "Dunnett’s",
}
_RECORD: Final[Mapping[str, str]] = {
    "alpha": "Chance of finding an effect that is not there",
    "power": "Chance of finding the smallest effect",
    "multiplicity": "Correction for several comparisons",
    "contrasts": "What is compared",
    "looks": "Looks before the end",
    "method": "How customers are allocated",
    "hold_out": "Share held out of the trial",
    "saturations": "Shares of clusters that are treated",
    "cluster": "Column of the clusters that are allocated whole",
    "cluster_size": "Customers in a cluster",
    "cluster_size_cv": "How much the size of clusters varies",
}
_PRIMARY: Final[Mapping[str, str]] = {
    "kind": "What the primary outcome is",
    "day": "Measured on day",
    "baseline": "Expected with no further action",
    "minimum_effect": "Smallest effect worth finding",
    "standard_deviation": "Standard deviation",
    "intracluster_correlation": "Correlation within clusters",
}
_UNITS: Final = {"baseline": "%", "minimum_effect": " percentage points"}
_SHARES: Final = frozenset({"alpha", "power", "hold_out"})


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that is to be signed, and how it stands.

    Attributes:
        rows: Of each text what it is called, and how it stands with each of those who sign texts.
        size: How the size of the sample stands with KAI.
        signed: How many sign-offs stand.
        needed: Of how many.
    """

    rows: tuple[tuple[str, ...], ...]
    size: str
    signed: int
    needed: int


def called(text: PlannedText) -> str:
    """A text as people call it.

    Examples:
        >>> called(PlannedText("text/sms/cy", "arms[1].text.cy", "Text message", "cy", "a.md"))
        'Text message, in Welsh'
    """
    return f"{text.arm}, in {LANGUAGES[text.language]}"


def to_sign(facts: Facts, body: Body) -> tuple[SignOff, ...]:
    """Where the sign-offs of one body stand, text by text."""
    if facts.plan is None:
        return ()
    return tuple(each for each in sign_offs(facts.plan, facts.versions, facts.recorded) if each.body == body)


def unwritten(facts: Facts) -> tuple[str, ...]:
    """The approaches that have no text yet, so that nobody can sign one."""
    if facts.plan is None:
        return ()
    return tuple(text.arm for text in planned_texts(facts.plan) if text.name is None)


def standing(facts: Facts, void_since: date | None) -> Standing:
    """Everything that is to be signed, and how it stands.

    Args:
        facts: The design as it stands.
        void_since: The day on which the size of the sample stopped being what was signed, where it did.
    """
    found = () if facts.plan is None else sign_offs(facts.plan, facts.versions, facts.recorded)
    by_text: dict[PlannedText, dict[Body, str]] = {}
    for each in found:
        by_text.setdefault(each.text, {})[each.body] = _in_words(each, facts)
    rows = tuple(
        (called(text), *(states.get(body, "Not needed") for body in NAMES)) for text, states in by_text.items()
    )
    size, size_stands = _size(facts, void_since)
    signed = sum(each.state == "stands" for each in found) + size_stands
    return Standing(rows, size, signed, len(found) + 1)


def _in_words(sign_off: SignOff, facts: Facts) -> str:
    """How a sign-off stands and since when."""
    had = facts.versions.get(sign_off.text.subject, ())
    entry = None if sign_off.record is None else sign_off.record.entry
    if not isinstance(entry, SignedOff):
        return f"Missing; the text waits since {day(had[-1].since.date())}" if had else "The text is not there"
    if sign_off.state == "void":
        changed = "" if sign_off.void_since is None else f" since {day(sign_off.void_since.date())}"
        return f"Void{changed}, because the text changed; signed on {day(entry.on)}"
    words = "Signed" if sign_off.state == "stands" else "Signed, and does not pass:"
    return f"{words} on {day(entry.on)}, by {entry.signed_by}{_reads(entry.reading)}"


def _reads(reading: Reading | None) -> str:
    return "" if reading is None or reading.age is None else f"; reading age {reading.age:g}"


def _size(facts: Facts, void_since: date | None) -> tuple[str, bool]:
    """How the size of the sample stands with KAI, and whether it does."""
    found = size_sign_off(facts.plan, facts.recorded, facts.customers)
    if found.signed is None:
        there = facts.plan is not None and sample_size_digest(facts.plan) is not None
        return ("KAI has not signed the size of the sample" if there else "There is no size to sign yet"), False
    on, by = day(found.signed.on), found.signed.signed_by
    if found.state == "stands":
        return f"KAI signed the size of the sample on {on}, by {by}", True
    if found.state == "incomplete":
        failed = " ".join(point.asks for point in found.points)
        return f"KAI signed the size of the sample on {on}, by {by}, and it does not pass: {failed}", False
    since = "" if void_since is None else f" since {day(void_since)}"
    why = "other customers take part" if found.state == "fewer" else "what it follows from changed"
    return f"KAI’s signature on the size of the sample is void{since}, because {why}; signed on {on}", False


def size_signatures(recorded: Iterable[Recorded]) -> tuple[SignedOff, ...]:
    """KAI's signatures on the size of the sample, in order."""
    entries = (each.entry for each in recorded)
    return tuple(each for each in entries if isinstance(each, SignedOff) and each.subject == "sample_size")


def size_void_since(facts: Facts, revisions: Iterable[RevisionRecord]) -> date | None:
    """The day on which the size of the sample stopped being what KAI had signed last; None where it has not, or where
    no revision tells.

    Args:
        facts: The design as it stands.
        revisions: Of its draft, in order.
    """
    signed = size_signatures(facts.recorded)
    now = None if facts.plan is None else sample_size_digest(facts.plan)
    if not signed or any(each.digest == now for each in signed):
        return None
    since = None
    for revision in reversed(tuple(revisions)):
        plan = judge_draft(revision.draft, day=facts.today).protocol
        if plan is not None and sample_size_digest(plan) == signed[-1].digest:
            break
        since = revision.saved_at.date()
    return since


def size_in_words(plan: Protocol, customers: int | None) -> tuple[tuple[str, str], ...]:
    """Everything that KAI signs of a plan: what the size of the sample follows from; empty while there is too little.

    Args:
        plan: As far as it is filled.
        customers: How many take part, as far as it is known.

    Nothing that is part of the signature is left out: what has no words of its own stands as it is.
    """
    record = sample_size_record(plan)
    if record is None:
        return ()
    labels = {outcome.id: outcome.label or sentence_case(outcome.id) for outcome in plan.outcomes}
    primary: dict[str, Any] = record.pop("primary")
    arms = {arm.id: arm.label for arm in plan.arms}
    share = primary["kind"] == "binary"
    lines = [("Customers who take part", "Not known yet" if customers is None else f"{customers:,}")]
    lines += [("Primary outcome", labels[primary.pop("id")])]
    lines += [
        (_PRIMARY.get(key, sentence_case(key)), _figure(value, _UNITS.get(key, "") if share else ""))
        for key, value in primary.items()
    ]
    shares = [f"{arms[each['id']]}: {'no share said' if each['share'] is None else format(each['share'], 'g')}"
              for each in record.pop("arms")]  # fmt: skip
    lines.append(("Arms, and their shares", "; ".join(shares)))
    lines += [(_RECORD.get(key, sentence_case(key)), _figure(value, "%" if key in _SHARES else ""))
              for key, value in record.items()]  # fmt: skip
    return tuple(lines)


def _figure(value: Any, unit: str) -> str:
    """A value of the record: a share in percent or points, a word of the plan in words, a section by its keys."""
    if value in (None, [], ()):
        return "None"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _WORDS.get(str(value)) or capitalised(in_words(value).replace("_", " "))
    return f"{value * 100:.10g}{unit}" if unit else f"{value:.15g}"
