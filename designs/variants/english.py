"""Phrases in English that a message must not say, or not without the TAA's word."""

from __future__ import annotations

from typing import Final

from designs.variants.phrases import (
    ASKS_TO_SHOW,
    MAY_JEOPARDISE,
    READS_AS_OPEN,
    SAYS_OPEN,
    SPEAKS_OF_ONE,
    Phrase,
    gap,
    listed,
)

_DETERMINER = r"(?:an?|the|our|this|your|his|her|their|another|one|any|some|further|new|two|several|\d{1,3})"
_ADJECTIVES = (
    r"(?:(?!(?:and|or|to|then|please|that|if|for|in|of|on|at|we|you|is|are|was|be|not|no|an?|the|has|have|will"
    r"|your|our) )"
    r"[a-z]+ ){0,3}?"
)
_NOUN = (
    r"(?:checks?(?! (?:box|list|in|out|your?|that|whether|if|the|for)\b)|check ups?|enquir(?:y|ies)|inquir(?:y|ies)"
    r"|investigations?|audits?|inspections?|examinations?|probes?|reviews? (?:of|into) your)\b"
)
_KIND = r"(?:compl[ia][ae]nce|tax|vat|paye|formal|official|criminal|civil|self assessment|hmrc)"
_SEVERAL = r"(?:checks|enquiries|inquiries|investigations|audits)(?= (?:into|on|of|about|against)\b)"
_CHECK = rf"(?:(?:{_DETERMINER} )?{_KIND} {_ADJECTIVES}{_NOUN}|{_DETERMINER} {_ADJECTIVES}{_NOUN}|{_SEVERAL})"
_A_CHECK_OR_NONE = rf"(?:(?P<aux>no |not (?:an?|any|one) ){_ADJECTIVES}{_NOUN}|{_CHECK})"
_BEGUN = (
    r"(?:(?:re ?)?open(?:ed|ing)|start(?:ed|ing)|begun|began|beginning|launch(?:ed|ing)|initiat(?:ed|ing)"
    r"|commenc(?:ed|ing)|institut(?:ed|ing)|conducting|undertak(?:en|ing)|carrying out)"
)
_BEGIN = (
    r"(?:(?:re ?)?opens?|starts?|begins?|launch(?:es)?|initiates?|commences?|institutes?|conducts?|undertakes?|carry"
    r" out|carries out)"
)
_BE = (
    r"(?P<aux>(?:has|have|had|is|are|was|were|'s|being|been)(?:n't)?(?: (?:not|never|no longer|now|already|been"
    r"|being|yet|just|also|recently|formally|therefore)){0,4})"
)
_AFFAIRS = (
    r"(?:tax(?:es| affairs| position| returns?)?|affairs|returns?|records|accounts?|books|figures|claims?|entries"
    r"|income|business|expenses)"
)
_CHECKING = (
    r"(?:check|investigat|audit|inspect|examin|scrutini[sz]|prob|enquir|inquir|look|review)ing(?: into| at|"
    r" through)?"
)
_CHECKED = (
    r"(?:check|investigat|audit|inspect|examin|scrutini[sz]|prob|enquir|inquir|look|review)(?:e?d|ied)(?: into| at|"
    r" through)?"
)
_TO_CHECK = r"(?:check|investigate|audit|inspect|examine|scrutini[sz]e|probe|enquire into|inquire into|look into)"
_WE = r"(?:we|hmrc|the department|(?:our |tax |compliance |an? ){0,4}(?:officers?|inspectors?|teams?|colleagues))"
_DISCLOSE = (
    r"(?:disclos(?:e|ures?|ing)|tell(?:ing)? us|com(?:e|ing) forward|own(?:ing)? up|correct(?:ing)? (?:your|the"
    r"|this|it|any)|put(?:ting)? (?:things|it|this"
    r"|your affairs) right)"
)
_CHANCE = r"(?:right|chance|opportunity|ability|option)"
_PAPERS = (
    r"(?:information|documents?|documentation|papers|paperwork|records|evidence|proof|receipts?|invoices?|vouchers"
    r"|(?:bank )?statements?|accounts|books|explanations?|details|figures|workings|schedules?|copies)"
)
_SEND = (
    r"(?:send|provid(?:e|ing)|giv(?:e|ing)|suppl(?:y|ying)|show|submit|forward|upload|produce|email|e mail|post|let"
    r"|enclos(?:e|ing)|attach|bring|hand|need|requires?|request|ask|asking|requiring)(?:ing)?(?! you\b)"
)
_CORRECT = (
    r"(?:correct(?:ly)?|right|accurate(?:ly)?|complete|in order|up to date|as (?:it|they) should be|true|honest"
    r"|valid)"
)
_PROVE = (
    r"(?:show|prove|confirm|demonstrate|support|verify|evidence|substantiate|justify|establish|satisfy us|explain"
    r"|back up|satisfies us)(?:s|ing)?"
)


ENGLISH: Final[tuple[Phrase, ...]] = (
    *listed(
        SAYS_OPEN,
        "en",
        {
            "opened": rf"{_BEGUN}{gap(3)}{_A_CHECK_OR_NONE}",
            "check-is-open": (
                rf"(?:{_CHECK}|(?P<aux_none>no ){_ADJECTIVES}{_NOUN}){gap(8)}{_BE} (?:{_BEGUN}|open|under way"
                r"|underway|in progress|ongoing|pending)\b"
            ),
            "check-opened": (
                rf"{_KIND} {_NOUN}(?: (?:now|already|has))? (?:opened|started|begun|open|underway|under way|ongoing"
                r"|in progress)\b"
            ),
            "began-checking": (
                rf"{_BEGUN} (?:to )?(?:{_CHECKING}|{_TO_CHECK}) (?:you|{_ADJECTIVES}your {_ADJECTIVES}{_AFFAIRS})\b"
            ),
            "selected": (
                r"(?P<aux>(?:not |n't )?(?:been |being )?)(?:selected|chosen|picked|singled out|earmarked|identified"
                rf"|put forward){gap(3)}for (?:{_CHECK}|{_NOUN}|{_CHECKING})"
            ),
            "under-investigation": (
                r"(?P<aux>(?:not |no longer )?)under (?:(?:an?|active|formal|tax|current|criminal|civil|compliance)"
                r" )*(?:investigation|enquiry|inquiry|audit|examination|scrutiny)\b"
            ),
            "notice": (
                r"notice of (?:(?:an?|the|our|formal|tax) )*(?:enquiry|inquiry|compliance check|investigation)\b"
            ),
            "power": (
                r"(?:(?:section|s\.?) ?(?:9a|12ac|12b|19a)\b|(?:schedule|sch\.?) ?36\b|code of practice (?:8|9)\b"
                r"|information notice)"
            ),
        },
    ),
    *listed(
        READS_AS_OPEN,
        "en",
        {
            "we-are-checking": (
                rf"{_WE}(?:(?:'re| are| is)(?P<aux>(?: not)?)|(?:'ve| have| has)(?P<aux_been>(?: not)?) been)(?:"
                rf" [a-z]+){{0,2}}? {_CHECKING}{gap(2)}(?:you|{_AFFAIRS})\b"
            ),
            "being-checked": rf"your {_ADJECTIVES}{_AFFAIRS} {_BE} {_CHECKED}",
            "we-checked": rf"{_WE}(?:'ve| have| has)?(?: [a-z]+){{0,2}}? {_CHECKED} your {_ADJECTIVES}{_AFFAIRS}\b",
            "check-into-yours": rf"{_CHECK}(?: is)? (?:into|of|on|about|under) your\b",
            "open-case": (
                r"(?:opened|opening|started) (?:an?|your|our|the) (?:[a-z]+ )?(?:case|file)\b"
                r"(?! (?:for|about) (?:you|your)\b)"
            ),
            "passed-on": (
                rf"(?:passed|referred|sent|handed)(?: over| on)? to {_ADJECTIVES}(?:(?:our|an?|the)"
                rf" )?{_ADJECTIVES}(?:compliance|investigations?|fraud|enquiry)\b"
            ),
            "officer": (
                r"(?:compliance|tax|case) (?:officer|inspector|investigator|caseworker)(?P<aux>(?: (?:has|have|is"
                r"|was|will|not|now|been|be)){1,4}) (?:assigned|appointed|allocated)"
            ),
            "our-checks": (
                r"our (?:recent |own |first )?(?:checks|enquir(?:y|ies)|inquir(?:y|ies)|investigations?|audit)(?:"
                r" into you)? (?:have |has |had )?(?:shows?|showed|shown|finds?|found|reveal(?:s|ed)?|suggest(?:s"
                r"|ed)?|identified|indicate[sd]?)\b"
            ),
            "subject-to": rf"subject (?:to|of) {_CHECK}",
            "current-check": (
                r"(?:during|throughout|as part of|because of|about|result of|outcome of|end of|start of) (?:our|this"
                rf"|the|your|an?) {_ADJECTIVES}(?:(?:compliance )?checks?\b(?! (?:box|list))|enquir(?:y|ies)"
                r"|inquir(?:y|ies)|investigations?|audits?)"
            ),
        },
    ),
    *listed(
        SPEAKS_OF_ONE,
        "en",
        {
            "open-one": rf"{_BEGIN}{gap(3)}{_A_CHECK_OR_NONE}",
            "lead-to": (
                r"(?:lead|result|end|follow(?:ed)?|face|risk|avoid|prevent|consider(?:ing|ed)?|plan(?:ning|ned)?"
                rf"|trigger|prompt|cause|mean){gap(2)}{_CHECK}"
            ),
            "we-may-check": (
                rf"{_WE}(?:'ll| (?:may|might|can|could|will|would|shall|must))(?P<aux>(?: not| never)?)(?:"
                rf" [a-z]+){{0,2}}? {_TO_CHECK} (?:you|your {_ADJECTIVES}{_AFFAIRS})\b(?! to)"
            ),
            "you-may-be-checked": (
                rf"(?:you|your {_AFFAIRS})(?:'ll| (?:may|might|can|could|will|would|shall))(?P<aux>(?: not|"
                rf" never)?)(?: [a-z]+)? be {_CHECKED}"
            ),
        },
    ),
    *listed(
        MAY_JEOPARDISE,
        "en",
        {
            "lose-the-right": (
                r"(?:los(?:e|es|ing|t)|forfeit(?:ed|ing|s)?|miss(?:ed|ing)?|giv(?:e|ing|en) up|expired?)"
                rf"{gap(3)}{_CHANCE}{gap(5)}{_DISCLOSE}"
            ),
            "do-not-miss": rf"(?:do not|don't|never) (?:miss|lose|waste){gap(3)}{_CHANCE}{gap(5)}{_DISCLOSE}",
            "right-is-lost": (
                rf"{_CHANCE}{gap(5)}{_DISCLOSE}{gap(6)}(?:lost|gone|forfeit(?:ed)?"
                r"|expired?s?|ends?|ended|over|withdrawn|ceases?)\b"
            ),
            "treated-as-prompted": (
                rf"disclos(?:e|ures?|ed){gap(6)}(?:treated|regarded|counted?|seen|classed|considered|be|is|as"
                r"|becomes?) (?:as )?(?:an? )?prompted\b"
            ),
            "prompted": r"(?:an? |as )prompted(?: disclosures?)?\b",
            "not-unprompted": (
                rf"(?:not|no longer|n't|never|cannot|can not|stop|without|too late){gap(6)}unprompted\b"
            ),
            "too-late": (
                rf"too late{gap(2)}(?:for|to) (?:(?:make|give|send)(?: [a-z]+){{0,3}} )?(?:an? |you )?(?:to"
                rf" )?{_DISCLOSE}"
            ),
            "no-longer": (
                rf"(?:no longer|not be able to|cannot|can not|can't|unable to|won't be able to){gap(4)}(?:disclos(?:e"
                r"|ures?)|come forward|own up)\b"
            ),
            "last-chance": rf"(?:last|final|only|one|one last) (?:chance|opportunity){gap(4)}{_DISCLOSE}",
            "before-we": (
                rf"{_DISCLOSE}{gap(6)}before {_WE}(?:'ll| will| do| have to)? (?:find|found|contact|write|come|check"
                r"|discover|investigate|open|start|uncover|identify|catch|act)"
            ),
            "before-too-late": rf"{_DISCLOSE}{gap(5)}before (?:it is|it's|its) too late",
            "higher-penalty": (
                r"(?:higher|bigger|larger|greater|heavier|increased|harsher|tougher|stiffer) penalt(?:y|ies)"
                rf"{gap(8)}(?:disclos(?:e|ed|ures?|ing)|tell us|told us|come forward|came forward)\b"
            ),
            "if-you-do-not": (
                r"(?:if you|unless you)(?: do not|don't| fail to| have not|'ve not)? (?:disclose|disclosed|make an?"
                r" (?:unprompted |voluntary |full )?disclosure|come forward|own up)\b"
            ),
        },
    ),
    *listed(
        ASKS_TO_SHOW,
        "en",
        {
            "send-to-show": (
                rf"{_SEND}{gap(8)}{_PAPERS}{gap(8)}(?:to|that|which|can|will|so that|in order to|for us to)"
                rf"{gap(3)}{_PROVE}\b"
            ),
            "show-correct": (
                rf"{_PROVE}(?: to us| us| with [a-z]+)?(?: that| how| why| whether)? (?:your|you|the|all|everything"
                rf"|these|this|it|what){gap(8)}(?:is|are|was|were|have been|has been|'s|have) (?:all )?(?:paid the"
                rf" )?{_CORRECT}\b"
            ),
            "proof-of": (
                rf"{_SEND}{gap(4)}(?:proof|evidence|receipts?|invoices?|vouchers|(?:business |accounting |financial "
                r"|tax )records|bank statements?|workings|breakdowns?)\b"
                r"(?! (?:of|for|about) (?:(?:your|the|any|an?|this) )?(?:reasonable |good |own )?"
                r"(?:excuse|reason|illness|identity|payment|appeal|hardship|address|bereavement)s?\b)"
            ),
            "how-worked-out": rf"{_SEND}{gap(4)}{_PAPERS}{gap(2)}(?:how|why) (?:you|your|the|these|this)\b",
            "prove-it": (
                r"(?:prove|substantiate|justify|verify|back up) (?:your|the|these|this|any)"
                rf" {_ADJECTIVES}{_AFFAIRS}\b"
            ),
            "tell-us-correct": (
                r"(?:let us know|tell us|write to us|inform us)(?: to (?:say|tell us))?(?: that| whether| if)"
                rf" (?:your|the) {_ADJECTIVES}{_AFFAIRS} (?:is|are|was|were) (?:all )?{_CORRECT}\b"
            ),
            "papers-behind": (
                rf"{_SEND}{gap(6)}{_PAPERS}{gap(3)}(?:for|about|behind|supporting|relating to|used|of|on|underlying)"
                rf" (?:your|the|this|these|any|each|all) (?:[a-z]+ ){{0,2}}?{_AFFAIRS}\b"
            ),
            "certify": (
                rf"(?:sign|return|complete|fill in|fill out|send back|send us|submit|send){gap(5)}(?:certificates?"
                rf"|declarations?|statements?){gap(8)}(?:{_CORRECT}|declared|disclosed|included|reported)\b"
            ),
            "explain": (
                r"(?:explain(?:ing)?|justify(?:ing)?|account(?:ing)? for|clarify(?:ing)?)(?: to us)? (?:why|how"
                r"|where|the (?:reasons?|differences?"
                rf"|discrepanc[a-z]+)){gap(6)}(?:not (?:declar|includ|report)[a-z]*|{_AFFAIRS})\b"
            ),
            "tell-us-why": (
                rf"tell us (?:why|how|where){gap(6)}(?:not (?:declar|includ|report)[a-z]*|came from|comes? from)\b"
            ),
        },
    ),
)
"""Of the edition :data:`designs.variants.wording.EDITION`."""
