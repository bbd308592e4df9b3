"""Protocols to start from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from designs.protocol import LoadedProtocol, load_protocol

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Template:
    """A protocol file of the library.

    Attributes:
        name: The file's name without its ending.
        path: The file; texts that it names lie beside it.
        loaded: The protocol, checked like any other.
    """

    name: str
    path: Path
    loaded: LoadedProtocol


def templates() -> tuple[Template, ...]:
    """Every template, by name.

    Examples:
        >>> [template.name for template in templates()]
        ['hillstrom', 'late-returns', 'payments-on-account', 'sa-debts', 'small-debts', 'social-pressure']
    """
    return tuple(Template(path.stem, path, load_protocol(path)) for path in sorted(FOLDER.glob("*.yaml")))
