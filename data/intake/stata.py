"""Stata data sets (.dta), read by pandas, which is imported only here and only when one comes."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

import pyarrow as pa

from data.arrow import recall_pandas
from data.errors import DataRefused
from data.intake.headers import check_header, named
from data.intake.result import Reading
from data.intake.source import Source
from data.schema import FileContract

if TYPE_CHECKING:
    import pandas as pd


def read_stata(source: Source, contract: FileContract) -> Reading:
    """All rows of a Stata file: value labels where a column is text, codes where it is a number.

    Raises:
        DataRefused: Damaged, of a version that pandas does not know, empty, or with unusable names.
    """
    where = source.name
    frame = _frame(source.contents(), contract, where)
    check_header([str(name) for name in frame.columns], contract, where)
    if len(frame) == 0:
        raise DataRefused("the file has columns and no rows", where=where, remedy="export it again")
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    except pa.ArrowException as error:
        raise DataRefused(f"a column mixes kinds ({error})", where=where) from error
    names, notes = named(table.column_names)
    return Reading(table.rename_columns(names), table.num_rows, warnings=notes)


def _frame(data: bytes, contract: FileContract, where: str) -> pd.DataFrame:
    recall_pandas()
    import pandas as pd

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about labels and dates, which the kinds below settle
            codes = pd.read_stata(io.BytesIO(data), convert_categoricals=False)
            labelled = [str(name) for name in codes.columns if contract.kind_of(str(name)) not in ("number", "boolean")]
            labels = pd.read_stata(io.BytesIO(data), columns=labelled) if labelled else codes
    except Exception as error:
        # Damaged bytes surface as whatever the parser trips over first; all of it means the same.
        raise DataRefused(
            f"the Stata file cannot be read ({type(error).__name__}: {error})", where=where, remedy="save it again"
        ) from error
    for name in labelled:
        codes[name] = labels[name]
    return codes
