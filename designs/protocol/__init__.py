"""What was promised: a trial's protocol, from its file to its digest."""

from designs.protocol.canonical import canonical_json, parse_canonical
from designs.protocol.errors import ProtocolError, ProtocolRefused
from designs.protocol.loading import LoadedProtocol, check, load_protocol
from designs.protocol.models import Protocol

__all__ = [
    "LoadedProtocol",
    "Protocol",
    "ProtocolError",
    "ProtocolRefused",
    "canonical_json",
    "check",
    "load_protocol",
    "parse_canonical",
]
