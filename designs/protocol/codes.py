"""What the codes of columns mean, where a plan says so: under ``population.columns``, or at an outcome."""

from __future__ import annotations

from collections.abc import Iterator

from data.schema import Codes
from designs.protocol.errors import KeyPath, path_text
from designs.protocol.models import ColumnDeclaration, Outcome, Protocol
from designs.protocol.values import Value

Coded = Outcome | ColumnDeclaration
SETS = ("true", "false", "missing")
DELIVERED = "delivered"
"""The column of contacts that says whether one arrived; a plan may declare its codes as it does those of others."""


def declared_codes(protocol: Protocol) -> Iterator[tuple[KeyPath, Coded]]:
    """Every place that declares codes, with its path."""
    for name, column in protocol.population.columns.items():
        if codes_in(column) is not None:
            yield ("population", "columns", name), column
    for position, outcome in enumerate(protocol.outcomes):
        if outcome.coded:
            yield ("outcomes", position), outcome


def codes_of(protocol: Protocol, column: str) -> Codes | None:
    """What the codes of a column mean to all who use it; an outcome of its very name may say so for it."""
    of_its_name = (outcome for outcome in protocol.outcomes if outcome.coded and column == outcome.id == outcome.header)
    declared = next(of_its_name, None) or protocol.population.columns.get(column)
    return None if declared is None else codes_in(declared)


def codes_of_delivery(protocol: Protocol) -> Codes | None:
    """What the codes of the contacts' own column mean; an outcome of that name is another column, of another file."""
    if protocol.analysis.complier is not None and protocol.analysis.complier.received == DELIVERED:
        return codes_of(protocol, DELIVERED)
    declared = protocol.population.columns.get(DELIVERED)
    return None if declared is None else codes_in(declared)


def codes_in(declared: Coded) -> Codes | None:
    """The codes that one place declares; None where it declares none."""
    codes = Codes(declared.missing, declared.true, declared.false)
    return None if codes == Codes() else codes


def code_lines(protocol: Protocol) -> Iterator[str]:
    """A line for every column or outcome whose codes are declared, with what each of them means.

    Examples:
        >>> from designs.library import templates
        >>> list(code_lines(templates()[0].loaded.protocol))
        []
    """
    for path, declared in declared_codes(protocol):
        if isinstance(declared, Outcome):
            what = f"outcome {declared.id}, column {declared.header}"
        else:
            what = f"column {path[-1]}"
        sets = [f"{key} {', '.join(map(shown, getattr(declared, key)))}" for key in SETS if getattr(declared, key)]
        yield f"{what}: {'; '.join(sets)} ({path_text(path)})"


def shown(code: Value) -> str:
    """A code as people write it."""
    return str(code).lower() if isinstance(code, bool) else str(code)
