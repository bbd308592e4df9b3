"""Who takes part: the ``population`` section, and the conditions that it and the arms use."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from designs.literals import Circumstance, ColumnKind
from designs.protocol.sections.scalars import Codes, Declared, Identifier, NotNegative, Scalar, Text, contradiction


class Condition(Declared):
    """One test of one column; every bound given must hold. Never evaluated as code."""

    column: Text
    equals: Scalar | None = None
    not_equals: Scalar | None = None
    one_of: Annotated[tuple[Scalar, ...], Field(min_length=1)] | None = None
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    missing: bool | None = None

    @model_validator(mode="after")
    def _some_test(self) -> Condition:
        if all(value is None for name, value in self if name != "column"):
            raise contradiction(f"{self.column} is compared with nothing", "a condition has at least one test")
        return self


def _how_many(value: object) -> str:
    return "[all]" if isinstance(value, (list, tuple)) else "[one]"


def _one_alone(value: Condition | tuple[Condition, ...]) -> Condition | tuple[Condition, ...]:
    """A list of one is that one, so that both have the same canonical form."""
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


When = Annotated[
    Annotated[Condition, Tag("[one]")] | Annotated[tuple[Condition, ...], Field(min_length=1), Tag("[all]")],
    Discriminator(_how_many),
    AfterValidator(_one_alone),
]
"""A condition, or several that all hold. The tags are marks in the place of an error, and no keys of a file."""


class Exclusion(Declared):
    when: When
    reason: Text
    agreement: Text | None = None  # who agreed, and when, that these customers take part after all

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What all holds of the customers who are meant."""
        return self.when if isinstance(self.when, tuple) else (self.when,)


class ColumnDeclaration(Declared):
    kind: ColumnKind | None = None
    as_at: date | None = None
    source: Text | None = None
    label: Text | None = None  # what people call it, within a sentence
    circumstance: Circumstance | None = None  # in which those are of whom the column is true
    levels: Annotated[dict[str, Text], Field(min_length=1)] | None = None  # what they call each value, or who has it
    missing: Codes = ()  # codes that say that the value is not known
    true: Codes = ()  # codes of a column of truth values; nothing else is true there
    false: Codes = ()


class Reasons(Declared):
    """Why each customer behaves so, as far as somebody knows: what segments are made of.

    Attributes:
        column: each customer's reason.
        confidence_column: how surely it is known.
        evidence: where the reasons come from.
        known: values of ``confidence_column`` of a reason that is known.
        inferred: its values of a reason that is inferred; with any other, or a blank, it is not known.
        unknown: values of ``column`` that say that the reason is not known; a blank does so too.
        warn_above: the share of customers whose reason is not known, above which the review warns.
        one_approach_because: why customers with different reasons may all the same be treated alike.
    """

    column: Text
    confidence_column: Text
    evidence: Text
    known: Codes = ("known",)
    inferred: Codes = ("inferred",)
    unknown: Codes = ("unknown",)
    warn_above: Annotated[float, Field(ge=0, le=1)] = 0.2
    one_approach_because: Text | None = None


class Welsh(Declared):
    """Who prefers Welsh, and what becomes of them where an arm has no Welsh text.

    Attributes:
        when: what is true of those who prefer Welsh.
        without_text: ``exclude`` leaves them out of the trial, and counts them, for as long as an arm has none.
    """

    when: When
    without_text: Literal["exclude"] | None = None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What all holds of those who prefer Welsh."""
        return self.when if isinstance(self.when, tuple) else (self.when,)


class ContactLimit(Declared):
    """At most this many OTM contacts with one customer, over all trials, in this many days."""

    contacts: Annotated[int, Field(ge=1)]
    days: Annotated[int, Field(ge=1)]


class Population(Declared):
    name: Text | None = None
    unit: Text  # the id column; ``row`` means that the file has no id
    cluster: Text | None = None
    cluster_size: Annotated[float, Field(ge=1)] | None = None  # customers in a cluster on average, for sizing
    cluster_size_cv: NotNegative | None = None  # standard deviation of these sizes over their mean
    where: tuple[Condition, ...] = ()
    exclude: tuple[Exclusion, ...] = ()
    cooling_off_days: Annotated[int, Field(ge=0)] | None = None
    contact_limit: ContactLimit | None = None
    mutually_exclusive_with: tuple[Identifier, ...] = ()  # trials that share no customer with this one
    reasons: Reasons | None = None
    welsh: Welsh | None = None
    columns: dict[str, ColumnDeclaration] = Field(default_factory=dict)
