"""Customer ids: text, kept byte for byte, or rejected with the reason. Never repaired."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.engine import hashes_of
from data.errors import DataRefused
from data.identifiers import MAXIMUM_ID_BYTES
from data.intake.columns import positions
from data.intake.not_customers import unlikely_ids
from data.intake.result import Fault, Rows, refuse_too_many, shown
from data.pieces import rows_of

MISSING_IDS = ("NA", "N/A", "#N/A", "NaN", "nan", "NULL", "null", "None", "none")
_LONGEST_MISSING = max(map(len, MISSING_IDS))
_LOOK = 1_000  # rows that tell whether looking at all of them is worth while

REPEATED = "comes more than once"  # how the reason of a repeated id ends


def _matches(pattern: str) -> Callable[[pa.Array], pa.Array]:
    return lambda texts: pc.match_substring_regex(texts, pattern)


# Asked only of ids that are not plain ASCII letters and digits, for which none of these can hold.
_RULES: tuple[tuple[Callable[[pa.Array], pa.Array], str], ...] = (
    (
        lambda texts: pc.not_equal(pc.utf8_trim_whitespace(texts), texts),
        "the id {id} begins or ends with white space",
    ),
    (_matches(r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"), "the id {id} holds an invisible character"),
    (_matches("\ufffd"), "the id {id} holds the mark of a character lost in an earlier conversion"),
    (
        _matches(r"^[+-]?\d+([.,]\d+)?[eE][+-]\d+$|^[+-]?\d+[.,]\d+[eE]\d+$"),
        "the id {id} is a number that a spreadsheet has rounded",
    ),
    (_matches(r"^[+-]?\d+\.0*$"), "the id {id} has been through a number: its leading zeros may be lost"),
    (
        _matches(r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}.*)?$|^\d{1,2}/\d{1,2}/(\d{2}|\d{4})$"),
        "the id {id} has been turned into a date",
    ),
)


def id_faults(ids: pa.ChunkedArray, field: str, where: str | None = None) -> list[Fault]:
    """Every id that cannot be kept as it stands.

    Args:
        ids: Text, shape (n,).
        field: The id column's name.
        where: What to call the column in a refusal.

    Raises:
        DataRefused: There are more of them than are told.
    """
    reasons: dict[int, str] = {}
    if ids.null_count:
        refuse_too_many(ids.null_count, "the id is missing", where)
        reasons.update(dict.fromkeys(positions(ids.is_null()).tolist(), "the id is missing"))
    lengths = pc.min_max(pc.binary_length(ids)).as_py()
    if lengths["max"] is None:
        return [Fault(position, field, reason) for position, reason in reasons.items()]
    if lengths["max"] > MAXIMUM_ID_BYTES:
        size = pc.binary_length(ids)
        long = pc.greater(size, MAXIMUM_ID_BYTES)
        refuse_too_many(_count(long), f"the id is above {MAXIMUM_ID_BYTES} bytes long", where)
        for position in positions(long).tolist():
            reasons[position] = f"the id is {size[position].as_py()} bytes long, above {MAXIMUM_ID_BYTES}"
    if lengths["min"] <= _LONGEST_MISSING:
        missing = pc.is_in(ids, pa.array(MISSING_IDS))
        refuse_too_many(_count(missing), "the id is missing", where)
        for position in positions(missing).tolist():
            reasons[position] = f"the id is missing ({ids[position].as_py()})"
    if not pc.all(pc.ascii_is_alnum(ids)).as_py():
        _add_unusual(ids, reasons, where)
    for position, reason in unlikely_ids(ids).items():
        reasons.setdefault(position, reason)
    return [Fault(position, field, reason) for position, reason in sorted(reasons.items())]


def _add_unusual(ids: pa.ChunkedArray, reasons: dict[int, str], where: str | None) -> None:
    unusual = positions(pc.invert(pc.ascii_is_alnum(ids)))
    texts = rows_of(ids, pa.array(unusual), "ids")
    for test, reason in _RULES:
        found = test(texts)
        refuse_too_many(_count(found), reason.format(id="of each"), where)
        for i in positions(found).tolist():
            reasons.setdefault(int(unusual[i]), reason.format(id=shown(texts[i].as_py())))
    foreign = positions(pc.invert(pc.string_is_ascii(texts)))
    if foreign.size:
        words = texts.take(pa.array(foreign))
        other = pc.not_equal(pc.utf8_normalize(words, form="NFC"), words)
        refuse_too_many(_count(other), "the id is not in Unicode's composed form (NFC)", where)
        for i in positions(other).tolist():
            reason = f"the id {words[i].as_py()!a} is not in Unicode's composed form (NFC)"
            reasons.setdefault(int(unusual[foreign[i]]), reason)


def repeated_ids(ids: pa.ChunkedArray) -> pa.Array | None:
    """The ids that come more than once, in order of first appearance; ``None`` when there are none.

    Ids in order, as most exports have them, are told apart by their neighbours. Else a 64-bit hash of each settles the
    usual case: no hash twice means no id twice. Only when one repeats are the ids themselves counted, which is several
    times slower (8 s instead of 1.3 s for ten million on two processors).
    """
    present = ids.drop_null()
    if _in_order(present.slice(0, _LOOK)) and _in_order(present):
        return None
    hashes = hashes_of(present)
    hashes.sort()
    if not np.any(hashes[1:] == hashes[:-1]):
        return None
    counts = pc.value_counts(present)
    repeated = counts.filter(pc.greater(counts.field("counts"), 1)).field("values")
    return repeated if len(repeated) else None


def _in_order(ids: pa.ChunkedArray) -> bool:
    return bool(pc.all(pc.less(ids.slice(0, max(0, len(ids) - 1)), ids.slice(1))).as_py())


def refuse_repeated(ids: pa.ChunkedArray, repeated: pa.Array, rows: Rows, field: str, where: str) -> None:
    """Turn the file away, naming the first few ids and their rows."""
    examples = []
    for value in repeated.slice(0, 3):
        places = rows[positions(pc.equal(ids, value))]
        listed = ", ".join(str(place) for place in places[:4]) + (" …" if len(places) > 4 else "")
        examples.append(f"{shown(value.as_py())} (rows {listed})")
    more = f" and {len(repeated) - 3:,} more" if len(repeated) > 3 else ""
    raise DataRefused(
        f"ids come more than once ({len(repeated):,} of them): {'; '.join(examples)}{more}",
        where=f"{where}, {field}",
        rule="one row per customer",
        remedy="find out which row is the customer, and export the file again",
    )


def repeated_faults(ids: pa.ChunkedArray, repeated: pa.Array, field: str, where: str | None = None) -> list[Fault]:
    """A fault for every row of every repeated id.

    Raises:
        DataRefused: There are more of them than are told.
    """
    again = pc.is_in(ids, repeated)
    refuse_too_many(_count(again), f"the id {REPEATED}", where)
    return [
        Fault(position, field, f"the id {shown(ids[position].as_py())} {REPEATED}")
        for position in positions(again).tolist()
    ]


def _count(mask: pa.ChunkedArray | pa.Array) -> int:
    return pc.sum(mask).as_py() or 0
