"""The words that may stand for a value, in a protocol and wherever else its options are named."""

from __future__ import annotations

from typing import Final, Literal

ID_PATTERN: Final = r"[a-z0-9][a-z0-9_-]{0,62}"
"""What an id is: of a trial, an arm, an outcome, a segment or a body."""

ArmKind = Literal["nfa", "bau", "otm"]
Channel = Literal["letter", "sms", "email", "call"]
Language = Literal["en", "cy"]
"""English or Welsh."""
RandomisationMethod = Literal[
    "simple", "complete", "matched_pairs", "rerandomised", "saturation", "factorial", "external"
]  # fmt: skip
ColumnKind = Literal["text", "number", "boolean"]

OutcomeRole = Literal["primary", "secondary", "guardrail"]
OutcomeKind = Literal["binary", "amount", "count", "time_to_event"]
Direction = Literal["increase", "decrease"]
Unit = Literal["pounds", "minutes", "days", "number"]
Measure = Literal["share", "pounds", "minutes", "days", "number"]
"""What one unit of an outcome is: a binary outcome is a share of customers, and any other has a unit."""

CovariateKind = Literal["category", "number"]
Adjustment = Literal["none", "additive", "lin"]
StandardErrors = Literal["classical", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR2"]
CLUSTERED: tuple[StandardErrors, ...] = ("CR0", "CR1", "CR2")
Multiplicity = Literal["none", "holm", "bonferroni", "benjamini_hochberg", "dunnett"]
Contrasts = Literal["each_against_comparison", "all_pairs"]
Spending = Literal["obrien_fleming", "pocock"]
"""How the error that a trial may make is spent over its looks (Lan & DeMets 1983): little of it early, or evenly."""
LookPurpose = Literal["harm", "harm_and_benefit"]
"""What a look before the end may conclude."""

MoneyKind = Literal["earlier", "extra", "cost_saved"]
"""What a value stands for: money that would have come later, money that would not have come, or work not needed."""

Confidence = Literal["confident", "in_doubt"]
SameReason = Literal["yes", "no", "unknown"]
QuestionsEdition = Literal["CH600210-1", "CH600210-2"]
"""Which set of questions of the Compliance Handbook: the first eight, or a later edition, which asks more."""
Circumstance = Literal["needs_support", "hardship"]
"""What a customer may be in, so that a message that warns of consequences is not for them."""
Reaction = Literal["pay", "file", "call", "complain", "ignore", "agent"]
"""How a customer may react: pays, files, calls, complains, does nothing, or has an agent answer."""

Scenario = Literal["low", "central", "high"]
"""Which of the three figures of a range is taken."""

Severity = Literal["blocks", "warns", "informs"]
"""What a finding or a check does: it stops what was asked, it names a risk and lets it go on, or it only tells."""
