"""Populations for tests: whole tables of invented customers, and schemes over them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa

from designs.assignment.schemes.complete import Complete
from designs.assignment.schemes.factorial import Factorial
from designs.assignment.schemes.scheme import Bar
from designs.assignment.schemes.simple import Simple
from designs.protocol.models import Condition

ARMS, WEIGHTS = ("nfa", "letter", "sms", "call"), (3, 1, 1, 1)
FACTORS = (("norm", ("no", "yes")), ("tone", ("plain", "firm")))
CROSSED = (("no", "plain"), ("no", "firm"), ("yes", "plain"), ("yes", "firm"))


def customers(n: int, number: int = 1) -> pa.Table:
    """n customers in households of one to four, with strata that the household shares and flags that it may not."""
    rng = np.random.default_rng(number)
    household = np.repeat(np.arange(n), rng.integers(1, 5, n))[:n]
    band, phone = rng.integers(0, 3, n)[household], rng.integers(0, 2, n)[household]
    return pa.table(
        {
            "customer_id": pa.array([f"{value:018d}" for value in rng.permutation(n * 7)[:n]]),
            "household": pa.array([f"household {value}" for value in household]),
            "debt_band": pa.array(["high", "low", "middle"]).take(pa.array(band)),
            "phone_status": pa.array(["none", "present"]).take(pa.array(phone)),
            "trust": pa.array(rng.random(n) < 0.05),
            "welsh": pa.array(np.where(rng.random(n) < 0.1, "yes", "no")),
        }
    )


STRATA = {"strata": ("debt_band", "phone_status")}
BARS = {
    "bars": (
        Bar("letter", (Condition(column="trust", equals=True),), ("boolean",)),
        Bar("call", (Condition(column="trust", equals=True),), ("boolean",)),
        Bar("sms", (Condition(column="welsh", equals="yes"),), ("text",)),
    )
}
TERMS = {"arms": ARMS, "weights": WEIGHTS, "comparison": "nfa"}
SCHEMES: dict[str, Complete | Simple | Factorial] = {
    "complete": Complete(**TERMS),
    "stratified": Complete(**TERMS, **STRATA),
    "clustered": Complete(**TERMS, cluster="household"),
    "stratified and clustered": Complete(**TERMS, **STRATA, cluster="household"),
    "barred": Complete(**TERMS, **STRATA, **BARS),
    "barred and clustered": Complete(**TERMS, **STRATA, **BARS, cluster="household"),
    "hold-out": Complete(**TERMS, **STRATA, **BARS, hold_out=Fraction(1, 20)),
    "hold-out, clustered": Complete(**TERMS, **STRATA, hold_out=Fraction(3, 40), cluster="household"),
    "simple": Simple(**TERMS, **STRATA),
    "simple, barred": Simple(**TERMS, **STRATA, **BARS),
    "simple, clustered, hold-out": Simple(**TERMS, cluster="household", hold_out=Fraction(1, 10)),
    "factorial": Factorial(**TERMS, **STRATA, factors=FACTORS, levels=CROSSED),
    "factorial, hold-out": Factorial(**TERMS, factors=FACTORS, levels=CROSSED, hold_out=Fraction(1, 10)),
}
