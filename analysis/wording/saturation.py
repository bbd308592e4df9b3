"""Saturation trials in a reader's words: who was assigned what in whose cluster, and why some of it cannot be told."""

from __future__ import annotations

from fractions import Fraction

from analysis.results import Bar, Estimand
from analysis.wording.naming import approach, assigned
from analysis.wording.phrases import capitalised, listed
from designs.protocol.models import Arm, Protocol
from designs.protocol.words import column_words

_PARTS = {Fraction(1, 2): "half", Fraction(1, 4): "a quarter", Fraction(3, 4): "three quarters"}


def clusters_in_words(column: str) -> str:
    """Many clusters, by the column that names them.

    >>> clusters_in_words("office"), clusters_in_words("agent_id"), clusters_in_words("agency")
    ('offices', 'agents', 'agencies')
    """
    one = cluster_in_words(column)
    if one.endswith("y") and one[-2:-1] not in tuple("aeiou"):
        return f"{one[:-1]}ies"
    return f"{one}es" if one.endswith(("s", "x", "ch", "sh")) else f"{one}s"


def cluster_in_words(column: str) -> str:
    """One cluster, by the column that names it."""
    return column.replace("_", " ").removesuffix(" id").strip() or column


def _cluster(protocol: Protocol) -> str:
    return column_words(protocol).column(str(protocol.cluster))


def share_in_words(treated_share: float) -> str:
    """A share of a cluster's customers.

    >>> share_in_words(1.0), share_in_words(0.5), share_in_words(0.8)
    ('all', 'half', '80%')
    """
    if treated_share == 1.0:
        return "all"
    return _PARTS.get(Fraction(str(treated_share)), f"{treated_share * 100:.3g}%")


def highest(protocol: Protocol) -> float | None:
    """The largest share of a cluster that is treated; ``None`` where the trial has no saturations."""
    return max((level.treated for level in protocol.randomisation.saturations), default=None)


def assigned_in(protocol: Protocol, arm: Arm) -> str:
    """Whom a sentence about 1,000 customers is about: in a saturation trial, whole clusters."""
    share = highest(protocol)
    if share is None:
        return assigned(arm)
    return f"of {clusters_in_words(_cluster(protocol))} where {share_in_words(share)} were {assigned(arm)}"


def to_whom(protocol: Protocol) -> str:
    """What a verdict to scale adds: the share of each cluster that was tried, where that was not all of it."""
    share = highest(protocol)
    if share is None or share == 1.0:
        return ""
    return f" to {share_in_words(share)} of each {cluster_in_words(_cluster(protocol))}"


def bar_words(protocol: Protocol, bar: Bar) -> str:
    """Why nothing can be said of the effect of sending an approach to all of a cluster; without a full stop."""
    clusters = clusters_in_words(_cluster(protocol))
    if bar == "several_approaches":
        names = listed([approach(arm) for arm in protocol.arms if arm.id != protocol.comparison.id])
        mixed = f"{names} were mixed in the same {clusters}"
        return f"{mixed}, so the effect of sending one of them to all cannot be told apart"
    return (
        f"customers were treated in every one of the {clusters}, so the effect of sending it to all of them cannot be "
        "seen: none was left without it to compare with"
    )


def estimand_in_words(protocol: Protocol, estimand: Estimand, treated_share: float | None) -> str:
    """What one row of a saturation trial estimates.

    Args:
        treated_share: of the row's saturation; ``None`` where it is over several.
    """
    one, many = cluster_in_words(_cluster(protocol)), clusters_in_words(_cluster(protocol))
    share = "some" if treated_share is None else share_in_words(treated_share)
    if estimand == "total":
        return f"effect of sending it to {share} of each {one}, on all its customers"
    if estimand == "spillover":
        return f"effect on the others where {share} of each {one} were sent it"
    if treated_share is None:
        return f"effect of being sent it oneself, within {many}"
    return f"effect of being sent it oneself, where {share} of each {one} were"


def comparison_notes(protocol: Protocol, bar: Bar | None) -> tuple[str, ...]:
    """What a reader of the figures must know about who is compared in a saturation trial."""
    many = clusters_in_words(_cluster(protocol))
    if bar is not None:
        return (f"{capitalised(bar_words(protocol, bar))}.",)
    share = share_in_words(highest(protocol) or 0.0)
    return (
        f"The verdict, the money, guardrails, segments and checks compare whole {many}: those where {share} of the "
        f"customers were assigned the approach with those where nobody was.",
    )
