"""What was promised: a trial's protocol, from its file to its digest."""

from designs.protocol.canonical import canonical_json, digest_of, parse_canonical
from designs.protocol.columns import (
    check_allocation_date,
    check_columns,
    column_kinds,
    external_contract,
    outcomes_contract,
    population_contract,
)
from designs.protocol.errors import ProtocolError, ProtocolRefused
from designs.protocol.labels import arms_of_labels, known_arms, known_saturations, saturations_of_labels
from designs.protocol.loading import CheckedProtocol, LoadedProtocol, check, digest_as_written, load_protocol
from designs.protocol.models import Protocol
from designs.protocol.texts import named_texts, texts_beside

__all__ = [
    "CheckedProtocol",
    "LoadedProtocol",
    "Protocol",
    "ProtocolError",
    "ProtocolRefused",
    "arms_of_labels",
    "canonical_json",
    "check",
    "check_allocation_date",
    "check_columns",
    "column_kinds",
    "digest_as_written",
    "digest_of",
    "external_contract",
    "known_arms",
    "known_saturations",
    "load_protocol",
    "named_texts",
    "outcomes_contract",
    "parse_canonical",
    "population_contract",
    "saturations_of_labels",
    "texts_beside",
]
