"""Money, counts and answers as a paper says them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analysis.wording.numbers import count, large_pounds, percentage, pounds
from analysis.wording.phrases import sentence_case
from designs.protocol.models import ExpectedContact
from designs.protocol.sections.scalars import Range, Scalar

_REACTIONS: Final[Mapping[str, str]] = {
    "pay": "pay", "file": "file", "call": "call", "complain": "complain", "ignore": "do nothing",
    "agent": "have an agent answer",
}  # fmt: skip
_CONTACT: Final[Mapping[str, str]] = {
    "inbound_calls_per_1000": "calls from 1,000 customers who are contacted",
    "peak_contacts_per_day": "contacts on the busiest day",
    "capacity_per_day": "contacts that can be taken in a day",
}


def pounds_between(amount: Range) -> str:
    """An amount with its low and high figures, where it has them.

    Examples:
        >>> pounds_between(Range(low=0.7, central=0.85, high=1.0))
        '£0.85 (£0.70 to £1.00)'
        >>> pounds_between(Range(low=5.0, central=5.0, high=5.0))
        '£5.00'
    """
    if amount.low == amount.high:
        return _money(amount.central)
    return f"{_money(amount.central)} ({_money(amount.low)} to {_money(amount.high)})"


def _money(amount: float) -> str:
    return large_pounds(amount) if abs(amount) >= 10_000 else pounds(amount, pence=abs(amount) < 100)


def within(words: str) -> str:
    """Somebody's words as they stand within a sentence of ours, which has its own end.

    Examples:
        >>> within("Balances in the debt ledger.")
        'Balances in the debt ledger'
    """
    return words.rstrip(" .")


def answer_in_words(question: str, answer: ExpectedContact | Mapping[str, Scalar] | Scalar | None) -> str | None:
    """An answer to a question of suitability, as people read it.

    Examples:
        >>> answer_in_words("customers", 300000)
        '300,000'
        >>> answer_in_words("reaction", {"pay": 0.31, "ignore": 0.69})
        '31.0% pay; 69.0% do nothing'
        >>> answer_in_words("operations", ExpectedContact(inbound_calls_per_1000=40))
        '40 calls from 1,000 customers who are contacted'
    """
    if answer is None:
        return None
    if isinstance(answer, ExpectedContact):
        answer = {name: value for name, value in answer if value is not None}
    if isinstance(answer, Mapping):
        return "; ".join(_part(question, name, value) for name, value in answer.items()) or None
    return _scalar(answer)


def with_evidence(question: str, answer: ExpectedContact | Mapping[str, Scalar] | Scalar | None, evidence: str) -> str:
    """An answer with what it rests on, as the end of a sentence.

    Examples:
        >>> with_evidence("customers", 300000, "A scan of May.")
        '300,000 (evidence: A scan of May).'
    """
    return f"{within(answer_in_words(question, answer) or 'not said')} (evidence: {within(evidence)})."


def _part(question: str, name: str, value: Scalar) -> str:
    if name in _CONTACT:
        return f"{_scalar(value)} {_CONTACT[name]}"
    if question == "reaction" and name in _REACTIONS and isinstance(value, float) and 0 <= value <= 1:
        return f"{percentage(value)} {_REACTIONS[name]}"
    return f"{sentence_case(name)}: {_scalar(value)}"


def _scalar(value: Scalar) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str):
        return value
    return count(value) if float(value).is_integer() else f"{value:,g}"
