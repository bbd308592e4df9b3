"""Any file: one number makes one, the same every time."""

from __future__ import annotations

from typing import get_args

from tests.properties.files.made import Made, Role
from tests.properties.files.roles import Known, made_plainly
from tests.properties.files.spoilt_cells import CELLS
from tests.properties.files.spoilt_files import FILES, FIRST, dialects, one_too_many, repeated

ENDINGS = (".csv", ".csv", ".csv.gz", ".xlsx", ".parquet", ".dta")
ROLES: tuple[Role, ...] = get_args(Role)


def any_file(seed: int, known: Known) -> Made:
    """A file with nothing wrong (one in ten), or with one to four things that happen to files."""
    role = ROLES[seed % len(ROLES)]
    made = made_plainly(seed, role, ENDINGS[seed // len(ROLES) % len(ENDINGS)], known)
    chance = made.chance
    dialects(made)
    count = chance.choice((0, 1, 1, 1, 1, 2, 2, 2, 3, 4))
    cells = [change for _ in range(count) if chance.random() < 0.7 for change in [chance.choice(CELLS)]]
    others = [chance.choice(FILES) for _ in range(count - len(cells))]
    # Cells before columns, and these before rows and headers, which stand around them.
    others.sort(key=lambda change: (change not in FIRST, change is one_too_many, change is repeated))
    for change in (*cells, *dict.fromkeys(others)):
        done = change(made)
        if done is not None:
            made.names.append(done)
            made.changes.append(change.__name__)
    return made
