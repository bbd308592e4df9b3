"""The words of a design's pages: who clears what, and where in the plan something stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from analysis.wording.phrases import sentence_case
from designs.consultation.bodies import BODIES

_ROLES: Final[Mapping[str, str]] = {
    "designer": "the designer",
    "reviewer": "a reviewer",
    "randomiser": "the randomiser",
    "analyst": "an analyst",
    "manager": "a manager, who approves",
    "approver": "a manager, who approves",
    "administrator": "an administrator",
    "grade_7": "the sponsor at grade 7",
    "deputy_director": "the deputy director",
}
_STEPS: Final = re.compile(r"\w[\w-]*|\[(\d+)\]")
_WORDS: Final[Mapping[str, str]] = {
    "nfa_waived": "why there is no arm of no further action",
    "idms99_version": "IDMS99 version",
    "otm": "one-to-many",
    "en": "in English",
    "cy": "in Welsh",
    "cost_per_customer": "cost per customer",
    "dmtc_site": "DMTC site",
    "dto": "DTO",
    "not_for": "not for",
}


def clears_in_words(clears: str) -> str:
    """Who clears something, within a sentence: a role, or one of those that must be involved.

    Examples:
        >>> clears_in_words("designer"), clears_in_words("taa")
        ('the designer', 'TAA')
        >>> clears_in_words("agents_forum")
        'agents forum'
    """
    body = BODIES.find(clears)
    return _ROLES.get(clears) or (body.name if body is not None else clears.replace("_", " "))


def place_in_words(path: str) -> str:
    """Where in the plan something stands, as people say it; the numbers of a list count from 1.

    Examples:
        >>> place_in_words("arms[1].text.en")
        'Arms, 2, text, in English'
        >>> place_in_words("")
        'The plan'
    """
    parts = []
    for step in _STEPS.finditer(path):
        word = step[0]
        parts.append(str(int(step[1]) + 1) if step[1] else _WORDS.get(word, word.replace("_", " ")))
    return sentence_case(", ".join(parts)) if parts else "The plan"
