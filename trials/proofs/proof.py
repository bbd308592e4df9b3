"""One thing that was verified, and how it is looked at: what cannot even be read is a fault, never the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy.orm import Session

from data.errors import Refused
from trials.registry.storage.database import DATABASE_ERROR, read_again


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing that was verified; ``faults`` is empty where it holds.

    Attributes:
        name: What it is called in JSON.
        faults: What is wrong, in words.
        said: What holds where nothing is.
        remarks: What could not be proved either way, and why.
    """

    name: str
    faults: tuple[str, ...]
    said: str
    remarks: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        return not self.faults


class Remark(str):
    """Words that are no fault: what was not proved, and why."""

    __slots__ = ()


Look = Callable[[], Iterable[str] | None]

# Rows and files that somebody changed can be wrong in every way that code can trip over.
_UNREADABLE = (
    Refused, OSError, pa.ArrowException, LookupError, ValueError, TypeError, AttributeError, ArithmeticError,
)  # fmt: skip


def prove(name: str, said: str, *looks: Look, session: Session | None = None) -> Proof:
    """Look, and keep what was found also where the look ends in an error.

    Args:
        name: What it is called in JSON.
        said: What holds where nothing is found.
        looks: Each gives faults and remarks, or None; one that fails is a fault of its own, and the others are taken
            all the same.
        session: The one that they read from, which an error of the database leaves unusable until it is rolled back.
    """
    faults, remarks = list[str](), list[str]()
    for look in looks:
        try:
            for words in look() or ():
                (remarks if isinstance(words, Remark) else faults).append(str(words))
        except DATABASE_ERROR as error:
            faults.append(f"cannot be verified: {_first_line(getattr(error, 'orig', None) or error)}")
            if session is not None:
                read_again(session)
        except _UNREADABLE as error:
            faults.append(f"cannot be verified: {_first_line(error)}")
    return Proof(name, tuple(faults), said, tuple(remarks))


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
