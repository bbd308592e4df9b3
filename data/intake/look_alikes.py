"""Ids that people read as one and a computer does not: other capitals, width, letters, blanks, zeros in front."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.engine import hashes_of
from data.intake.columns import positions
from data.intake.result import Rows, shown
from data.pieces import in_one_piece, rows_of

_NAMED = 5
_LONGEST_PADDED = 20
# Cyrillic and Greek letters that are drawn as Latin ones.
_DRAWN_ALIKE = str.maketrans(
    "АВЕЗКМНОРСТУХІЈЅаекорсухіјѕԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοκνιρυ",
    "ABE3KMHOPCTYXIJSaekopcyxijsdqwABEZHIKMNOPTYXokviru",
)


def look_alikes(ids: pa.ChunkedArray, rows: Rows, field: str) -> str | None:
    """A warning that names ids which differ only in what the eye does not see; None where there are none.

    They are kept as they are: nobody can say here whether one customer has two rows, or two customers one number.

    Args:
        ids: Text, shape (n,), each id once.
        rows: Their rows in the file, shape (n,).
        field: The id column.
    """
    present = ids.drop_null()
    if not len(present) or _cannot_be(present):
        return None
    folded = _folded(present)
    hashes = hashes_of(folded)
    ordered = np.sort(hashes)
    if not np.any(ordered[1:] == ordered[:-1]):
        return None
    counts = pc.value_counts(folded)
    alike = counts.filter(pc.greater(counts.field("counts"), 1))
    where = rows[ids.is_valid().to_numpy()]
    among = positions(pc.is_in(folded, alike.field("values")))
    groups: dict[str, list[int]] = {}
    for place, fold in zip(among.tolist(), rows_of(folded, pa.array(among), "ids").to_pylist(), strict=True):
        groups.setdefault(fold, []).append(place)
    # An id that comes twice is another fault, told elsewhere.
    pairs = [places for places in groups.values() if len({present[place].as_py() for place in places[:50]}) > 1]
    if not pairs:
        return None
    named = "; ".join(
        " and ".join(f"{shown_exactly(present[place].as_py())} (row {int(where[place]):,})" for place in places[:3])
        for places in pairs[:_NAMED]
    )
    more = f" and {len(pairs) - _NAMED:,} more" if len(pairs) > _NAMED else ""
    groups_of = "1 group of ids differs" if len(pairs) == 1 else f"{len(pairs):,} groups of ids differ"
    return (
        f"{field}: {groups_of} only by capitals, width, script, blanks or zeros in front, and each id stands for a "
        f"customer of its own: {named}{more}"
    )


def shown_exactly(text: str) -> str:
    """An id as a message quotes it, with every letter that is no plain one told by its number.

    Examples:
        >>> print(shown_exactly("AB1"), shown_exactly("\\u0410B1"))
        'AB1' '\\u0410B1'
    """
    return shown(text) if text.isascii() else ascii(text)


def as_drawn(text: str) -> str:
    """A word as the eye reads it: without capitals, width, blanks and what is not drawn, in plain letters.

    Examples:
        >>> as_drawn(" \u0421\uff39\u200b") == as_drawn("cy")
        True
    """
    seen = unicodedata.normalize("NFKC", text).translate(_DRAWN_ALIKE).casefold()
    return "".join(each for each in seen if not each.isspace() and unicodedata.category(each) not in ("Cc", "Cf"))


def _cannot_be(ids: pa.ChunkedArray) -> bool:
    """Whether nothing can be alike: plain letters and digits of one length and one case."""
    lengths = pc.min_max(pc.binary_length(ids)).as_py()
    if lengths["min"] != lengths["max"] or not pc.all(pc.ascii_is_alnum(ids)).as_py():
        return False
    if pc.all(pc.ascii_is_decimal(ids)).as_py():
        return True
    return bool(
        pc.all(pc.equal(ids, pc.ascii_upper(ids))).as_py() or pc.all(pc.equal(ids, pc.ascii_lower(ids))).as_py()
    )


def _folded(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    plain = _plain(ids)
    lower = pc.ascii_lower(plain) if pc.all(pc.string_is_ascii(plain)).as_py() else pc.utf8_lower(plain)
    return pc.ascii_ltrim(lower, characters="0")


def _plain(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    """In plain letters and without blanks; capitals and zeros in front as they stand."""
    plain = ids if pc.all(pc.string_is_ascii(ids)).as_py() else _plain_letters(ids)
    if pc.all(pc.ascii_is_alnum(plain)).as_py():
        return plain
    return pc.replace_substring_regex(plain, r"[\s\p{Z}]+", "")


def _plain_letters(ids: pa.ChunkedArray) -> pa.ChunkedArray:
    foreign = pc.invert(pc.string_is_ascii(ids))
    places = positions(foreign)
    normal = pc.utf8_normalize(rows_of(ids, pa.array(places), "ids"), form="NFKC")
    drawn = pa.array([word.translate(_DRAWN_ALIKE) for word in normal.to_pylist()], pa.string())
    replaced = pc.replace_with_mask(in_one_piece(ids, "ids"), in_one_piece(foreign, "ids"), drawn)
    return pa.chunked_array([replaced])


def other_spellings(ids: pa.ChunkedArray) -> Iterator[tuple[Rows, pa.Array]]:
    """How ids may have been written elsewhere: with zeros in front or without, in capitals or small, without blanks.

    Ids of digits alone get zeros up to twenty digits, for a spreadsheet takes zeros from no other.

    Args:
        ids: Text, shape (n,), none missing.

    Yields:
        Places among the ids, and one other spelling of each, both of shape (k,).

    Examples:
        >>> spelt = [spellings.to_pylist() for _, spellings in other_spellings(pa.chunked_array([["7", "aB 1"]]))]
        >>> spelt[0], spelt[2], spelt[4], spelt[6:9]
        (['aB1'], ['ab1'], ['AB1'], [['07'], ['007'], ['0007']])
    """
    written, plain = in_one_piece(ids, "ids"), in_one_piece(_plain(ids), "ids")
    places = np.arange(len(ids), dtype=np.int64)
    for spelling in (plain, pc.utf8_lower(plain), pc.utf8_upper(plain)):
        for text in (spelling, pc.ascii_ltrim(spelling, characters="0")):
            other = pc.not_equal(text, written)
            if pc.any(other).as_py():
                yield places[other.to_numpy(zero_copy_only=False)], text.filter(other)
    digits = pc.ascii_is_decimal(plain)
    bare = pc.ascii_ltrim(plain.filter(digits), characters="0")
    of_digits, lengths = places[digits.to_numpy(zero_copy_only=False)], pc.binary_length(bare)
    for length in range(1, _LONGEST_PADDED + 1):
        shorter = pc.less(lengths, length)
        if pc.any(shorter).as_py():
            padded = pc.ascii_lpad(bare.filter(shorter), width=length, padding="0")
            yield of_digits[shorter.to_numpy(zero_copy_only=False)], padded
