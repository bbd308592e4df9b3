"""How the data will be read: the ``analysis`` section."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from designs.literals import (
    Adjustment,
    Contrasts,
    CovariateKind,
    LookPurpose,
    Multiplicity,
    Spending,
    StandardErrors,
)
from designs.protocol.sections.scalars import Declared, Text


class Covariate(Declared):
    column: Text
    as_: CovariateKind | None = Field(default=None, alias="as")

    @model_validator(mode="before")
    @classmethod
    def _plain_name(cls, value: object) -> object:
        return {"column": value} if isinstance(value, str) else value


class Subgroup(Declared):
    column: Text
    quantiles: Annotated[int, Field(ge=2, le=10)] | None = None


class Complier(Declared):
    received: Text


class Looks(Declared):
    """Looks before the end: when, how the error is shared among them, and what they may conclude.

    Each fraction is the share of the trial's customers whose outcomes are due. The last look is the final analysis,
    which needs no saying.
    """

    fractions: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Field(min_length=1)]
    may: LookPurpose
    spending: Spending = "obrien_fleming"
    customers: Annotated[int, Field(gt=0)] | None = None  # planned over all waves; those allocated where absent


class Analysis(Declared):
    covariates: tuple[Covariate, ...] = ()
    adjustment: Adjustment = "none"
    standard_errors: StandardErrors = "HC2"
    errors_clustered_by: Text | None = None  # a column; its customers were not assigned together
    alpha: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    power: Annotated[float, Field(gt=0.5, lt=1)] = 0.8
    multiplicity: Multiplicity = "holm"
    contrasts: Contrasts = "each_against_comparison"
    subgroups: tuple[Subgroup, ...] = ()
    complier: Complier | None = None
    looks: Looks | None = None
    dispatch_tolerance: Annotated[float, Field(ge=0, lt=1)] | None = None  # share sent another arm's contact
    coverage: Annotated[float, Field(gt=0, le=1)] | None = None  # least share of customers with an outcome
    retention_margin: Annotated[float, Field(gt=0, le=0.05)] | None = None  # by which arms may differ in that share
