"""What came in: a file checked against its contract, every row accounted for."""

from data.intake.files import read_file
from data.intake.result import Intake, Rejection, UnreadableCells

__all__ = ["Intake", "Rejection", "UnreadableCells", "read_file"]
