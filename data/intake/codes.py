"""Codes whose meaning is declared: which cells hold one, and columns of truth values that are written in them.

A code is a text, exactly as written but for blanks at its ends, or a number: ``1``, ``1.0`` and ``"1"`` are one code,
whatever the file marks them as, and ``"01"`` is another. The words true and false are themselves in any capitals.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from data.intake.bad_cells import bad_cells
from data.intake.columns import MISSING_TOKENS, Conformed, positions
from data.schema import PLAIN_NUMBER, Code, Codes, is_number

_SHOWN = 6


def without_missing(values: pa.ChunkedArray, codes: Codes) -> pa.ChunkedArray:
    """The column with the cells missing that hold a code for that."""
    if not codes.missing:
        return values
    found = _holds(values, codes.missing)
    return pc.if_else(found, pa.scalar(None, values.type), values) if pc.any(found).as_py() else values


def as_coded(values: pa.ChunkedArray, codes: Codes, name: str) -> Conformed:
    """Truth values by their codes. What is neither is missing where it says so (NA, null), and else cannot be read.

    Args:
        values: The column as read, shape (n,), cells that hold a code for a missing value already missing.
        codes: With ``true`` and ``false``.
        name: The column.
    """
    true, false = _holds(values, codes.true), _holds(values, codes.false)
    neither = pc.invert(pc.or_(true, false))
    said = pc.is_in(pc.utf8_trim_whitespace(_texts(values)), pa.array(MISSING_TOKENS))
    wrong = positions(pc.and_(pc.and_(neither, values.is_valid()), pc.invert(said)))
    truth = pc.if_else(neither, pa.scalar(None, pa.bool_()), true)
    return truth, bad_cells(values, wrong, name, f"is no code of the plan ({_listed(codes)})")


def _holds(values: pa.ChunkedArray, codes: Sequence[Code]) -> pa.ChunkedArray:
    """True of every cell that holds one of the codes, and false of the others; never null."""
    numbers = pa.array([float(code) for code in codes if is_number(code)], pa.float64())
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pc.is_in(values.cast(pa.float64(), safe=False), numbers)
    texts = pc.utf8_trim_whitespace(_texts(values))
    words = [str(code).strip() for code in codes]
    truths = [word.lower() for word in words if word.lower() in ("true", "false")]
    found = pc.or_(
        pc.is_in(texts, pa.array(words, pa.string())), pc.is_in(pc.utf8_lower(texts), pa.array(truths, pa.string()))
    )
    if len(numbers):
        plain = pc.fill_null(pc.match_substring_regex(texts, PLAIN_NUMBER), False)
        read = pc.if_else(plain, texts, pa.scalar(None, pa.string())).cast(pa.float64())
        found = pc.or_(found, pc.is_in(read, numbers))
    return found


def _texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values.cast(pa.string())


def _listed(codes: Codes) -> str:
    parts = [(name, getattr(codes, name)) for name in ("true", "false", "missing")]
    return "; ".join(f"{name}: {_some(those)}" for name, those in parts if those)


def _some(codes: Sequence[Code]) -> str:
    return ", ".join(map(str, codes[:_SHOWN])) + (" …" if len(codes) > _SHOWN else "")
