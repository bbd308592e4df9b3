"""A process that only analyses a file must not pay for pandas; one that needs it must get all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = ("pandas", "scipy.stats", "statsmodels", "numba", "sqlalchemy", "python_calamine")
READ = """
import sys
from pathlib import Path
from data.arrow import postpone_pandas
postpone_pandas()
from data.engine import open_engine
from data.intake import read_file
from data.schema import ColumnContract, FileContract
contract = FileContract("customer_id", (ColumnContract("principal", "number"), ColumnContract("other")))
def read(name):
    intake = read_file(Path(name), contract)
    engine = open_engine(threads=1)
    return engine.collect(engine.scan(intake.table)).to_pylist()
"""


def run(script: str) -> str:
    done = subprocess.run([sys.executable, "-c", READ + script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_csv_is_read_and_scanned_without_pandas(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("customer_id,principal,other\nA,1,x\nB,one,NA\n")
    found = run(f"print(read({str(path)!r}), [name for name in {HEAVY!r} if name in sys.modules])")
    assert found == "[{'customer_id': 'A', 'principal': 1.0, 'other': 'x'}] []"


def test_a_stata_file_is_read_as_well_after_pandas_was_postponed(tmp_path: Path) -> None:
    import pandas as pd

    path = tmp_path / "people.dta"
    pd.DataFrame({"customer_id": ["A", "B"], "principal": [1.0, None], "other": ["x", ""]}).to_stata(
        path, write_index=False
    )
    found = run(f"print(read({str(path)!r}))")
    assert found == (
        "[{'customer_id': 'A', 'principal': 1.0, 'other': 'x'}, {'customer_id': 'B', 'principal': None, 'other': None}]"
    )
