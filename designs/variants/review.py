"""Everything about the texts of a plan at once: what each says, how it reads, who signed it, and what is still open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from designs.entries import Recorded
from designs.finding import Open
from designs.literals import Channel
from designs.protocol.models import Protocol
from designs.variants.reading_age import Readability, hard_to_read, readability
from designs.variants.sign_offs import PlannedText, SignOff, Version, open_texts, planned_texts, sign_offs
from designs.variants.techniques import open_techniques
from designs.variants.welsh_customers import open_welsh
from designs.variants.wording import Remark, as_text, check_wording


@dataclass(frozen=True, slots=True)
class TextReview:
    """One text of a plan as it is now.

    Attributes:
        text: Which.
        written: What it says; None where it is not there, or is no text.
        remarks: On its wording, with their places in ``written``.
        readability: How hard it reads; None where nobody can read it.
        sign_offs: Of TAA and COPGU.
    """

    text: PlannedText
    written: str | None
    remarks: tuple[Remark, ...]
    readability: Readability | None
    sign_offs: tuple[SignOff, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """The texts of a plan, in its order, and all that is open about them."""

    texts: tuple[TextReview, ...]
    open: tuple[Open, ...]


def review_texts(
    plan: Protocol,
    contents: Mapping[str, bytes],
    versions: Mapping[str, Sequence[Version]],
    recorded: Sequence[Recorded],
) -> Review:
    """Look at all texts of a plan.

    Args:
        plan: As far as it is filled.
        contents: The bytes of each text, by its name in the plan (a path, or a digest where it is sealed).
        versions: Of each text, by its subject (``text/letter/en``), the versions that it has had, oldest first.
        recorded: All that was put on record, in order.
    """
    channels = {arm.id: arm.channel for arm in plan.arms or ()}
    signed = sign_offs(plan, versions, recorded)
    texts = tuple(
        _reviewed(text, channels[text.subject.split("/")[1]], contents, signed) for text in planned_texts(plan)
    )
    found = [item for text in texts for item in _open(text, contents)]
    open_ = (*open_texts(plan, versions, recorded), *found, *open_welsh(plan, versions), *open_techniques(plan))
    return Review(texts, open_)


def _reviewed(
    text: PlannedText, channel: Channel | None, contents: Mapping[str, bytes], signed: Sequence[SignOff]
) -> TextReview:
    content = None if text.name is None else contents.get(text.name)
    written = None if content is None else as_text(content)
    mine = tuple(sign_off for sign_off in signed if sign_off.text == text)
    if written is None:
        return TextReview(text, None, (), None, mine)
    remarks = check_wording(written, channel or "letter", text.where)  # which has to hold the most
    return TextReview(text, written, remarks, readability(written, text.language), mine)


def _open(found: TextReview, contents: Mapping[str, bytes]) -> tuple[Open, ...]:
    text = found.text
    if found.readability is not None:
        hard = hard_to_read(found.readability, text.where)
        return (*(remark.open for remark in found.remarks), *(() if hard is None else (hard,)))
    if text.name is None:
        return ()  # said already, as a text that is missing
    if text.name in contents:
        problem, remedy = "this is no plain text, so that nobody can check its words", "save it as plain text (UTF-8)"
    else:
        problem, remedy = "the plan names this text, and it is not there", "add it"
    return (Open("text_unreadable", "blocks", text.where, problem, remedy, "designer"),)
