"""Who may do what: roles against use cases, and nothing else.

The rule is pure; the registry asks it before every use case and logs each denial. Seeds and customers' arms are kept
from every role but the randomiser's until the draw is released.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final, Literal, get_args

from data.spelling import as_drawn, folded, mixes_alphabets, strange_letters, visible
from trials.errors import AccessRefused

Role = Literal["designer", "reviewer", "randomiser", "analyst", "manager", "administrator", "all"]
UseCase = Literal[
    "read", "overlap", "register", "load_population", "lock", "randomise", "certificate", "verify", "issue", "whois",
    "load_contacts", "load_outcomes", "evaluate", "decide", "release", "request_void", "confirm_void",
    "request_correction", "confirm_correction", "backup", "restore", "migrate", "collect", "design", "sign_off",
    "approve", "set_aside", "lock_outside", "amend", "confirm_amendment", "withdraw_amendment", "diagnose",
]  # fmt: skip
"""What a person may ask for, in one role or another."""

READ_ONLY: Final[frozenset[UseCase]] = frozenset({"read", "overlap", "certificate", "verify"})
"""What leaves the registry as it is."""

Action = Literal[UseCase, "installed", "denied", "commit_seed", "freeze_wave", "allocate", "take_out", "remove_lists"]
"""What an event of the audit chain may be: a use case, or one of the steps that a use case is made of."""

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Actor:
    """A person at work, in one role."""

    name: str
    role: Role

    def __str__(self) -> str:
        return f"{self.name}:{self.role}"


LOCAL_ACTOR = Actor("local", "all")

_EVERYONE: frozenset[Role] = frozenset(get_args(Role))
_GRANTS: dict[UseCase, frozenset[Role]] = {
    "read": _EVERYONE,
    "overlap": _EVERYONE,
    "certificate": _EVERYONE,
    "verify": _EVERYONE,
    "register": frozenset({"designer"}),
    "design": frozenset({"designer"}),
    # Who plans a sample and who signs it both ask what the plan would find.
    "diagnose": frozenset({"designer", "analyst"}),
    # Penalty law and wording answer for texts, the analyst's side for the size of the sample.
    "sign_off": frozenset({"reviewer", "analyst"}),
    "approve": frozenset({"manager"}),
    "set_aside": frozenset({"designer", "manager"}),
    "lock_outside": frozenset({"administrator"}),
    "amend": frozenset({"designer"}),
    # Not the randomiser, who knows the arms: what is planned is nobody's word who has seen them.
    "confirm_amendment": frozenset({"designer", "analyst", "manager"}),
    "withdraw_amendment": frozenset({"designer", "analyst", "manager"}),
    "load_population": frozenset({"designer"}),
    "lock": frozenset({"designer"}),
    "randomise": frozenset({"randomiser"}),
    "issue": frozenset({"randomiser"}),
    "whois": frozenset({"randomiser"}),
    # What was sent to whom tells the arm, so returned contacts stay with the randomiser.
    "load_contacts": frozenset({"randomiser"}),
    "release": frozenset({"randomiser"}),
    "load_outcomes": frozenset({"analyst"}),
    "evaluate": frozenset({"analyst"}),
    "decide": frozenset({"manager"}),
    "request_void": frozenset({"randomiser", "manager", "administrator"}),
    "confirm_void": frozenset({"randomiser", "manager", "administrator"}),
    # Who evaluates finds that a file was wrong, who decides must know; neither alone changes a finding.
    "request_correction": frozenset({"analyst", "manager"}),
    "confirm_correction": frozenset({"analyst", "manager"}),
    "backup": frozenset({"administrator"}),
    "restore": frozenset({"administrator"}),
    "migrate": frozenset({"administrator"}),
    "collect": frozenset({"administrator"}),
}


def roles_allowed(use_case: UseCase) -> frozenset[Role]:
    """Every role that holds a use case; ``all`` is the local default, which holds each of them.

    Examples:
        >>> sorted(roles_allowed("randomise"))
        ['all', 'randomiser']
    """
    return _GRANTS[use_case] | {"all"}


def allow(actor: Actor, use_case: UseCase) -> None:
    """Let a use case pass, or refuse it.

    Raises:
        AccessRefused: The actor's role does not hold it.

    Examples:
        >>> allow(Actor("K. Designer", "designer"), "register")
    """
    allowed = roles_allowed(use_case)
    if actor.role not in allowed:
        raise AccessRefused(
            f"the role {actor.role} may not {use_case.replace('_', ' ')}",
            where=actor.name,
            rule=f"this needs the role {' or '.join(sorted(allowed - {'all'}))}",
            remedy="ask a colleague who holds it, or set OTM_ACTOR to your name and role",
        )


def same_person(name: str, other: str) -> bool:
    """Whether two names are one person's, however each was typed. What is stored is what was typed.

    Compared are letters and digits, without case or width; whatever stands between them (blanks of any kind, full
    stops, hyphens, apostrophes) is one gap. Invisible characters are none. Letters that cannot be told apart are one.

    Examples:
        >>> same_person("Ada Byrne", " ada\u00a0\u200b BYRNE."), same_person("Ada Byrne", "Ada Byrnes")
        (True, False)
    """
    return _person(name) == _person(other) or _person(as_drawn(name)) == _person(as_drawn(other))


def _person(name: str) -> str:
    seen = folded(visible(folded(name)))
    words = "".join(letter if unicodedata.category(letter)[0] in "LNM" else " " for letter in seen).split()
    return " ".join(words) or " ".join(seen.split())  # a name of signs alone is those signs


def parse_actor(text: str | None) -> Actor:
    """The actor that ``OTM_ACTOR`` names as ``name:role``; the local default, holding all roles, where it is not set.

    Raises:
        AccessRefused: The text is not ``name:role``, the role is unknown, or the name may look like another one, by
            mixing alphabets or by letters that stand for others.

    Examples:
        >>> parse_actor("Analyst 7:analyst")
        Actor(name='Analyst 7', role='analyst')
        >>> parse_actor(None) == LOCAL_ACTOR
        True
    """
    if text is None or not text.strip():
        return LOCAL_ACTOR
    name, separator, role = text.rpartition(":")
    name, role = name.strip(), role.strip()
    strange = strange_letters(name)
    if strange or mixes_alphabets(name):
        what = (
            f"has letters that look like others ({strange})"
            if strange
            else ("mixes letters of several alphabets in one word")
        )
        raise AccessRefused(
            f"{name!r} {what}",
            where="OTM_ACTOR",
            rule="a name must not look like that of another person",
            remedy="type each word of it in one alphabet, with its ordinary letters",
        )
    for known in get_args(Role):
        if separator and name and role == known and len(name) <= LONGEST_NAME and name.isprintable():
            return Actor(name, known)
    raise AccessRefused(
        f"{text!r} does not say who is at work",
        where="OTM_ACTOR",
        rule=f"name:role, with a name of at most {LONGEST_NAME} characters and a role of {', '.join(get_args(Role))}",
        remedy="set it, for example, to 'Your Name:analyst'",
    )
