"""Phrases in Welsh that a message must not say, or not without the TAA's word; folded, so without circumflexes.

First letters mutate: ``gwiriad`` is also ``wiriad`` and ``ngwiriad``, ``datgelu`` also ``ddatgelu``.
"""

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

_NOUN = r"(?:(?:ng?|g)?wiriad(?:au)?|h?ymholiad(?:au)?|h?ymchwiliad(?:au)?|h?archwiliad(?:au)?|h?arolygiad(?:au)?)\b"
_BEGIN = r"(?:agor|dechrau|ddechrau|nechrau|cychwyn|gychwyn|nghychwyn|lansio|cynnal|gynnal)"
_BEGUN = (
    r"(?:agor(?:wyd|ais|odd|asom|on ni|asant|ir)|(?:d|dd)echreu(?:wyd|odd|asom|on ni|ir)|(?:c|g|ch)ychwyn(?:nwyd"
    r"|nodd|nasom|non ni|nir)|(?:c|g|ch)ynhali(?:r|wyd))"
)
_WEDI = r"(?:wedi(?:'?i|'?u|'?ch| ei| eu| eich)?|newydd)"
_NEGATED = r"(?P<aux>(?:nid|nad|heb|ddim|ni|na)(?: [a-z']+){0,2} )?"
_CHECKING = r"(?:gwirio|wirio|ngwirio|ymchwilio|archwilio|ymholi|arolygu)"
_AFFAIRS = (
    r"(?:(?:ff|ph)urflen(?:ni)?|materion|faterion|treth(?:i|iant)?|threth|dreth|cofnodion|gofnodion|chofnodion"
    r"|cyfrifon|gyfrifon|chyfrifon|ffigurau|incwm|busnes|fusnes|hawliad(?:au)?)"
)
_DISCLOSE = (
    r"(?:(?:dd?|n)atgel(?:u|iad(?:au)?)|roi gwybod i ni|rhoi gwybod i ni|ddweud wrthym|dweud wrthym|unioni|chywiro"
    r"|gywiro)"
)
_SEND = (
    r"(?:(?:dd?|n)?anfon(?:wch|fonwch)?|danfonwch|(?:d|dd)arpar(?:wch|u)|rho(?:wch|i)|roi|dango(?:swch|s)|ddangos"
    r"|cyflwyn(?:wch|o)|gyflwyno|uwchlwyth(?:wch|o)|e bost(?:iwch|io)|mae angen|bydd angen|gofynnwn|rydym angen)"
)
_PAPERS = (
    r"(?:gwybodaeth|wybodaeth|dogfennau|ddogfennau|dogfennaeth|ddogfennaeth|cofnodion|gofnodion|chofnodion"
    r"|tystiolaeth|dystiolaeth|thystiolaeth|prawf|brawf|phrawf|derbynebau|dderbynebau|anfonebau|datganiadau banc"
    r"|ddatganiadau banc|cyfriflenni|gyfriflenni|eglurhad|esboniad)"
)
_PROVE = (
    r"(?:dd?angos(?:wch)?|b?rofi|profi|profwch|chadarnhau|gadarnhau|cadarnhau|cadarnhewch|egluro|eglurwch|esbonio"
    r"|esboniwch|gefnogi|cefnogi|gyfiawnhau|cyfiawnhau)"
)
_CHANCE = r"(?:c|g|ch|ngh)yfle"

WELSH: Final[tuple[Phrase, ...]] = (
    *listed(
        SAYS_OPEN,
        "cy",
        {
            "wedi-agor": rf"{_NEGATED}(?:wedi|newydd) {_BEGIN}{gap(3)}{_NOUN}",
            "heb-agor": rf"(?P<aux>heb) {_BEGIN}{gap(3)}{_NOUN}",
            "agorwyd": rf"(?P<aux>(?:ni|na|nid) )?{_BEGUN}{gap(3)}{_NOUN}",
            "yn-agor": rf"{_NEGATED}(?:yn|wrthi'n) {_BEGIN}{gap(3)}{_NOUN}",
            "gwiriad-wedi": (
                rf"(?P<aux>(?:nid oes|does dim|nad oes) (?:[a-z]+ ){{0,2}})?{_NOUN}{gap(8)}(?:{_WEDI} {_BEGIN}|ar y"
                r" gweill|ar agor|yn mynd rhagddo)\b"
            ),
            "dewis": rf"{_NEGATED}{_WEDI} (?:ch )?(?:dewis|ddewis|nodi|enwi){gap(5)}{_NOUN}",
            "dan-ymchwiliad": rf"{_NEGATED}(?:o )?dan (?:ymchwiliad|archwiliad|ymholiad|graffu)\b",
            "hysbysiad": r"hysbysiad o (?:ymholiad|wiriad|ymchwiliad)\b",
            "pwer": r"(?:adran (?:9a|12ac|12b|19a)\b|atodlen 36\b|cod ymarfer (?:8|9)\b|hysbysiad gwybodaeth)",
        },
    ),
    *listed(
        READS_AS_OPEN,
        "cy",
        {
            "rydym-yn-gwirio": (
                r"(?:rydym|rydyn ni|mae cthef|mae cthem|mae hmrc|mae ein [a-z]+)(?: [a-z]+)? (?:wrthi'n|yn|wedi bod"
                rf" yn|wedi){gap(1)}{_CHECKING}{gap(2)}(?:eich|{_AFFAIRS})\b"
            ),
            "gwiriad-o": rf"{_NOUN}(?: cydymffurfio| treth)? (?:(?:i|i mewn i|o|ar|am) eich|[io]'ch)\b",
            "gwiriad-cydymffurfio": (
                r"(?P<aux>(?:nid|dim|nad)(?: [a-z]+){0,2} )?(?:ng?|g)?wiriad(?:au)? (?:c|g|ch|ngh)ydymffurfi(?:o"
                r"|aeth|ad)\b"
            ),
        },
    ),
    *listed(
        SPEAKS_OF_ONE,
        "cy",
        {
            "gallwn-agor": (
                rf"(?:(?:g|ng)?allwn|gallem|gallai|gall|efallai|byddwn|bydd|mae'n bosibl){gap(4)}{_BEGIN}"
                rf"{gap(3)}{_NOUN}"
            ),
            "gallwn-wirio": (
                rf"(?:gallwn|gallem|efallai y byddwn|byddwn)(?: [a-z]+){{0,2}}? {_CHECKING} (?:eich|i'ch) (?:[a-z]+"
                rf" )?{_AFFAIRS}\b"
            ),
            "arwain-at": rf"(?:arwain at|osgoi|wynebu|ystyried){gap(2)}{_NOUN}",
        },
    ),
    *listed(
        MAY_JEOPARDISE,
        "cy",
        {
            "colli": rf"(?:c|g|ch)oll(?:i|wch|ir)(?:'r)?{gap(2)}(?:hawl|{_CHANCE}){gap(3)}{_DISCLOSE}",
            "peidio-colli": rf"peidiwch a (?:cholli|gwastraffu){gap(2)}{_CHANCE}{gap(3)}{_DISCLOSE}",
            "wedi-ysgogi": rf"(?:dd?|n)atgeliad(?:au)?{gap(6)}(?:wedi(?:'?i| ei|'?u| eu)|a) (?:h?ysgog|h?annog|h?anog)",
            "rhy-hwyr": rf"rhy hwyr{gap(2)}i? ?{_DISCLOSE}",
            "cyfle-olaf": rf"(?:{_CHANCE}|siawns) (?:olaf|terfynol){gap(3)}{_DISCLOSE}",
            "cyn-i-ni": (
                rf"{_DISCLOSE}{gap(6)}cyn i (?:ni|hmrc|cthef|cthem) (?:ddod|gysylltu|ysgrifennu|wirio|ymchwilio|agor"
                r"|ddechrau|ddarganfod)"
            ),
            "cosb-uwch": rf"(?:cosb(?:au)?|gosb(?:au)?|chosb(?:au)?) (?:uwch|fwy|drymach|lymach){gap(8)}{_DISCLOSE}",
            "nid-digymell": rf"(?:nid|ni|na|nad|heb|ddim){gap(6)}(?:digymell|ddigymell)\b",
            "os-na": r"os na(?:d)? (?:fyddwch yn |ydych yn )?(?:dd?atgel(?:wch|u))\b",
        },
    ),
    *listed(
        ASKS_TO_SHOW,
        "cy",
        {
            "anfon-i-ddangos": (
                rf"{_SEND}{gap(6)}{_PAPERS}{gap(6)}(?:i|sy'n|sydd yn|er mwyn|a fydd yn|fel){gap(2)}{_PROVE}\b"
            ),
            "dangos-yn-gywir": (
                rf"{_PROVE}(?: i ni)?(?: bod| fod| pam| sut)? (?:eich|y|yr|popeth|bob){gap(8)}(?:yn|mewn) (?:gywir"
                r"|gyflawn|iawn|trefn|wir|gyfredol)\b"
            ),
            "tystiolaeth": (
                rf"{_SEND}{gap(4)}(?:tystiolaeth|dystiolaeth|prawf|brawf|derbynebau|dderbynebau|anfonebau|datganiadau"
                r" banc|ddatganiadau banc|cyfriflenni banc)\b"
                r"(?! (?:o|o'ch|am|am eich) (?:esgus|rheswm|salwch|hunaniaeth|taliad|apel|cyfeiriad)\b)"
            ),
            "tystysgrif": (
                r"(?:llofnod(?:wch|i)|dychwel(?:wch|yd)|ddychwelyd|cwblh(?:ewch|au)|gwblhau|llenw(?:ch|i)|anfonwch)"
                rf"{gap(5)}(?:d|t|dd|th|nh)(?:atganiad|ystysgrif){gap(8)}(?:yn|mewn) (?:gywir|gyflawn|trefn)\b"
            ),
            "egluro-pam": (
                r"(?:eglur(?:wch|o)|esboni(?:wch|o)|dywedwch wrthym)(?: i ni| wrthym)? (?:pam|sut|o ble)"
                rf"{gap(6)}{_AFFAIRS}\b"
            ),
        },
    ),
)
"""Of the edition :data:`designs.variants.wording.EDITION`."""
