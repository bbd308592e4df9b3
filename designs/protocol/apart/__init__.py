"""A stranger's protocol, read and checked by a process of its own: whoever serves others parses nothing of it."""

from __future__ import annotations

from designs.protocol.apart.asking import ProtocolReader, protocol_reader

__all__ = ["ProtocolReader", "protocol_reader"]
