"""The behavioural techniques that an approach may name: data with an edition."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from designs.finding import Open
from designs.protocol.errors import nearest
from designs.protocol.models import Protocol

EDITION: Final = "2026-11"

TECHNIQUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "reminder": "says again what is due, and nothing else",
        "simplification": "fewer words, one action, plain steps",
        "salience": "puts what matters where it is seen first",
        "personalisation": "speaks of the customer's own case",
        "timeliness": "comes when customers are most likely to act",
        "social norm": "tells how many others comply",
        "public services": "tells what tax pays for",
        "moral appeal": "appeals to fairness or duty",
        "deterrence": "states the consequences of doing nothing",
        "gain framing": "states what customers gain by acting",
        "loss framing": "states what customers lose by not acting",
        "commitment": "asks customers for a promise or a plan",
        "planning prompt": "asks when and how customers will act",
        "reciprocity": "begins with help, and asks something in return",
        "omission as choice": "says that not acting now will be seen as a choice",
        "messenger": "comes from somebody whom customers heed",
        "feedback": "shows customers how they have done",
        "education": "explains a rule that is often misunderstood",
        "personal contact": "somebody speaks to the customer",
    }
)
"""What each does to a message, by its name."""


def open_techniques(plan: Protocol) -> Iterator[Open]:
    """Approaches that name no technique, or one that is not in the list.

    Neither stops anything: a plan of before, or a new idea, says what it says. But a library of trials is searched by
    these names.

    Args:
        plan: As far as it is filled.
    """
    for place, arm in enumerate(plan.arms or ()):
        where = f"arms[{place}].technique"
        if arm.kind != "otm":
            continue
        if arm.technique is None:
            problem = f"{arm.label} names no behavioural technique"
            yield Open("technique_missing", "warns", where, problem, "name one of the list", "designer")
        elif listed_technique(arm.technique) is None:
            close = nearest(arm.technique, TECHNIQUES)
            problem = f"\u201c{arm.technique}\u201d is not in the list of behavioural techniques{close}"
            remedy = "name one of the list, so that the trial is found by it"
            yield Open("technique_unlisted", "warns", where, problem, remedy, "designer")


def listed_technique(written: str) -> str | None:
    """The technique of the list that somebody wrote, in whatever capitals, hyphens or plural; None where it is none.

    Examples:
        >>> listed_technique("Social-Norms"), listed_technique("simplicity")
        ('social norm', None)
    """
    words = " ".join(re.split(r"[\W_]+", unicodedata.normalize("NFKC", written).casefold())).strip()
    return next((name for name in TECHNIQUES if words in (name, f"{name}s")), None)
