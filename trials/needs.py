"""What has to be so before something may be done to a trial, and the words of a refusal where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from trials.access import UseCase

Need = Literal[
    "randomised_here", "not_locked", "milestones", "locked", "seed", "wave_left", "allocated", "outcomes", "evaluated",
    "verdict", "concluded", "update", "correction_not_asked", "correction_asked", "second_signature", "not_released",
    "not_found",
    "not_void", "void_not_asked", "void_asked", "second_person",
    "amendment_not_open", "amendment_open", "amendment_settled", "another_than_amends",
]  # fmt: skip
"""What has to be so before something may be done."""


@dataclass(frozen=True, slots=True)
class Words:
    """A refusal, where ``{trial}`` stands for the trial's id."""

    problem: str
    rule: str | None = None
    remedy: str | None = None


_WORDS: Final[Mapping[Need, Words]] = {
    "randomised_here": Words("this trial was randomised elsewhere", remedy="otm analyse PROTOCOL DATA needs no lock"),
    "not_locked": Words(
        "the plan is locked already", "a lock is taken once", "amend the plan: otm amend {trial} PROTOCOL --reason TEXT"
    ),
    "milestones": Words("the design has not reached {missing}", "every step of its route comes before the lock"),
    "amendment_not_open": Words(
        "an amendment waits for a second person",
        "one amendment at a time",
        "confirm it or withdraw it first: otm amend {trial}",
    ),
    "amendment_open": Words("no amendment waits for a second person", remedy="otm amend {trial} lists them"),
    "amendment_settled": Words(
        "an amendment of the plan waits for a second person",
        "customers are assigned by a plan that nobody is about to change",
        "confirm it or withdraw it first: otm amend {trial}",
    ),
    "another_than_amends": Words(
        "who proposed an amendment cannot confirm it", "an amendment takes two different people", "ask a colleague"
    ),
    "locked": Words(
        "the plan is not locked",
        "nothing is allocated or loaded before the plan and its population are fixed",
        "otm lock {trial}",
    ),
    "seed": Words("no seed has been drawn", "what is made void is a draw"),
    "wave_left": Words(
        "this trial has been randomised",
        "one draw a trial; drawing again until it looks good is what a seed committed beforehand prevents",
        "a draw that must not be used is voided by two people, and the next is a trial with an id of its own",
    ),
    "allocated": Words("nothing has been allocated", remedy="otm randomise {trial}"),
    "outcomes": Words("no outcomes are loaded", remedy="otm outcomes load {trial} FILE"),
    "evaluated": Words("there is no evaluation to decide on", remedy="otm evaluate {trial}"),
    "verdict": Words(
        "there is no verdict to decide on",
        "no effect is shown before all is due",
        "load outcomes that were cut when all is due (otm trials names the day), then otm evaluate {trial}",
    ),
    "update": Words("nothing could take the finding's place", remedy="load corrected files, then otm evaluate {trial}"),
    "correction_not_asked": Words("a correction was asked for already", remedy="otm correct {trial} --confirm"),
    "correction_asked": Words("nobody asked for a correction", remedy="otm correct {trial} --reason TEXT"),
    "second_signature": Words(
        "who asked for a correction cannot confirm it", "a correction takes two different people", "ask a colleague"
    ),
    "concluded": Words(
        "the trial is still running",
        "arms stay concealed until the evaluation is stored that is the finding, or the draw is void",
        "otm evaluate {trial}; where nothing can mend its data, two people make the draw void (otm void {trial})",
    ),
    "not_released": Words("the draw is released already"),
    "not_found": Words(
        "the trial has its finding",
        "who is drawn after it is in no comparison that the finding rests on",
        "customers who are still to come are a trial with an id of its own",
    ),
    "not_void": Words(
        "the draw of this trial is void",
        "a void draw is kept and shown, and nothing is built on it",
        "register a new trial under another id",
    ),
    "void_not_asked": Words("a void was asked for already", remedy="otm void {trial} --confirm, by somebody else"),
    "void_asked": Words("nobody asked for a void", remedy="otm void {trial} --reason TEXT"),
    "second_person": Words(
        "the person who asked for a void cannot confirm it",
        "a void takes two different people",
        "ask a colleague, who sets OTM_ACTOR to their own name",
    ),
}
_ABOUT_RETURNS: Final = "what comes back is joined to the allocation"
# Where one use case has a reason of its own, or needs other words.
_OWN_WORDS: Final[Mapping[tuple[Need, UseCase], Words]] = {
    ("allocated", "load_contacts"): Words("nothing has been allocated", _ABOUT_RETURNS, "otm randomise {trial}"),
    ("allocated", "load_outcomes"): Words("nothing has been allocated", _ABOUT_RETURNS, "otm randomise {trial}"),
    ("allocated", "evaluate"): Words("nothing has been allocated", _ABOUT_RETURNS, "otm randomise {trial}"),
    ("not_released", "randomise"): Words(
        "the seed is public",
        "who is assigned to what could be worked out before the draw",
        "customers who are still to come are a trial with an id of its own",
    ),
    ("allocated", "release"): Words("nothing has been allocated", "what is released is a draw"),
    ("locked", "amend"): Words(
        "the plan is not locked", "a plan that is not locked is changed, not amended", "otm register PROTOCOL"
    ),
    ("not_void", "issue"): Words(
        "the draw of this trial is void",
        "nobody is contacted for a void draw, nor by a list that was written before it was one",
        "remove such lists, and register a new trial under another id",
    ),
    ("not_void", "decide"): Words("the draw of this trial is void", "a void trial decides nothing"),
    ("not_void", "confirm_void"): Words("the draw is void already"),
}


def words_of(need: Need, use_case: UseCase) -> Words:
    """The words in which a use case is refused for want of what it needs."""
    return _OWN_WORDS.get((need, use_case), _WORDS[need])
