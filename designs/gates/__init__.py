"""From what is planned and what is on record to the gates: which are open, what is missing, and who clears it."""

from __future__ import annotations

from designs.gates.admitting import refuse_entry
from designs.gates.days import about, of_the_design
from designs.gates.facts import Facts
from designs.gates.gates import Gate, GateName, gates_of, missing_before_lock, not_a_protocol
from designs.gates.held import bound, given_for, held_to
from designs.gates.sample_size import sample_size_digest, sample_size_record, size_sign_off

__all__ = [
    "Facts",
    "Gate",
    "GateName",
    "about",
    "bound",
    "gates_of",
    "given_for",
    "held_to",
    "missing_before_lock",
    "not_a_protocol",
    "of_the_design",
    "refuse_entry",
    "sample_size_digest",
    "sample_size_record",
    "size_sign_off",
]
