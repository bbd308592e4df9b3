"""Makes the fixtures of `tests/before`: what commit 1392f2c said, so that later commits can be held against it.

Run it in the environment of a checkout of that commit, and never of another:

    python -m tests.before.making --checkout CHECKOUT --protocols PROTOCOLS --reference TRIALS [--out DIR] [--only PART]

`PROTOCOLS` holds the three protocols that all releases must read, `TRIALS` the published trials. Packages of the
checkout are imported inside functions, so that this file can be imported when they have moved. What is drawn from the
operating system (seeds, the ledger key) and the times are new in each run; everything else comes out the same. All
customers are invented, and all people are roles. `README.md` beside it says what each file is for.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.before.making.analyses import make_analyse, make_demo
from tests.before.making.places import COMMIT, PARTS, Places
from tests.before.making.registry import make_registry

if TYPE_CHECKING:
    pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkout", type=Path, required=True, help=f"a checkout of {COMMIT}")
    parser.add_argument("--protocols", type=Path, required=True, help="the folder of the shared protocols")
    parser.add_argument("--reference", type=Path, required=True, help="the folder of the published trials")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parents[1], help="where the fixtures go")
    parser.add_argument("--only", choices=PARTS, action="append", help="one part; may be repeated")
    asked = parser.parse_args()
    places = Places(*(path.resolve() for path in (asked.checkout, asked.protocols, asked.reference, asked.out)))
    at = subprocess.run(["git", "rev-parse", "HEAD"], cwd=places.checkout, capture_output=True, text=True, check=True)
    if not at.stdout.startswith(COMMIT):
        parser.error(f"{places.checkout} is at {at.stdout.strip()}, not at {COMMIT}")
    sys.path.insert(0, str(places.checkout))
    for part in asked.only or PARTS:
        with tempfile.TemporaryDirectory(prefix="otm-before-") as scratch:
            {"analyse": make_analyse, "demo": make_demo, "registry": make_registry}[part](places, Path(scratch))
        print(f"{part}: made")


if __name__ == "__main__":
    main()
