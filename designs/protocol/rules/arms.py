"""Rules about the arms: who is compared with whom, and what each arm may say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from designs.protocol.consistency import Breach, reads, repeated
from designs.protocol.keeping_out import keeps_out
from designs.protocol.models import Protocol
from designs.protocol.values import same_value

_COMPARISON = "the comparison is one nfa arm, or else one bau arm with nfa_waived giving the reason"
_CONTACT = ("channel", "technique", "idms99_version", "contact_number", "text", "not_for")


@reads("arms", "nfa_waived")
def comparison(protocol: Protocol) -> Iterator[Breach]:
    places = {kind: [i for i, arm in enumerate(protocol.arms) if arm.kind == kind] for kind in ("nfa", "bau")}
    for second in places["nfa"][1:]:
        yield Breach(("arms", second, "kind"), "a second arm is of kind nfa", _COMPARISON, ("bau", "otm"))
    if places["nfa"]:
        if protocol.nfa_waived is not None:
            yield Breach(("nfa_waived",), "nfa_waived is given, and an arm is of kind nfa", _COMPARISON)
    elif protocol.nfa_waived is None:
        yield Breach(("arms",), "there is no comparison: no arm is of kind nfa", _COMPARISON)
    elif not places["bau"]:
        yield Breach(("arms",), "there is no comparison: no arm is of kind bau", _COMPARISON)
    else:
        for second in places["bau"][1:]:
            yield Breach(
                ("arms", second, "kind"),
                "a second arm is of kind bau, so the comparison is not known",
                _COMPARISON,
                ("otm",),
            )


@reads("arms")
def arms_are_told_apart(protocol: Protocol) -> Iterator[Breach]:
    for position, name in repeated(arm.id for arm in protocol.arms):
        yield Breach(("arms", position, "id"), f'"{name}" is already the id of an arm', "each arm has a different id")
    numbers = [(i, arm.contact_number) for i, arm in enumerate(protocol.arms) if arm.contact_number]
    for position, number in repeated(number for _, number in numbers):
        place = ("arms", numbers[position][0], "contact_number")
        yield Breach(place, f"{number} is already another arm's", "a number per arm tells whose message a call answers")


@reads("arms", "randomisation")
def labels_are_told_apart(protocol: Protocol) -> Iterator[Breach]:
    if protocol.randomised_here:
        for position, arm in enumerate(protocol.arms):
            if arm.value is not None:
                place = ("arms", position, "value")
                yield Breach(
                    place,
                    "value has no meaning for a trial randomised here",
                    "value is an arm's label in an external trial's file",
                )
        return
    for (_, earlier), (position, later) in combinations(enumerate(protocol.arms), 2):
        labels = [arm.id if arm.value is None else arm.value for arm in (earlier, later)]
        if earlier.id != later.id and same_value(*labels):
            problem = f"{labels[1]} is also the label of {earlier.id}"
            place = ("arms", position, "value" if later.value is not None else "id")
            yield Breach(place, problem, "each arm has a different label; numbers match numbers")


@reads("arms")
def no_further_action_is_no_contact(protocol: Protocol) -> Iterator[Breach]:
    for position, arm in enumerate(protocol.arms):
        if arm.kind != "nfa":
            continue
        for key in _CONTACT:
            if getattr(arm, key):
                yield Breach(("arms", position, key), f"an nfa arm has no {key}", "no further action is no contact")
        if arm.cost_per_customer.high > 0:
            place = ("arms", position, "cost_per_customer")
            yield Breach(place, "an nfa arm has a cost of contact", "no further action is no contact")


@reads("arms")
def agreements_open_no_arm(protocol: Protocol) -> Iterator[Breach]:
    for position, arm in enumerate(protocol.arms):
        for number, exclusion in enumerate(arm.not_for):
            if exclusion.agreement is not None:
                place = ("arms", position, "not_for", number, "agreement")
                rule_text = (
                    "agreement belongs to population.exclude; to open the arm to these customers, leave not_for out"
                )
                yield Breach(place, "agreement has no effect under not_for", rule_text)


@reads("arms")
def letters_have_versions(protocol: Protocol) -> Iterator[Breach]:
    for position, arm in enumerate(protocol.arms):
        if arm.idms99_version is not None and arm.channel not in (None, "letter"):
            place = ("arms", position, "idms99_version")
            yield Breach(
                place, f"channel: {arm.channel} has no IDMS99 version", "idms99_version belongs to channel: letter"
            )


@reads("arms", "randomisation")
def shares_are_declared(protocol: Protocol) -> Iterator[Breach]:
    for position, arm in enumerate(protocol.arms):
        place = ("arms", position, "share")
        if protocol.randomised_here and arm.share is None:
            rule_text = "each arm of a trial randomised here has a share, a relative weight above zero"
            yield Breach(place, "this is missing", rule_text)
        if not protocol.randomised_here and arm.share is not None:
            rule_text = "randomisation.shares holds the expected ratio of an external trial"
            yield Breach(place, "an arm of an external trial has no share", rule_text)


@reads("population", "arms")
def welsh_is_written_or_kept_out(protocol: Protocol) -> Iterator[Breach]:
    """Nobody who prefers Welsh gets an approach in English only."""
    welsh = protocol.population.welsh
    if welsh is None or welsh.without_text is not None:
        return
    for position, arm in enumerate(protocol.arms):
        if not arm.english_only or keeps_out(protocol.population, arm.not_for, welsh.conditions):
            continue
        problem = f"{arm.label} has no Welsh text, and those who prefer Welsh would be sent the English one"
        rule_text = (
            "they get a Welsh text (cy), or are kept out of the arm (not_for) or of the trial "
            "(population.welsh.without_text: exclude)"
        )
        yield Breach(("arms", position, "text", "cy") if arm.text else ("arms", position, "text"), problem, rule_text)


RULES = (
    comparison,
    arms_are_told_apart,
    labels_are_told_apart,
    no_further_action_is_no_contact,
    agreements_open_no_arm,
    letters_have_versions,
    welsh_is_written_or_kept_out,
    shares_are_declared,
)
