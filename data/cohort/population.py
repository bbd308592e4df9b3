"""Synthetic populations: who they are, before anybody is contacted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import DataRefused

Kind = Literal["small_debts", "self_assessment", "late_returns"]
Reason = Literal["forgot", "cannot_pay", "confused", "deliberate"]

Floats = npt.NDArray[np.float64]

REASONS: tuple[Reason, ...] = get_args(Reason)
REASON_SHARES = (0.40, 0.25, 0.20, 0.15)
# Median debt in pounds by reason, and the spread (standard deviation of the logarithm).
MEDIAN_DEBT: Mapping[str, float] = {"forgot": 500.0, "cannot_pay": 2600.0, "confused": 900.0, "deliberate": 1800.0}
MEDIAN_SMALL_DEBT: Mapping[str, float] = dict.fromkeys(REASONS, 120.0)
_LOG_SPREAD: Mapping[str, float] = {"forgot": 1.10, "cannot_pay": 1.20, "confused": 1.10, "deliberate": 1.20}
_SMALL_LOG_SPREAD: Mapping[str, float] = dict.fromkeys(REASONS, 0.60)
_FLOOR = 25.0
MEAN_PRIOR_LATE = {"forgot": 0.6, "cannot_pay": 1.3, "confused": 0.8, "deliberate": 2.0}
_REGIONS = (
    "East Midlands", "East of England", "London", "North East", "North West", "Northern Ireland", "Scotland",
    "South East", "South West", "Wales", "West Midlands", "Yorkshire and the Humber",
)  # fmt: skip
_REGION_SHARES = (7.2, 9.4, 13.4, 3.9, 11.0, 2.8, 8.1, 13.9, 8.5, 4.6, 8.9, 8.3)
_INCOME_TYPES = ("self-employed", "landlord", "director", "employment", "pension")
_INCOME_SHARES = (0.52, 0.17, 0.13, 0.11, 0.07)
_SITES = ("Site A", "Site B", "Site C")
_OFFICES = ("DTO North", "DTO Midlands", "DTO South")  # one for each site
_YEARLY_INTEREST = 0.0775


@dataclass(frozen=True, slots=True)
class _Shape:
    """What sets one kind of population apart."""

    work_items: Mapping[str, float]
    bands: tuple[float, ...]
    band_names: tuple[str, ...]
    median: Mapping[str, float]
    spread: Mapping[str, float]
    range: tuple[float, float]  # principal is drawn within it


_SHAPES: Mapping[Kind, _Shape] = {
    "small_debts": _Shape(
        {"debt_only": 0.98, "debt_and_return": 0.02},
        (75.0, 150.0),
        ("under 75", "75 to 149", "150 and over"),
        MEDIAN_SMALL_DEBT,
        _SMALL_LOG_SPREAD,
        (_FLOOR, 260.0),  # a little beyond what the trial takes, so that its rules have somebody to leave out
    ),
    "self_assessment": _Shape(
        {"debt_only": 0.90, "debt_and_return": 0.10},
        (500.0, 2000.0),
        ("under 500", "500 to 1999", "2000 and over"),
        MEDIAN_DEBT,
        _LOG_SPREAD,
        (_FLOOR, 1e6),
    ),
    "late_returns": _Shape(
        {"return_only": 0.92, "debt_and_return": 0.08},
        (500.0, 2000.0),
        ("under 500", "500 to 1999", "2000 and over"),
        MEDIAN_DEBT,
        _LOG_SPREAD,
        (_FLOOR, 1e6),
    ),
}


def population(seed: int, n: int, kind: Kind = "self_assessment") -> pa.Table:
    """Draw ``n`` synthetic customers.

    Debts are lognormal by reason, with a floor of £25; shares of reasons, phones, agents, Welsh preference and the
    rest are fixed above. Ids begin with SYN and say nothing about their customer.

    Args:
        seed: The same seed gives the same table.
        n: Customers.
        kind: ``small_debts`` (£25 to £260), ``self_assessment`` (any debt) or ``late_returns``.

    Returns:
        One row per customer. Amounts in pounds, ages in days.

    Raises:
        DataRefused: No customers, or an unknown kind.

    Examples:
        >>> people = population(1, 3, "small_debts")
        >>> people.num_rows, people.column("principal").type
        (3, DataType(double))
    """
    if n < 1 or kind not in _SHAPES:
        raise DataRefused(
            f"no population of {n} customers of kind {kind!r}", rule=f"at least 1, of {', '.join(_SHAPES)}"
        )
    shape = _SHAPES[kind]
    rng = np.random.default_rng([seed, list(_SHAPES).index(kind)])
    reason = rng.choice(len(REASONS), n, p=REASON_SHARES)
    principal = _debts(rng, reason, shape)
    age_days = np.minimum(30 + rng.gamma(1.6, 110.0, n), 1400).astype(np.int64)
    site = rng.choice(len(_SITES), n, p=(0.4, 0.35, 0.25))
    prior_late = np.minimum(rng.poisson(_by_reason(reason, MEAN_PRIOR_LATE)), 5)
    columns: dict[str, Any] = {
        "customer_id": _numbered("SYN", _spread(rng, n)),
        "household_id": _households(rng, n),
        "agent_id": _agents(rng, n),
        "work_item": _one_of(rng, n, tuple(shape.work_items), tuple(shape.work_items.values())),
        "principal": principal,
        "interest": np.round(principal * _YEARLY_INTEREST * age_days / 365.0, 2),
        "log_principal": np.log(principal),
        "debt_band": _named(shape.band_names, np.digitize(principal, shape.bands)),
        "age_days": age_days,
        "years_late": np.minimum(age_days // 365 + (rng.random(n) < 0.12), 4),
        "prior_late": prior_late,
        "risk_score": np.round(rng.normal(45.0 + 6.0 * prior_late, 14.0).clip(0, 100), 1),
        "income_type": _one_of(rng, n, _INCOME_TYPES, _INCOME_SHARES),
        "phone_status": _one_of(rng, n, ("present", "traced", "none"), (0.70, 0.15, 0.15)),
        "welsh": rng.random(n) < 0.015,
        "trust": rng.random(n) < 0.01,
        "hnw_expat": rng.random(n) < 0.01,
        "needs_support": rng.random(n) < 0.05,
        "region": _one_of(rng, n, _REGIONS, _REGION_SHARES),
        "dmtc_site": _named(_SITES, site),
        "dto": _named(_OFFICES, site),
        "other_campaign": rng.random(n) < 0.04,
        "reason": _named(REASONS, reason),
        "reason_confidence": _one_of(rng, n, ("known", "inferred", "unknown"), (0.30, 0.55, 0.15)),
    }
    return pa.table(columns)


def _named(names: Sequence[str], places: npt.NDArray[Any]) -> pa.Array:
    return pa.array(names).take(pa.array(places))


def _one_of(rng: np.random.Generator, n: int, names: Sequence[str], shares: Sequence[float]) -> pa.Array:
    chances = np.array(shares) / np.sum(shares)
    return _named(names, rng.choice(len(names), n, p=chances))


def _debts(rng: np.random.Generator, reason: npt.NDArray[Any], shape: _Shape) -> Floats:
    """Lognormal, cut to a range by inverting the distribution between its ends."""
    from scipy.special import ndtr, ndtri

    centre = np.log(_by_reason(reason, shape.median))
    spread = _by_reason(reason, shape.spread)
    low, high = (ndtr((np.log(end) - centre) / spread) for end in shape.range)
    z = ndtri(low + (high - low) * rng.random(len(reason)))
    debts: Floats = np.clip(np.round(np.exp(centre + spread * z), 2), *shape.range)
    return debts


def _by_reason(reason: npt.NDArray[Any], values: Mapping[str, float]) -> Floats:
    figures: Floats = np.array([values[name] for name in REASONS])[reason]
    return figures


def _numbered(prefix: str, numbers: npt.NDArray[np.int64]) -> pa.Array:
    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width=9, padding="0")
    return pc.binary_join_element_wise(prefix, digits, "")


def _spread(rng: np.random.Generator, n: int) -> npt.NDArray[np.int64]:
    """Distinct nine-digit numbers in no order: one in each of n equal strips, shuffled."""
    width = 999_999_999 // n
    return rng.permutation(n) * width + rng.integers(0, width, n)


def _households(rng: np.random.Generator, n: int) -> pa.Array:
    """Most customers are alone in theirs; the rest share with up to three others."""
    sizes = np.where(rng.random(n) < 0.82, 1, rng.integers(2, 5, n))
    return _numbered("SYNH", rng.permutation(np.repeat(np.arange(n), sizes)[:n]))


def _agents(rng: np.random.Generator, n: int) -> pa.Array:
    """35% have an agent; a few agents act for many."""
    number = (max(1, n // 60) * rng.random(n) ** 2.2).astype(np.int64)
    return pc.if_else(pa.array(rng.random(n) < 0.35), _numbered("SYNA", number), None)
