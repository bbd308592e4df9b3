"""How customers come to their arms: the ``randomisation`` section."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from designs.literals import RandomisationMethod
from designs.protocol.sections.scalars import Declared, Identifier, Positive, Scalar, Text


class Rerandomise(Declared):
    """Draw again until the Mahalanobis distance between arms on these columns is at most ``threshold``."""

    covariates: Annotated[tuple[Text, ...], Field(min_length=1)]
    threshold: Positive


class Saturation(Declared):
    """A cluster at this saturation gives ``treated`` of its customers to the arms other than the comparison."""

    id: Identifier
    treated: Annotated[float, Field(ge=0, le=1)]
    share: Positive
    value: Scalar | None = None  # external: its label in saturation_column; the id where absent


class Wave(Declared):
    """One intake of customers; ``issue_on`` is their day 0, in every arm."""

    id: Identifier
    issue_on: date


class Batches(Declared):
    """One intake issued in parts: the column that names each customer's batch, and the batch's day 0, in every arm."""

    column: Text
    at_random: Literal[True] | None = None  # the file has no such column: the load puts customers into equal batches
    issue_on: Annotated[dict[str, date], Field(min_length=1)]


class Randomisation(Declared):
    method: RandomisationMethod
    strata: tuple[Text, ...] = ()
    merge: tuple[Text, ...] = ()  # of the strata, given up in this order where one has under two units per arm
    cluster: Text | None = None
    allocation_date: date | None = None  # planned, or when it was done elsewhere
    hold_out: Annotated[float, Field(gt=0, le=0.5)] | None = None  # kept on NFA for the long run
    waves: tuple[Wave, ...] = ()
    batches: Batches | None = None
    pairs: Text | None = None  # matched_pairs: the column that names each customer's pair
    rerandomise: Rerandomise | None = None  # rerandomised
    saturations: tuple[Saturation, ...] = ()  # saturation or external: clusters to these, then customers within
    saturation_column: Text | None = None  # external: where the file holds the saturation of each customer's cluster
    factors: dict[Identifier, Annotated[tuple[Identifier, ...], Field(min_length=2)]] | None = None  # factorial
    arm_column: Text | None = None  # external: where the file holds each customer's arm
    shares: dict[str, Positive] | None = None  # external: the expected ratio, by arm id
