"""Published trials as counts, each with its citation: what the library of past trials starts from."""

from data.reference.counts import PublishedArm, PublishedTrial
from data.reference.philadelphia_2014 import PHILADELPHIA_2014
from data.reference.social_pressure_2006 import SOCIAL_PRESSURE_2006

PUBLISHED: tuple[PublishedTrial, ...] = (SOCIAL_PRESSURE_2006, *PHILADELPHIA_2014)

__all__ = ["PHILADELPHIA_2014", "PUBLISHED", "SOCIAL_PRESSURE_2006", "PublishedArm", "PublishedTrial"]
