"""What there is to know of a kind of returned file; :mod:`trials.field.taking` reads them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyarrow as pa

from data.schema import FileContract
from designs.protocol import Protocol
from trials.access import UseCase
from trials.registry.records import ReturnedKind


@dataclass(frozen=True, slots=True)
class Breach:
    """What a column may not hold.

    Args:
        field: The column in the file.
        rows: True of the rows at fault, shape (n,).
        reason: What is wrong with them: of all, or of each row where that is an array of shape (n,).
    """

    field: str
    rows: pa.ChunkedArray
    reason: str | pa.ChunkedArray


@dataclass(frozen=True, slots=True)
class FileKind:
    """A kind of file, declared.

    Args:
        name: Under which the registry and the command line know it.
        use_case: What an actor must be allowed to do to load one.
        row: What one row of it is, in a word.
        contract: What a file must hold.
        id_columns: Columns that may name the customer; a file has exactly one of them.
        breaches: What the contract cannot say of the rows that it let pass.
        content: What is kept of them, in their order, the id left out.
        due_day: Days after everybody's day 0 by which all that a verdict reads of it is due; None where nothing is.
    """

    name: ReturnedKind
    use_case: UseCase
    row: str
    contract: Callable[[Protocol], FileContract]
    id_columns: Callable[[Protocol], tuple[str, ...]]
    breaches: Callable[[pa.Table, Protocol], Iterable[Breach]]
    content: Callable[[pa.Table, Protocol], pa.Table]
    due_day: Callable[[Protocol], int | None]
