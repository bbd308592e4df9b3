"""Names that cannot be told apart on a screen: which letters look like which, and which are in no name here."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LIKE: Final = {
    "a": "\u0430\u03b1\u0251\u1d00\uab64",
    "b": "\u0432\u03b2\u0253\u0299\u0185",
    "c": "\u0441\u1d04\u0188\u2184\u03f2",
    "d": "\u0501\u0256\u0257\u1d05\u018c",
    "e": "\u0435\u03b5\u1d07\uab32\u04bd",
    "f": "\u0192\uab35\ua799\ua730",
    "g": "\u0261\u0260\u0262\u1d83\u018d\u0581",
    "h": "\u043d\u04bb\u03b7\u0266\u029c\u0570",
    "i": "\u0456\u03b9\u0131\u0269\u026a\u0268\ua647",
    "j": "\u0458\u03f3\u0237\u029d\u1d0a",
    "k": "\u043a\u03ba\u0199\u1d0b\u0138",
    "l": "\u01c0\u04cf\u029f\u026d\u026b\u019a\ua781",
    "m": "\u043c\u03bc\u1d0d\u0271",
    "n": "\u03bd\u0274\u019e\u0272\u0273\u0578\u057c",
    "o": "\u043e\u03bf\u03c3\u1d0f\u1d11\u0275\u04e9\u0585\uab3d",
    "p": "\u0440\u03c1\u1d18\u01a5\u01bf",
    "q": "\u051b\u02a0\u024b\u0566",
    "r": "\u0280\u027c\u027e\uab47\uab48\u1d26",
    "s": "\u0455\ua731\u0282\u01bd",
    "t": "\u0442\u03c4\u1d1b\u01ad\u01ab\u0288",
    "u": "\u028b\u1d1c\uab4e\uab52\u057d",
    "v": "\u0475\u1d20",
    "w": "\u051d\u1d21\u026f\u0561\u0461",
    "x": "\u0445\u03c7",
    "y": "\u0443\u03c5\u028f\u0263\u01b4\u04af\u03b3\u1eff",
    "z": "\u03b6\u1d22\u0290\u0225\u01b6",
}
"""By Latin letter, the small letters of any alphabet that it, or its capital, cannot be told from."""

_FOLDED: Final = str.maketrans({like: letter for letter, likes in _LIKE.items() for like in likes})
_AS_DRAWN: Final = str.maketrans({"1": "l", "0": "o", "|": "l"})
_CAPITAL_WITHIN: Final = re.compile(r"(?<=[^\W\d_A-Z])I")
_DOTTED_AGAIN: Final = re.compile(r"(?<=[ij])\u0307")
_OTHERS_OF_LATIN: Final = frozenset(
    "\u00e6\u00f8\u00f0\u00fe\u00df\u0153\u0111\u0127\u0142\u0167\u014b\u0259\u025b\u0254\u0292\u01ff"
)
_ONE_OF_SEVERAL: Final = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "CJK", "BOPOMOFO": "CJK"}
_ALL_ALIKE: Final = frozenset({
    "CHEROKEE", "LISU", "COPTIC", "DESERET", "GOTHIC", "CARIAN", "LYCIAN", "LYDIAN", "TIFINAGH", "CANADIAN", "OSAGE",
    "WARANG", "VAI", "RUNIC", "ELBASAN", "OLD", "BAMUM", "MIAO", "OGHAM", "GLAGOLITIC", "MEDEFAIDRIN", "SHAVIAN",
})  # fmt: skip
"""Alphabets whose letters, or many of them, are drawn as Latin ones: a whole name of theirs looks like another."""


_SHOWS_NOTHING: Final = (
    ("\u034f", "\u034f"), ("\u115f", "\u1160"), ("\u17b4", "\u17b5"), ("\u180b", "\u180f"), ("\u3164", "\u3164"),
    ("\ufe00", "\ufe0f"), ("\uffa0", "\uffa0"), ("\U000e0000", "\U000e0fff"),
)  # fmt: skip
"""Besides formats and controls: what Unicode lets a display ignore."""


def is_invisible(letter: str) -> bool:
    """Whether it takes no room or shows nothing: formats and controls, joiners, variation selectors, Hangul fillers."""
    return (unicodedata.category(letter) in ("Cf", "Cc") and not letter.isspace()) or any(
        first <= letter <= last for first, last in _SHOWS_NOTHING
    )


def visible(text: str) -> str:
    """A text without what shows nothing.

    Examples:
        >>> visible("K\u200bA\u00adI")
        'KAI'
    """
    return "".join(letter for letter in text if not is_invisible(letter))


def folded(name: str) -> str:
    """A name without case or width, each letter as the Latin one that it looks like."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return _DOTTED_AGAIN.sub("", plain.translate(_FOLDED))


def as_drawn(name: str) -> str:
    """The name in which a capital I within a word, a stroke and a figure 1 are the letter l, and a zero is an o.

    Examples:
        >>> folded(as_drawn("BeIl 10")), folded(as_drawn("Ian"))
        ('bell lo', 'ian')
    """
    return _CAPITAL_WITHIN.sub("l", unicodedata.normalize("NFKC", name)).translate(_AS_DRAWN)


def strange_letters(name: str) -> str:
    """The letters of a name that are in none here, for they may stand for others; each once.

    Examples:
        >>> strange_letters("Zo\u00eb M\u00fcller-\u00d3 Briain \u0141"), strange_letters("K\u0251te Be\u01c0l")
        ('', '\u0251\u01c0')
    """
    letters = dict.fromkeys(unicodedata.normalize("NFKC", name))
    return "".join(letter for letter in letters if unicodedata.category(letter) in _LETTERS and _is_strange(letter))


def mixes_alphabets(name: str) -> bool:
    """Whether one word has letters of several alphabets."""
    return any(
        len({_alphabet(letter) for letter in word if unicodedata.category(letter) in _LETTERS}) > 1
        for word in unicodedata.normalize("NFKC", name).split()
    )


_LETTERS: Final = ("Lu", "Ll", "Lt", "Lo")


def _alphabet(letter: str) -> str:
    first = unicodedata.name(letter, "UNNAMED").split()[0]
    return _ONE_OF_SEVERAL.get(first, first)


def _is_strange(letter: str) -> bool:
    alphabet = _alphabet(letter)
    if alphabet != "LATIN":
        return alphabet in _ALL_ALIKE
    small = letter.casefold()
    return not (unicodedata.normalize("NFKD", small)[:1].isascii() or small in _OTHERS_OF_LATIN)
