"""What is done to whom: the ``arms`` section, and the ``campaign`` that works them."""

from __future__ import annotations

from pydantic import model_validator

from designs.literals import ArmKind, Channel
from designs.protocol.sections.population import Exclusion
from designs.protocol.sections.scalars import ZERO, Declared, Identifier, Positive, Range, Scalar, Text, as_tuples


class Wording(Declared):
    """Paths as written; the canonical form holds the SHA-256 of each text instead."""

    en: Text
    cy: Text | None = None
    en_in_use: Text | None = None  # today's wording, which this one would take the place of, where no arm has it
    cy_in_use: Text | None = None

    @property
    def paths(self) -> tuple[str, ...]:
        """Every text that it names."""
        return tuple(path for path in (self.en, self.cy, self.en_in_use, self.cy_in_use) if path)


class Arm(Declared):
    id: Identifier
    kind: ArmKind
    label: Text
    share: Positive | None = None
    value: Scalar | None = None  # its label in an external file's arm column; the id where absent
    channel: Channel | None = None
    technique: Text | None = None
    idms99_version: Text | None = None
    contact_number: Text | None = None
    text: Wording | None = None
    cost_per_customer: Range = ZERO
    not_for: tuple[Exclusion, ...] = ()  # customers who may get the other arms, but never this one
    levels: dict[Identifier, Identifier] | None = None  # of each factor, in a factorial trial

    @property
    def english_only(self) -> bool:
        """Whether customers are contacted in it and no Welsh text is named; an English one named twice is none."""
        if self.text is not None:
            return self.kind != "nfa" and self.text.cy in (None, self.text.en)
        return self.kind == "otm"

    @model_validator(mode="before")
    @classmethod
    def _label_defaults_to_id(cls, value: object) -> object:
        if isinstance(value, dict) and "id" in value and "label" not in value:
            value = {**value, "label": value["id"]}
        return as_tuples(value)


class Campaign(Declared):
    dmtc_site: Text
    dto: Text
