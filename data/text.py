"""Which text can be kept: everything but what no database and no file in UTF-8 takes as it is."""

from __future__ import annotations

import os
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


def shown_name(path: str | os.PathLike[str]) -> str:
    """The last part of a path, as text that can be kept and printed: bytes that are not UTF-8 are replaced.

    Examples:
        >>> shown_name("lists/café.csv"), shown_name(os.fsdecode(b"lists/caf\\xe9.csv"))
        ('café.csv', 'caf\ufffd.csv')
    """
    return printable(os.path.basename(path))  # noqa: PTH119 a name may be what no Path prints


def printable(text: str) -> str:
    """Text with what stands for bytes outside UTF-8 replaced, so that any stream and any file takes it.

    Examples:
        >>> printable("caf" + chr(0xDCE9))
        'caf\ufffd'
    """
    return _HALF.sub("\ufffd", text)
