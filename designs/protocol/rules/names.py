"""Rules about names that a registry keeps as keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from designs.protocol.consistency import Breach, reads
from designs.protocol.models import Protocol

LONGEST_NAME: Final = 255  # characters: what the registry's columns of names hold, on either database


@reads("population")
def names_fit_their_columns(protocol: Protocol) -> Iterator[Breach]:
    name = protocol.population.name
    if name is not None and len(name) > LONGEST_NAME:
        problem = f"the name has {len(name):,} characters"
        yield Breach(("population", "name"), problem, f"a population's name has at most {LONGEST_NAME} characters")


RULES = (names_fit_their_columns,)
