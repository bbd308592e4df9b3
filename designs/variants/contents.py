"""What a message of each channel has to say, and by what it is known to say it: data with an edition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from designs.literals import Channel

Part = Literal["rights", "deadline", "contact_route"]

REQUIRED: Final[Mapping[Channel, tuple[Part, ...]]] = MappingProxyType(
    {
        "letter": ("rights", "deadline", "contact_route"),
        "email": ("rights", "deadline", "contact_route"),
        "sms": ("deadline", "contact_route"),  # 160 characters: rights stand on the page or the call that it leads to
        "call": ("deadline",),  # whoever is rung has somebody to ask
    }
)


@dataclass(frozen=True, slots=True)
class Content:
    """A part of a message.

    Attributes:
        name: As people call it.
        found_by: A sentence that has it, folded; in English or Welsh.
        unless: A sentence that has it only as something past, folded.
        remedy: What to write.
    """

    name: str
    found_by: re.Pattern[str]
    unless: re.Pattern[str] | None
    remedy: str


_A_DAY = (
    r"(?:\{(?!due_date\b)[a-z0-9_]*\}|\d{1,2}(?:st|nd|rd|th)? |\d{1,2}[. ]\d{1,2}[. ]\d{2,4}|\d{4} \d\d \d\d"
    r"|(?:the end of|diwedd|midnight|noon|mon|tues|wednes|thurs|fri|satur|sun|dydd |january|february|march|april"
    r"|may \d"
    r"|june|july|august|september|october|november|december|tomorrow|yfory|then\b|hynny\b))"
)
_NUMBER = r"(?:\d{1,3}|seven|ten|fourteen|twenty|thirty|saith|deg|\{[a-z0-9_]*\})"

CONTENTS: Final[Mapping[Part, Content]] = MappingProxyType(
    {
        "rights": Content(
            "what customers may do who disagree or cannot comply",
            re.compile(
                r"\b(?:(?:you |we )?(?:think|believe|consider|feel)(?: that)? (?:this|that|we|it|the"
                r"|our)\b[^.!?]{0,60}"
                r"\b(?:wrong|mistaken|incorrect|not right|made a mistake|not correct)|disagree\b"
                r"|ask (?:us|for (?:it|this|that)) to (?:\w+ ){0,3}?(?:look|check|review|reconsider|think again"
                r"|explain)"
                r"|(?:your|have (?:the|a)|the) rights?\b(?! (?:number|address|place|amount|form|page|account))"
                r"|appeal(?:s|ed)?\b|(?:reasonable|good) (?:excuse|reason)|right to (?:be|ask|appeal|an?|complain)"
                r"|your charter|complain(?:t|ts)? (?:to|about)"
                r"|meddwl (?:bod|ein bod|fod)\b[^.!?]{0,60}\b(?:anghywir|camgymeriad)|anghytuno"
                r"|gofyn i ni (?:\w+ ){0,2}?(?:edrych|wirio|adolygu|ailystyried)|ofyn i ni (?:\w+"
                r" ){0,2}?(?:edrych|wirio|adolygu)"
                r"|(?:eich|mae gennych|yr) hawl(?:iau)?\b|apel(?:io|iwch)?\b|rh?eswm (?:da|dilys|rhesymol)|esgus"
                r" rhesymol)"
            ),
            None,
            "say how customers can disagree, ask for it to be looked at again, or tell why they cannot comply",
        ),
        "deadline": Content(
            "the day by which it is to be done",
            re.compile(
                r"\b(?:by|before|no later than|on or before|until|latest|deadline(?: is| of)?|erbyn|cyn|dyddiad"
                r" cau(?: yw)?) "
                rf"(?:the )?{_A_DAY}|\bwithin (?:the next )?{_NUMBER} (?:working |calendar )?(?:days?|weeks?)"
                rf"|\bo fewn {_NUMBER} (?:diwrnod|dydd|wythnos)|\b(?:today|heddiw)\b"
            ),
            re.compile(
                r"\b(?:was|were) (?:\w+ ){0,2}?(?:due|to be|payable)|should have|ought to have|was supposed|"
                r"\broedd (?:\w+ ){0,3}?i'w|\bdylai fod|\broedd i fod"
            ),
            "say by which day, such as: by {pay_by}",
        ),
        "contact_route": Content(
            "a way to reach the department",
            re.compile(
                r"\{(?:contact|phone|telephone|helpline|office_number)[a-z0-9_]*\}|(?<![\d£])(?:\+44 ?\(?0?\)?"
                r"|0)\d(?:[ ]?\d){7,9}(?!\d)"
                r"|[\w.+]{1,64}@[\w.]{1,255}\.\w{2,}|\b[a-z]{1,2}\d[a-z\d]? \d[a-z]{2}\b"
            ),
            None,
            "give a number, such as {contact_number}, an address or a mailbox",
        ),
    }
)
