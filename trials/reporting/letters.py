"""A text as customers get it, as PDF: the words that are registered, and a mark on what the mail merge fills in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from designs.literals import Language
from designs.protocol.models import Arm
from designs.variants.sign_offs import LANGUAGES
from designs.variants.wording import MOST_CHARACTERS, as_text
from trials.errors import TrialRefused
from trials.registry.dossier import Dossier
from trials.reporting.designing.letters import Piece, plain
from trials.reporting.papers.characters import covered, spelt_out
from trials.reporting.papers.pdf import compiled, shown
from trials.reporting.proposal.points import SYNTHETIC
from trials.reporting.words.vocabulary import CHANNELS

_LAYOUT: Final = Path(__file__).with_name("papers") / "letter.typ"


@dataclass(frozen=True, slots=True)
class KeptText:
    """What an arm is sent in one language.

    Attributes:
        trial: Of which trial.
        arm: Its arm.
        language: Of the text.
        digest: SHA-256 of its bytes.
        since: The day on which it became the plan's.
        text: What it says.
        synthetic: Whether the trial's customers are invented.
    """

    trial: str
    arm: Arm
    language: Language
    digest: str
    since: date
    text: str
    synthetic: bool


_MOST_LINES: Final = 3_000


def kept_text(dossier: Dossier, arm_id: str, language: Language) -> KeptText:
    """The text of an arm as the plan has it now.

    Raises:
        TrialRefused: The plan has no such arm, the arm has no text in this language, or it is no plain text.
    """
    arms = {} if dossier.plan is None else {arm.id: arm for arm in dossier.plan.arms or ()}
    arm = arms.get(arm_id)
    if arm is None:
        known = f"name one of {', '.join(arms)}" if arms else "say in the draft what is done to customers"
        raise TrialRefused(f"the plan has no arm {arm_id!r}", where=dossier.trial, remedy=known)
    named = None if arm.text is None else {"en": arm.text.en, "cy": arm.text.cy}[language]
    where = f"{dossier.trial}, {arm_id}"
    if named is None:
        raise TrialRefused(
            f"there is no text in {LANGUAGES[language]}", where=where, remedy="name it under the arm's text in the plan"
        )
    digest = dossier.facts.texts.get(named, named)
    content = dossier.facts.contents.get(digest)
    text = None if content is None else as_text(content)
    if text is None:
        raise TrialRefused(
            "the text is not there" if content is None else "this is no plain text",
            where=where,
            rule="a preview is made of a text's own words",
            remedy="add the text to the draft" if content is None else "save it as plain text (UTF-8)",
        )
    since = dossier.facts.versions[f"text/{arm_id}/{language}"][-1].since.date()
    return KeptText(dossier.trial, arm, language, digest, since, text, dossier.synthetic)


def letter_pdf(kept: KeptText) -> bytes:
    """A text as a page that can be read out (PDF/UA-1), in its own language. The same text gives the same bytes."""
    channel = "" if kept.arm.channel is None else f"{CHANNELS[kept.arm.channel]}, "
    what = f"{kept.arm.label}: {channel}in {LANGUAGES[kept.language]}"
    lines = [f"Preview for {kept.trial}. {what}. Version {kept.digest[:12]}. Marked: filled in for each customer."]
    if kept.synthetic:
        lines.append(SYNTHETIC)
    if len(kept.text) > MOST_CHARACTERS or kept.text.count("\n") > _MOST_LINES:
        raise TrialRefused(
            f"the text has {len(kept.text):,} characters in {kept.text.count(chr(10)) + 1:,} lines",
            where=kept.trial,
            rule=f"no message has more than {MOST_CHARACTERS:,} characters or {_MOST_LINES:,} lines",
            remedy="shorten it",
        )
    values = {
        "title": shown(what),
        "language": kept.language,
        "banner": [shown(line) for line in lines],
        "paragraphs": [[_piece(piece) for piece in paragraph.pieces] for paragraph in plain(kept.text)],
    }
    return compiled(_LAYOUT, "letter", values, kept.since)


def _piece(piece: Piece) -> dict[str, object]:
    words = spelt_out(piece.text, covered())
    return {"filled": piece.placeholder, "text": words, "lines": words.split("\n")}
