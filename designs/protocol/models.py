"""The whole protocol file, as frozen values.

Attribute names are the file's keys (``schema`` and ``as`` are Python words taken elsewhere, so they carry an
alias). Rules that span several keys live in :mod:`designs.protocol.rules`; nothing here reads a file.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError


def _union_of(expected: str) -> WrapValidator:
    """A union answers with one error of ours, at the key itself, and not with one for each of its options."""

    def validate(value: Any, options: ValidatorFunctionWrapHandler) -> Any:
        try:
            return options(value)
        except ValidationError:
            raise PydanticCustomError("union", "{expected}", {"expected": expected}) from None

    return WrapValidator(validate)


Scalar = Annotated[bool | int | float | str, _union_of("text, a number, true or false")]
Identifier = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]

ArmKind = Literal["nfa", "bau", "otm"]
Channel = Literal["letter", "sms", "email", "call"]
Method = Literal[
    "simple", "complete", "matched_pairs", "rerandomised", "saturation", "factorial", "external"
]  # fmt: skip
Role = Literal["primary", "secondary", "guardrail"]
OutcomeKind = Literal["binary", "amount", "count", "time_to_event"]
Direction = Literal["increase", "decrease"]
Adjustment = Literal["none", "additive", "lin"]
StandardErrors = Literal["classical", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR2"]
Multiplicity = Literal["none", "holm", "bonferroni", "benjamini_hochberg", "dunnett"]
Contrasts = Literal["each_against_comparison", "all_pairs"]
ColumnKind = Literal["text", "number", "boolean"]


class _Declared(BaseModel):
    """Frozen, strict, and closed: an unknown key or ``share: true`` is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


def _as_tuples(value: object) -> object:
    """JSON's lists as tuples: what a validator has touched is no longer JSON to a strict model."""
    if isinstance(value, list):
        return tuple(_as_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _as_tuples(item) for key, item in value.items()}
    return value


class Range(_Declared):
    """A figure that is not known exactly; a plain number in the file is all three."""

    low: float
    central: float
    high: float

    @model_validator(mode="before")
    @classmethod
    def _plain_number(cls, value: object) -> object:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return {"low": float(value), "central": float(value), "high": float(value)}
        return value

    @model_validator(mode="after")
    def _ordered(self) -> Range:
        if not self.low <= self.central <= self.high:
            raise ValueError("low, central and high must be in ascending order")
        return self


ZERO = Range(low=0.0, central=0.0, high=0.0)


class Condition(_Declared):
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
            raise ValueError("a condition holds at least one test")
        return self


class Exclusion(_Declared):
    when: Condition
    reason: Text
    agreement: Text | None = None  # who agreed, and when, that these customers take part after all


class ColumnDeclaration(_Declared):
    kind: ColumnKind | None = None
    as_at: date | None = None
    source: Text | None = None


class ContactLimit(_Declared):
    """At most this many OTM contacts with one customer, over all trials, in this many days."""

    contacts: Annotated[int, Field(ge=1)]
    days: Annotated[int, Field(ge=1)]


class Population(_Declared):
    name: Text | None = None
    unit: Text  # the id column; ``row`` means that the file has no id
    cluster: Text | None = None
    cluster_size: Annotated[float, Field(ge=1)] | None = None  # customers in a cluster on average, for sizing
    where: tuple[Condition, ...] = ()
    exclude: tuple[Exclusion, ...] = ()
    cooling_off_days: Annotated[int, Field(ge=0)] | None = None
    contact_limit: ContactLimit | None = None
    mutually_exclusive_with: tuple[Identifier, ...] = ()  # trials that share no customer with this one
    columns: dict[str, ColumnDeclaration] = Field(default_factory=dict)


class Wording(_Declared):
    """Paths as written; the canonical form holds the SHA-256 of each text instead."""

    en: Text
    cy: Text | None = None


class Arm(_Declared):
    id: Identifier
    kind: ArmKind
    label: Text
    share: Positive | None = None
    value: Scalar | None = None  # its label in an external file's arm column; the id where absent
    channel: Channel | None = None
    technique: Text | None = None
    idms99_version: Text | None = None
    contact_number: Text | None = None
    text: Wording | None = None
    cost_per_customer: Range = ZERO
    not_for: tuple[Exclusion, ...] = ()  # customers who may get the other arms, but never this one
    levels: dict[Identifier, Identifier] | None = None  # of each factor, in a factorial trial

    @model_validator(mode="before")
    @classmethod
    def _label_defaults_to_id(cls, value: object) -> object:
        if isinstance(value, dict) and "id" in value and "label" not in value:
            value = {**value, "label": value["id"]}
        return _as_tuples(value)


class Rerandomise(_Declared):
    """Draw again until the Mahalanobis distance between arms on these columns is at most ``threshold``."""

    covariates: Annotated[tuple[Text, ...], Field(min_length=1)]
    threshold: Positive


class Saturation(_Declared):
    """A cluster dealt to this saturation gives ``treated`` of its customers to the arms other than the comparison."""

    id: Identifier
    treated: Annotated[float, Field(ge=0, le=1)]
    share: Positive


class Wave(_Declared):
    """One intake of customers; ``issue_on`` is their day 0, in every arm."""

    id: Identifier
    issue_on: date


class Batches(_Declared):
    """One intake issued in parts: the column that names each customer's batch, and the batch's day 0, in every arm."""

    column: Text
    issue_on: Annotated[dict[str, date], Field(min_length=1)]


class Randomisation(_Declared):
    method: Method
    strata: tuple[Text, ...] = ()
    merge: tuple[Text, ...] = ()  # of the strata, given up in this order where one has under two units per arm
    cluster: Text | None = None
    allocation_date: date | None = None  # planned, or when it was done elsewhere
    hold_out: Annotated[float, Field(gt=0, le=0.5)] | None = None  # kept on NFA for the long run, dealt first
    waves: tuple[Wave, ...] = ()
    batches: Batches | None = None
    pairs: Text | None = None  # matched_pairs: the column that names each customer's pair
    rerandomise: Rerandomise | None = None  # rerandomised
    saturations: tuple[Saturation, ...] = ()  # saturation: clusters to these, then customers within
    factors: dict[Identifier, Annotated[tuple[Identifier, ...], Field(min_length=2)]] | None = None  # factorial
    arm_column: Text | None = None  # external: where the file holds each customer's arm
    shares: dict[str, Positive] | None = None  # external: the expected ratio, by arm id


class Outcome(_Declared):
    id: Identifier
    role: Role
    kind: OutcomeKind
    direction: Direction | None = None
    column: Text | None = None
    day: Annotated[int, Field(gt=0)] | None = None
    time: Text | None = None
    event: Text | None = None
    horizon: Positive | None = None
    marks: dict[Text, Positive] | None = None  # days to show beside the curves, such as penalties, by name
    cap: Positive | None = None
    margin: NotNegative | None = None
    baseline: NotNegative | None = None
    minimum_effect: Positive | None = None
    standard_deviation: Positive | None = None  # between customers; sizes an amount or a count
    intracluster_correlation: Annotated[float, Field(ge=0, le=1)] | None = None


class Covariate(_Declared):
    column: Text
    as_: Literal["category", "number"] | None = Field(default=None, alias="as")

    @model_validator(mode="before")
    @classmethod
    def _plain_name(cls, value: object) -> object:
        return {"column": value} if isinstance(value, str) else value


class Subgroup(_Declared):
    column: Text
    quantiles: Annotated[int, Field(ge=2, le=10)] | None = None


class Complier(_Declared):
    received: Text


class Analysis(_Declared):
    covariates: tuple[Covariate, ...] = ()
    adjustment: Adjustment = "none"
    standard_errors: StandardErrors = "HC2"
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    power: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    multiplicity: Multiplicity = "holm"
    contrasts: Contrasts = "each_against_comparison"
    subgroups: tuple[Subgroup, ...] = ()
    complier: Complier | None = None
    dispatch_tolerance: Annotated[float, Field(ge=0, lt=1)] | None = None  # share sent another arm's contact


class Valuation(_Declared):
    """Pounds per unit of an outcome."""

    outcome: Identifier
    value: Range
    because: Text | None = None


class Decision(_Declared):
    benefits: tuple[Valuation, ...] = ()
    costs: tuple[Valuation, ...] = ()
    set_up: Range = ZERO
    roll_out_customers: Annotated[int, Field(gt=0)] | None = None
    break_even: float | None = None  # effect on the primary, in its own units


class Behaviour(_Declared):
    who: Text
    action: Text
    by_day: Annotated[int, Field(gt=0)] | None = None
    observed_in: Text


class Alternative(_Declared):
    option: Text
    reason: Text


Confidence = Literal["confident", "in_doubt"]


class Answer(_Declared):
    """One of the eight suitability questions, with its evidence."""

    answer: (
        Annotated[
            bool | int | float | str | dict[str, Scalar], _union_of("text, a number, true or false, or keys with these")
        ]
        | None
    ) = None
    administration: Range | None = None
    exchequer_loss: Range | None = None
    asks_for_review: bool | None = None
    evidence: Text
    confidence: Confidence


class Suitability(_Declared):
    customers: Answer
    cost: Answer
    behaviour: Answer
    same_reason: Answer
    message: Answer
    reaction: Answer
    follow_up: Answer
    operations: Answer


class Campaign(_Declared):
    dmtc_site: Text
    dto: Text


class Protocol(_Declared):
    """Everything promised about one trial."""

    model_config = ConfigDict(serialize_by_alias=True)

    schema_: Literal[1] = Field(alias="schema")
    id: Identifier
    title: Text
    owner: Text | None = None
    directorate: Text | None = None
    purpose: Literal["promote", "prevent", "respond"] | None = None
    hypothesis: Text
    behaviour: Behaviour | None = None
    alternatives: tuple[Alternative, ...] = ()
    suitability: Suitability | None = None
    population: Population
    arms: Annotated[tuple[Arm, ...], Field(min_length=2)]
    nfa_waived: Text | None = None
    campaign: Campaign | None = None
    randomisation: Randomisation
    outcomes: Annotated[tuple[Outcome, ...], Field(min_length=1)]
    analysis: Analysis
    decision: Decision | None = None

    @property
    def randomised_here(self) -> bool:
        return self.randomisation.method != "external"

    @property
    def comparison(self) -> Arm:
        """The NFA arm, or the BAU arm where NFA is waived with a reason."""
        nfa = [arm for arm in self.arms if arm.kind == "nfa"]
        return nfa[0] if nfa else next(arm for arm in self.arms if arm.kind == "bau")

    @property
    def otm_arms(self) -> tuple[Arm, ...]:
        return tuple(arm for arm in self.arms if arm.kind == "otm")

    @property
    def primary(self) -> Outcome:
        return next(outcome for outcome in self.outcomes if outcome.role == "primary")

    @property
    def cluster(self) -> str | None:
        """The column dealt whole: ``randomisation.cluster``, else ``population.cluster``."""
        return self.randomisation.cluster or self.population.cluster

    @property
    def labels(self) -> dict[str, str]:
        """What people call the arms, by id."""
        return {arm.id: arm.label for arm in self.arms}

    @property
    def contrasts(self) -> tuple[tuple[str, str], ...]:
        """Every planned (arm, comparison) pair, in the order of the arms."""
        if self.analysis.contrasts == "all_pairs":
            ids = [self.comparison.id, *(arm.id for arm in self.arms if arm.id != self.comparison.id)]
            return tuple((later, earlier) for i, earlier in enumerate(ids) for later in ids[i + 1 :])
        return tuple((arm.id, self.comparison.id) for arm in self.arms if arm.id != self.comparison.id)

    def arm(self, arm_id: str) -> Arm:
        return next(arm for arm in self.arms if arm.id == arm_id)

    def outcome(self, outcome_id: str) -> Outcome:
        return next(outcome for outcome in self.outcomes if outcome.id == outcome_id)
