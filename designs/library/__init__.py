"""Protocols to start from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from designs.errors import DesignRefused
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


def template_named(name: str) -> Template:
    """One template.

    Raises:
        DesignRefused: The library has none of this name.
    """
    found = {template.name: template for template in templates()}
    if name not in found:
        raise DesignRefused(
            f"the library has no template {name!r}",
            rule=f"its templates are {', '.join(found)}",
            remedy="choose one of these, or begin with a file",
        )
    return found[name]


def templates() -> tuple[Template, ...]:
    """Every template, by name.

    Examples:
        >>> [template.name for template in templates()]
        ['hillstrom', 'late-returns', 'payments-on-account', 'sa-debts', 'small-debts', 'social-pressure']
    """
    return tuple(Template(path.stem, path, load_protocol(path)) for path in sorted(FOLDER.glob("*.yaml")))
