"""Who gets which arm: declared by the protocol, conducted by one function, repeatable by anyone.

scheme = declare(protocol)
assignment = conduct(scheme, gather(scheme, table, "customer_id"), seed, protocol.id)
"""

from designs.assignment.certificate import Certificate, certify, read_certificate, released, write_population
from designs.assignment.conduct import conduct
from designs.assignment.declare import Scheme, declare, gather, strata_as_assigned
from designs.assignment.keyed.keys import allocation_digest
from designs.assignment.keyed.stream import commitment, draw_seed
from designs.assignment.population.strata import stratum_labels
from designs.assignment.population.units import Units
from designs.assignment.result import ALGORITHM, Assignment, Counts

__all__ = [
    "ALGORITHM",
    "Assignment",
    "Certificate",
    "Counts",
    "Scheme",
    "Units",
    "allocation_digest",
    "certify",
    "commitment",
    "conduct",
    "declare",
    "draw_seed",
    "gather",
    "read_certificate",
    "released",
    "strata_as_assigned",
    "stratum_labels",
    "write_population",
]
