"""Which characters a paper can show: what its font has, and nothing that hides or turns the text around it.

A title from a file or a person is data. A character that no reader would see (a control, a mark that turns the
direction of writing), or that the font has no shape for, is written out as its code, so that it is neither lost nor
obeyed.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Container
from functools import cache
from pathlib import Path
from typing import Final

FONTS: Final = Path(__file__).with_name("fonts")
FONT: Final = "Source Sans 3"
_REGULAR: Final = FONTS / "SourceSans3-Regular.ttf"
UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""The categories of what no reader sees: controls, formats, half characters, and what has no meaning of its own."""


def spelt_out(text: str, shown: Container[int] | None = None) -> str:
    """A text without anything that is not seen, and where a font is given, without what it has no shape for.

    Args:
        text: From anybody. A line break stays.
        shown: The code points that there are shapes for.

    Examples:
        >>> spelt_out("a\\u202eb"), spelt_out("ŵ and 中", covered())
        ('a[U+202E]b', 'ŵ and [U+4E2D]')
    """
    return "".join(
        letter if letter == "\n" or _is_shown(letter, shown) else f"[U+{ord(letter):04X}]"
        for letter in unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))
    )


def on_one_line(text: str, shown: Container[int] | None = None) -> str:
    """The same on one line; of a text that is nothing but blanks, which blanks they are, for a heading has words.

    Examples:
        >>> on_one_line("a\\n b"), on_one_line("\\x1f")
        ('a b', '[U+001F]')
    """
    words = " ".join(text.split())
    return spelt_out(words, shown) if words else "".join(f"[U+{ord(letter):04X}]" for letter in text)


def _is_shown(letter: str, shown: Container[int] | None) -> bool:
    return unicodedata.category(letter) not in UNSEEN and (shown is None or ord(letter) in shown)


@cache
def covered() -> frozenset[int]:
    """The code points that the font of the papers has shapes for, by its own table (OpenType ``cmap``, format 12)."""
    font = _REGULAR.read_bytes()
    (tables,) = struct.unpack_from(">H", font, 4)
    records = [struct.unpack_from(">4sLLL", font, 12 + 16 * place) for place in range(tables)]
    start = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    (encodings,) = struct.unpack_from(">H", font, start + 2)
    for place in range(encodings):
        _, _, offset = struct.unpack_from(">HHL", font, start + 4 + 8 * place)
        if struct.unpack_from(">H", font, start + offset) == (12,):
            (groups,) = struct.unpack_from(">L", font, start + offset + 12)
            ranges = [struct.unpack_from(">LLL", font, start + offset + 16 + 12 * group) for group in range(groups)]
            return frozenset(code for first, last, _ in ranges for code in range(first, last + 1))
    raise ValueError(f"{_REGULAR.name} has no table of the whole of Unicode")
