"""What came in: a file checked against its contract, every row accounted for."""

from data.intake.files import read_file
from data.intake.result import Intake, Rejection

__all__ = ["Intake", "Rejection", "read_file"]
