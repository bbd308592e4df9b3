"""The rules that span several keys of a protocol, one file a subject."""

from __future__ import annotations

from designs.protocol.consistency import Breach, ConsistencyRule
from designs.protocol.models import Protocol
from designs.protocol.rules import (
    analysis,
    arms,
    codes,
    columns,
    dates,
    decision,
    looks,
    names,
    outcomes,
    randomisation,
    suitability,
)

RULES: tuple[ConsistencyRule, ...] = (
    *suitability.RULES,
    *arms.RULES,
    *randomisation.RULES,
    *outcomes.RULES,
    *decision.RULES,
    *dates.RULES,
    *names.RULES,
    *columns.RULES,
    *codes.RULES,
    *analysis.RULES,
    *looks.RULES,
)


def breaches(protocol: Protocol, *, unread: frozenset[str] = frozenset()) -> tuple[Breach, ...]:
    """Every rule that a protocol breaks.

    Args:
        protocol: Whose single values are all valid.
        unread: Top-level keys that could not be read; rules that need one of them are not asked.
    """
    return tuple(breach for rule in RULES if not rule.reads & unread for breach in rule.check(protocol))


__all__ = ["RULES", "Breach", "ConsistencyRule", "breaches"]
