"""The licences of what is installed with this program, as the packages themselves state them."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

import typer

from trials.cli.output import JsonTarget, say, show_table, write_json
from trials.errors import TrialRefused

PINS: Final = Path(__file__).resolve().parent.parent.parent / "requirements" / "main.txt"
NOT_STATED: Final = "not stated"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\;]+)", re.MULTILINE)
_LONGEST = 60  # of a licence's name; some packages put its whole text there


@dataclass(frozen=True, slots=True)
class Licensed:
    """One package that the service is installed with.

    Attributes:
        version: As pinned.
        licence: As its own metadata name it; None where it is pinned for other machines and not installed on this one.
    """

    name: str
    version: str
    licence: str | None


def register(app: typer.Typer) -> None:
    """Add this file's command."""
    app.command("licences")(licences)


def licences(json_to: JsonTarget = None) -> None:
    """List the packages that the service is installed with, and the licence of each."""
    packages = licensed()
    if json_to is not None:
        write_json(json_to, {"packages": [asdict(package) for package in packages]})
        return
    show_table(
        ("package", "version", "licence"),
        ((package.name, package.version, package.licence or "not installed here") for package in packages),
    )
    say(f"{len(packages)} packages, pinned by hash in requirements/main.txt.")


def licensed() -> tuple[Licensed, ...]:
    """Every package that is pinned, by name; of several pins for several machines the first.

    Raises:
        TrialRefused: The pins cannot be read.
    """
    try:
        pins = dict(reversed(_PIN.findall(PINS.read_text("utf-8"))))
    except (OSError, ValueError) as error:
        raise TrialRefused(
            "the list of packages cannot be read", where=str(PINS), remedy="check the checkout"
        ) from error
    return tuple(Licensed(name, version, _licence(name)) for name, version in sorted(pins.items()))


def _licence(name: str) -> str | None:
    try:
        return stated(distribution(name))
    except PackageNotFoundError:
        return None


def stated(package: Distribution) -> str:
    """The licence that a package states: the expression, else the classifiers, else the old free field."""
    expression = _field(package, "License-Expression")
    if expression:
        return expression
    classified = [
        line.rpartition(" :: ")[2]
        for line in package.metadata.get_all("Classifier") or ()
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    first = _field(package, "License").strip().splitlines()[:1]
    free = first[0] if first and len(first[0]) <= _LONGEST else ""
    return ", ".join(classified) or free or NOT_STATED


def _field(package: Distribution, name: str) -> str:
    return next(iter(package.metadata.get_all(name) or ()), "")
