"""`otm faults`: the long form of the crash, disk and crowd tests. The ordinary tests run a smaller count of each."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from tests import faults
from tests.commands.long_runs import LongRun, conduct

FAULTS = LongRun("faults", "Kill, fill the disk, crowd: what is left must be whole.", faults, "faults.json")


def main(arguments: Sequence[str]) -> int:
    return conduct(FAULTS, arguments) or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
