"""Stata data sets (.dta), read by pandas, which is imported only here and only when one comes."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from data.arrow import recall_pandas
from data.errors import DataRefused
from data.intake.headers import check_header, named
from data.intake.result import SOME_ROWS, UNDAMAGED, Reading, shown
from data.intake.source import Source
from data.intake.unfolding import check_names, refuse_long_cells
from data.schema import FileContract, is_number

if TYPE_CHECKING:
    import pandas as pd


_BEGINNING, _END = b"<stata_dta>", b"</stata_dta>"  # since Stata 13; what is cut short may still be read in part


def read_stata(source: Source, contract: FileContract) -> Reading:
    """All rows of a Stata file: value labels where a column is text, codes where it is a number or has no label.

    Raises:
        DataRefused: Damaged, of a version that pandas does not know, empty, or with unusable names.
    """
    where = source.name
    frame, notes_of_labels = _frame(source.contents(), contract, where)
    check_names([str(name) for name in frame.columns], where)
    check_header([str(name) for name in frame.columns], contract, where)
    if len(frame) == 0:
        raise DataRefused("the file has columns and no rows", where=where, rule=SOME_ROWS, remedy="export it again")
    columns, left_out = _columns(frame, contract, where)
    names, notes = named(list(columns))
    table = pa.table(list(columns.values()), names=names)
    for batch in table.to_batches():
        refuse_long_cells(batch, lambda place: place + 1, where)
    return Reading(table, len(frame), warnings=notes + notes_of_labels + left_out)


def _columns(frame: pd.DataFrame, contract: FileContract, where: str) -> tuple[dict[str, pa.Array], tuple[str, ...]]:
    """Columns by name, without those that mix kinds and that nobody asks for."""
    declared = contract.names
    columns, left_out = {}, []
    for name in map(str, frame.columns):
        try:
            columns[name] = pa.array(frame[name], from_pandas=True)
        except pa.ArrowException as error:
            if name in declared:
                raise DataRefused(
                    "this column holds values of several kinds",
                    where=f"{where}, {name}",
                    rule="one kind a column",
                    remedy="save the data set again",
                ) from error
            left_out.append(f"{name}: left out, because it holds values of several kinds")
    return columns, tuple(left_out)


def _frame(data: bytes, contract: FileContract, where: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Codes, and labels in their places in the columns that the contract reads as text or as they come."""
    recall_pandas()
    import pandas as pd

    if data.startswith(_BEGINNING) and not data.rstrip().endswith(_END):
        raise _damaged(where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about labels and dates, which the kinds below settle
            opened: Any = pd.read_stata(io.BytesIO(data), convert_categoricals=False, iterator=True)
            with opened as reader:
                codes = reader.read()
                labels = reader.value_labels()
                # pandas offers no other way to ask which labels are a column's.
                sets = dict(zip(map(str, codes.columns), reader._lbllist, strict=True))
    except MemoryError:
        raise
    except Exception as error:
        # Damaged bytes surface as whatever the parser trips over first; all of it means the same.
        raise _damaged(where) from error
    said = []
    for name, of_set in sets.items():
        texts = labels.get(of_set, {})
        if texts and _by_labels(name, contract):
            words, shared = _labelled(codes[name], texts)
            codes[name] = words.astype("category" if name in contract.names else object)  # no text that may be numbers
            if shared:
                said.append(f"{name}: codes under one label are kept apart, such as {shown(shared[0])}")
    return codes, tuple(said)


def _damaged(where: str) -> DataRefused:
    return DataRefused(
        "the Stata file is damaged, or of a version that is not known",
        where=where,
        rule=UNDAMAGED,
        remedy="copy it or save it again, or export it as CSV",
    )


def _by_labels(name: str, contract: FileContract) -> bool:
    """Whether a column is read by its labels: as text or as it comes, or in codes that are words."""
    codes = contract.coded.get(name, ())
    truths = [code for of in codes for code in (*of.true, *of.false)]
    if truths:
        return not all(is_number(code) for code in truths)
    return contract.kind_of(name) not in ("number", "boolean")


def _labelled(codes: pd.Series, texts: Mapping[float, str]) -> tuple[pd.Series, list[str]]:
    """Each code as its label, or as itself where it has none, and the texts that two codes would have shared.

    Those are written with their codes, "other (3)" and "other (4)": one label for two codes is more often a slip than
    a category.
    """
    known = codes.dropna().unique().tolist()
    plain = {code: _digits(code) for code in known}
    words = {code: (texts.get(code) or "").strip() or plain[code] for code in known}
    uses = Counter(words.values())
    apart = {code: word if uses[word] == 1 else f"{word} ({plain[code]})" for code, word in words.items()}
    return codes.map(apart), sorted(apart[code] for code in known if uses[words[code]] > 1)


def _digits(code: float) -> str:
    return str(int(code)) if float(code).is_integer() else repr(float(code))
