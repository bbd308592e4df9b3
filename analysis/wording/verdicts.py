"""What is said of an approach whatever it is called; and a verdict that is not the trial's own, but would be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from analysis.results import FindingCode, VerdictCode, WouldBe
from analysis.wording.phrases import listed
from analysis.wording.segments import segment_within
from designs.protocol.words import ColumnWords

FINDING_SENTENCES: Final[Mapping[FindingCode, str]] = {
    "passes": "Works, and is worth sending.",
    "works_not_worth_sending": "Works, and is not worth sending.",
    "works_worth_unknown": "Works; whether it is worth sending is not known.",
    "harmful": "Does harm beyond what was declared acceptable.",
    "not_estimable": "Could not be estimated.",
}

# Of an approach whose effect is shown, and which is worse by the break-even effect alone: no loss of money is shown.
FALLS_SHORT: Final = "Works, and falls short of the break-even effect that was declared."


def not_to_everyone(worse: bool) -> str:
    """How a sentence ends that names the segments an approach is worth sending to.

    Args:
        worse: whether it is shown to be worse among everyone.
    """
    return ", and not to everyone." if worse else "; not shown to be worth sending to everyone."


_SAID: Final[Mapping[VerdictCode, str]] = {
    "scale": "scale",
    "not_shown": "not shown to be worth it",
    "not_due": "not known before more outcomes are due",
    "invalid": "invalid",
}


def would_be_in_words(
    verdict: WouldBe, approach: Callable[[str], str], nothing: str, words: ColumnWords | None = None
) -> str:
    """A verdict as it stands behind "the verdict would be:".

    Args:
        approach: an arm's id as it stands inside a sentence.
        nothing: what the approaches are compared with, likewise.
        words: what the plan calls its columns.

    Examples:
        >>> from analysis.results import Segment
        >>> would_be_in_words(WouldBe("scale", "sms"), "the {}".format, "no further action")
        'scale the sms'
        >>> to = (("call", Segment("age", "old")), ("sms", Segment("age", "young")), ("sms", Segment("age", "middle")))
        >>> would_be_in_words(WouldBe("scale_segment", None, to), "the {}".format, "no further action")
        'scale the call to age = old and the sms to age = young and age = middle'
    """
    if verdict.code == "scale" and verdict.arm:
        return f"scale {approach(verdict.arm)}"
    if verdict.code == "scale_segment":
        by_arm: dict[str, list[str]] = {}
        for arm, segment in verdict.segments:
            by_arm.setdefault(arm, []).append(segment_within(words or ColumnWords(), segment))
        return f"scale {listed([f'{approach(arm)} to {listed(to)}' for arm, to in by_arm.items()])}"
    if verdict.code == "no_further_action":
        return f"{nothing} is better"
    return _SAID[verdict.code]
