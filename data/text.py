"""Which text can be kept: everything but what no database and no file in UTF-8 takes as it is."""

from __future__ import annotations

import re

_HALF = re.compile("[\ud800-\udfff]")


def unstorable(text: str) -> str | None:
    """What stands in a text so that it cannot be kept, in words; ``None`` where it can.

    PostgreSQL takes no NUL, and half of a surrogate pair is no Unicode text: UTF-8 has no bytes for it.

    Examples:
        >>> unstorable("Wait £5 — or 😀") is None
        True
        >>> unstorable("a" + chr(0)), unstorable(chr(0xD83D))
        ('a NUL character', 'half a character standing alone')
    """
    if _HALF.search(text):
        return "half a character standing alone"
    return "a NUL character" if "\0" in text else None
