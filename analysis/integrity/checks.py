"""Can the trial be trusted? One pure function a check, over counts.

What was assigned exactly is checked exactly. What happened afterwards (retention, match) is tested by arm, because a
ratio of the counts that remain cannot see who was lost. A check that blocks makes the trial invalid when it fails;
balance and delivery only warn. Six checks at 5% would void a quarter of all good trials, so those that test use
p < 0.001, and retention also asks for a difference that matters.

``detail`` is read by managers: words and counts, never a p-value. Those are in ``figures``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, chdtrc

from analysis.inference.intervals import above_zero
from analysis.inference.multiplicity import holm
from analysis.integrity.exact import binomial_p
from analysis.integrity.shares_by_stratum import ALARM, Compared, ShareCounts, compare_shares
from analysis.results import Balance, Check, CheckKind
from designs.literals import Severity
from designs.protocol.models import LEAST_DIFFERENCE, USUAL_COVERAGE
from designs.protocol.words import ColumnWords

LARGEST_STANDARDISED_DIFFERENCE = 0.1
FEWEST_EXPECTED = 50.0  # of each of several arms, below which an arm has its own exact test
FEWEST_EXPECTED_OF_TWO = 1_000.0  # where the arms are two, and one test is of both
_VISIBLE = 0.0005  # half of the last digit in which shares are said
_ROUNDING = 1e-12  # 0.95 - 0.94 must count as one point


@dataclass(frozen=True, slots=True)
class ArmShare:
    """How many of an arm's customers something holds for.

    Attributes:
        arm: the arm's id.
        customers: everyone allocated to it.
        count: those retained, matched or delivered to.
        label: what people call the arm; its id where there is none.
    """

    arm: str
    customers: int
    count: int
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or self.arm

    @property
    def share(self) -> float | None:
        return self.count / self.customers if self.customers else None


def allocation_counts(
    registered: Mapping[str, int], found: Mapping[str, int], *, labels: Mapping[str, str] | None = None
) -> Check:
    """The rows to analyse hold exactly the customers that were allocated, arm by arm.

    Examples:
        >>> allocation_counts({"nfa": 10, "sms": 5}, {"nfa": 10, "sms": 4}).detail
        'Allocated and analysed counts differ: sms 5 allocated, 4 found.'
    """
    wrong = [
        f"{_called(arm, labels)} {registered.get(arm, 0):,} allocated, {found.get(arm, 0):,} found"
        for arm in sorted(registered.keys() | found.keys())
        if registered.get(arm, 0) != found.get(arm, 0)
    ]
    detail = (
        f"Allocated and analysed counts differ: {'; '.join(wrong)}."
        if wrong
        else f"All {sum(registered.values()):,} allocated customers are present, each in the arm allocated."
    )
    return Check("allocation_counts", not wrong, detail, "blocks", {f"n_{arm}": n for arm, n in sorted(found.items())})


def duplicate_ids(rows: int, distinct: int) -> Check:
    """Every customer appears once; a duplicate passes every ratio test, so ids are counted."""
    extra = rows - distinct
    detail = "Every customer appears once." if extra == 0 else f"{extra:,} rows repeat a customer already counted."
    return Check("duplicate_ids", extra == 0, detail, "blocks", {"rows": rows, "distinct": distinct})


def arm_labels(unknown: Mapping[str, int]) -> Check:
    """Every arm label is one that the protocol declares; ``unknown`` counts customers by any other label."""
    listed = ", ".join(f"“{label}” ({count:,})" for label, count in sorted(unknown.items()))
    detail = f"Arm labels that the protocol does not declare: {listed}." if unknown else "Every arm label is declared."
    return Check("arm_labels", not unknown, detail, "blocks", {"customers": sum(unknown.values())})


def dispatch(
    sent: int,
    wrong_arm: int,
    tolerance: float,
    *,
    doubtful: int = 0,
    unread: Mapping[str, int] | None = None,
    wrong_of: Mapping[str, int] | None = None,
) -> Check:
    """Customers sent what another arm should get, against the share that the protocol tolerates.

    Args:
        sent: customers and channels, those in doubt included.
        wrong_arm: those that are another arm's.
        tolerance: the share.
        doubtful: those of which nobody knows what was sent. Where they could be too many, the check does not pass.
        unread: by arm, those of rows that could not be read in full.
        wrong_of: by the id of the arm they were assigned to, those that are another arm's.

    Examples:
        >>> dispatch(500, 0, 0.01, doubtful=6, unread={"Letter": 6}).passed is None
        True
    """
    share = wrong_arm / sent if sent else 0.0
    detail = f"{wrong_arm:,} of {sent:,} were sent another arm's contact; {tolerance:.2%} is tolerated."
    figures: dict[str, float | int | str | None] = {"share": share, "tolerance": tolerance}
    figures |= {f"wrong_{arm}": n for arm, n in (wrong_of or {}).items() if n}
    if any((unread or {}).values()):
        listed = ", ".join(f"{arm} {n:,}" for arm, n in (unread or {}).items())
        detail += f" Their rows could not be read in full of: {listed}."
        figures |= {"doubtful": doubtful, "unread": sum((unread or {}).values())}
    passed: bool | None = share <= tolerance
    if passed and sent and (wrong_arm + doubtful) / sent > tolerance:
        passed, detail = None, f"{detail} Nobody knows what {doubtful:,} were sent."
    return Check("dispatch", passed, detail, "blocks", figures)


def sample_ratio(
    counts: Mapping[str, int],
    shares: Mapping[str, float],
    *,
    unit: str = "customers",
    labels: Mapping[str, str] | None = None,
) -> Check:
    """Counts by arm against the declared shares, on the units that were randomised.

    The exact binomial test for two arms, unless 1,000 or more are expected in either: then Pearson's chi-square, and
    for more arms too. There an arm in which fewer than 50 are expected has an exact test of its own, and the smallest
    p-value counts, times the number of tests. By chi-square alone an honest draw of an arm of 5 is called invalid two
    to three times in a thousand instead of once, and one of 20 still up to 1.7 times.

    For simple or external assignment; exact allocation has exact counts, and :func:`allocation_counts` checks them.

    Args:
        counts: randomised units by arm (clusters, where clusters were assigned).
        shares: relative weights by arm, each above zero.
        unit: what is counted, for the words.
        labels: what people call the arms.

    Examples:
        >>> sample_ratio({"a": 5000, "b": 5100}, {"a": 1, "b": 1}).passed
        True
        >>> sample_ratio({"a": 5000, "b": 5500}, {"a": 1, "b": 1}).passed
        False
    """
    total, weight = sum(counts.get(arm, 0) for arm in shares), sum(shares.values())
    if total == 0 or len(shares) < 2:
        return Check("sample_ratio", None, f"There are no {unit} to compare with the declared shares.", "blocks")
    expected = {arm: total * share / weight for arm, share in shares.items()}
    fewest = FEWEST_EXPECTED if len(expected) > 2 else FEWEST_EXPECTED_OF_TWO
    small = [arm for arm, e in expected.items() if e < fewest]
    if len(expected) == 2:
        small = small[:1]  # what one arm has the other lacks
    tests = [binomial_p(counts.get(arm, 0), total, shares[arm] / weight) for arm in small]
    large = {arm: e for arm, e in expected.items() if arm not in small}
    statistic: float | None = None
    seen, wanted = sum(counts.get(arm, 0) for arm in large), sum(large.values())
    if len(large) > 1 and seen:  # given how many they hold together
        statistic = sum((counts.get(arm, 0) - e * seen / wanted) ** 2 / (e * seen / wanted) for arm, e in large.items())
        tests.append(float(chdtrc(len(large) - 1, statistic)))
    p_value = above_zero(min(1.0, min(tests) * len(tests)))
    listed = ", ".join(
        f"{_called(arm, labels)} {counts.get(arm, 0):,} (expected {e:,.0f})" for arm, e in expected.items()
    )
    passed = p_value >= ALARM
    verb = "agree with" if passed else "cannot come from"
    return Check(
        "sample_ratio",
        passed,
        f"The {unit} by arm {verb} the declared shares: {listed}.",
        "blocks",
        {"statistic": statistic, "df": None if statistic is None else len(large) - 1, "p_value": p_value},
    )


def sample_ratio_not_declared(
    counts: Mapping[str, int], *, unit: str = "customers", labels: Mapping[str, str] | None = None
) -> Check:
    """Without declared shares there is nothing to test against: counts are reported."""
    listed = ", ".join(f"{_called(arm, labels)} {count:,}" for arm, count in counts.items())
    return Check("sample_ratio", None, f"No shares are declared, so not tested. The {unit} by arm: {listed}.")


def retention(
    shares: Sequence[ArmShare],
    comparison: str,
    *,
    kind: CheckKind = "retention",
    what: str = "have the primary outcome",
    severity: Severity = "blocks",
    least_difference: float = LEAST_DIFFERENCE,
    compared: Mapping[str, Compared | None] | None = None,
    adjusted: Mapping[str, float | None] | None = None,
) -> Check:
    """Each arm's share against the comparison's: fails on Holm p < 0.001 *and* a difference that matters.

    Used for retention and for match. An arm that cannot be compared hides no loss of the others.

    Args:
        shares: of every arm, over all strata.
        comparison: id of the arm that the others are held against.
        kind, what, severity: of the check.
        least_difference: what a failure must at least amount to.
        compared: the other arms within strata, and by clusters, where there are any; from ``shares`` if not given.
        adjusted: their p-values within a larger family, such as that of several outcomes; Holm over the arms if not
            given.

    Examples:
        >>> lost = [ArmShare("nfa", 100_000, 95_000), ArmShare("sms", 100_000, 93_500)]
        >>> retention(lost, "nfa").passed
        False
        >>> retention([ArmShare("nfa", 1000, 950), ArmShare("sms", 1000, 935)], "nfa").passed
        True
    """
    base = next(share for share in shares if share.arm == comparison)
    arms = [share for share in shares if share.arm != comparison]
    compared = compare_arms(shares, comparison) if compared is None else compared
    p_values = [row.p_value if (row := compared.get(arm.arm)) else None for arm in arms]
    in_family = holm(p_values) if adjusted is None else tuple(adjusted.get(arm.arm) for arm in arms)
    differences = [row.difference if (row := compared.get(arm.arm)) else None for arm in arms]
    alarms = [
        p is not None and p < ALARM and difference is not None and abs(difference) >= least_difference - _ROUNDING
        for p, difference in zip(in_family, differences, strict=True)
    ]
    figures = {f"p_adjusted_{arm.arm}": p for arm, p in zip(arms, in_family, strict=True)}
    figures |= {f"difference_{arm.arm}": d for arm, d in zip(arms, differences, strict=True)}
    listed = ", ".join(f"{share.name} {'none' if share.share is None else f'{share.share:.1%}'}" for share in shares)
    among = next((row.among for row in compared.values() if row), "")
    within = _within_strata(arms, base, differences, among)
    if any(alarms):
        named = " and ".join(arm.name for arm, alarm in zip(arms, alarms, strict=True) if alarm)
        detail = f"The share of customers who {what} differs between {named} and {base.name}: {listed}{within}."
        return Check(kind, False, detail, severity, figures)
    if None in p_values:
        return Check(kind, None, "An arm has no customers, so arms cannot be compared.", severity)
    detail = f"The share of customers who {what} is alike in every arm: {listed}{within}."
    return Check(kind, True, detail, severity, figures)


def compare_arms(shares: Sequence[ArmShare], comparison: str) -> dict[str, Compared | None]:
    """Every other arm against the comparison, over everyone and customer by customer."""
    counts = ShareCounts(
        np.array([share.arm for share in shares]),
        np.zeros(len(shares), dtype=np.int64),
        np.array([share.customers for share in shares], dtype=np.float64),
        np.array([share.count for share in shares], dtype=np.float64),
    )
    return {s.arm: compare_shares(counts, s.arm, comparison) for s in shares if s.arm != comparison}


def _within_strata(arms: Sequence[ArmShare], base: ArmShare, differences: Sequence[float | None], among: str) -> str:
    """The differences within strata, where they are not what the shares seem to say."""
    unlike = [
        f"{arm.name} {100.0 * difference:+.1f} points"
        for arm, difference in zip(arms, differences, strict=True)
        if difference is not None
        and arm.share is not None
        and base.share is not None
        and abs(difference - (arm.share - base.share)) >= _VISIBLE
    ]
    return f"; {among} the difference is {', '.join(unlike)}" if unlike else ""


def delivery(shares: Sequence[ArmShare], declared: Mapping[str, float], *, tolerance: float = 0.01) -> Check:
    """Each arm's delivered share against its own channel's declared rate; channels are never compared."""
    tested = [share for share in shares if share.arm in declared and share.customers]
    if not tested:
        return Check("delivery", None, "No delivery rate is declared, so not tested.", "warns")
    short: list[str] = []
    figures: dict[str, float | int | str | None] = {}
    for share in tested:
        rate, found = declared[share.arm], share.count / share.customers
        p_value = float(bdtr(share.count, share.customers, rate))
        figures |= {f"delivered_{share.arm}": found, f"p_value_{share.arm}": p_value}
        if p_value < ALARM and rate - found >= tolerance:
            short.append(f"{share.name} {found:.1%} delivered, {rate:.1%} declared")
    detail = f"Delivery fell short: {'; '.join(short)}." if short else "Delivery is as declared for every arm tested."
    return Check("delivery", not short, detail, "warns", figures)


def missing_outcomes(
    outcome: str,
    words: str,
    shares: Sequence[ArmShare],
    comparison: str,
    *,
    severity: Severity = "warns",
    least_difference: float = LEAST_DIFFERENCE,
    compared: Mapping[str, Compared | None] | None = None,
    adjusted: Mapping[str, float | None] | None = None,
) -> Check:
    """Missing values of one outcome other than the primary, counted and tested by arm.

    Args:
        outcome: its id.
        words: what it is called within a sentence.
        shares: of each arm, the customers who have it.
        comparison: id of the arm that the others are held against.
        severity: ``blocks`` where a verdict rests on the outcome, because it is valued or guards.
        least_difference, compared, adjusted: as in :func:`retention`.
    """
    missing = sum(share.customers - share.count for share in shares)
    if missing == 0:
        detail = f"No customer's {words} is missing."
        return Check("missing_outcomes", True, detail, severity, {"missing": 0}, outcome)
    listed = ", ".join(f"{share.name} {share.customers - share.count:,} of {share.customers:,}" for share in shares)
    tested = retention(shares, comparison, least_difference=least_difference, compared=compared, adjusted=adjusted)
    alike = {True: "alike in every arm", False: "unlike between arms", None: "not comparable between arms"}
    detail = f"{missing:,} customers lack {words}, {alike[tested.passed]}: {listed}."
    figures = {"missing": missing, **tested.figures}
    return Check("missing_outcomes", tested.passed, detail, severity, figures, outcome)


def coverage(outcome: str, label: str, shares: Sequence[ArmShare], least: float | None) -> Check:
    """Whether enough customers have an outcome that a verdict rests on, over all arms.

    What is lost alike in every arm may still be lost for other reasons in each, and no comparison of arms sees it.

    Args:
        outcome: its id.
        label: what it is called as a heading.
        shares: of each arm, the customers who have it.
        least: the declared level; ``None`` where none is declared: then a share below the usual one warns.

    Examples:
        >>> arms = [ArmShare("nfa", 1000, 850), ArmShare("sms", 1000, 850)]
        >>> print(coverage("paid", "Paid", arms, 0.9).detail)
        “Paid” is known of 1,700 of 2,000 customers (85.0%), and must be of 90%: nfa 85.0%, sms 85.0%.
        >>> coverage("paid", "Paid", arms, None).severity
        'warns'
    """
    severity: Severity = "warns" if least is None else "blocks"
    customers, count = sum(share.customers for share in shares), sum(share.count for share in shares)
    if not customers:
        return Check("coverage", None, "There are no customers.", severity, subject=outcome)
    level = USUAL_COVERAGE if least is None else least
    passed = count / customers >= level - _ROUNDING
    must = (
        f"and must be of {100.0 * level:.6g}%"
        if least is not None
        else f"and no least share is declared (usual is {level:.0%})"
    )
    listed = ", ".join(f"{share.name} {'none' if share.share is None else f'{share.share:.1%}'}" for share in shares)
    detail = f"“{label}” is known of {count:,} of {customers:,} customers ({count / customers:.1%})"
    if not passed or least is not None:
        detail += f", {must}"
    figures = {"share": count / customers, "least": least}
    return Check("coverage", passed, f"{detail}: {listed}.", severity, figures, outcome)


def balance(
    rows: Sequence[Balance], *, labels: Mapping[str, str] | None = None, words: ColumnWords | None = None
) -> Check:
    """Standardised differences before the trial began. They describe; chance alone makes some large."""
    known = [row for row in rows if row.standardised_difference is not None]
    if not known:
        return Check("balance", None, "No covariate is declared, so balance was not looked at.", "warns")
    largest = max(known, key=lambda row: abs(row.standardised_difference or 0.0))
    size = abs(largest.standardised_difference or 0.0)
    named = _covariate(largest, words or ColumnWords())
    arms = f"{_called(largest.arm, labels)} against {_called(largest.comparison, labels)}"
    detail = (
        f"Arms look alike before the trial: the largest standardised difference is {size:.2f} ({named}, {arms})."
        if size <= LARGEST_STANDARDISED_DIFFERENCE
        else f"Arms differ before the trial in {named}: a standardised difference of {size:.2f} ({arms})."
    )
    figures: dict[str, float | int | str | None] = {"largest": size, "threshold": LARGEST_STANDARDISED_DIFFERENCE}
    return Check("balance", size <= LARGEST_STANDARDISED_DIFFERENCE, detail, "warns", figures)


def _covariate(row: Balance, words: ColumnWords) -> str:
    value = None if row.level is None else words.value(row.covariate, row.level)
    plain = words.column(row.covariate).replace("_", " ") + ("" if row.level is None else f" = {row.level}")
    return value or plain


def _called(arm: str, labels: Mapping[str, str] | None) -> str:
    return (labels or {}).get(arm, arm)
