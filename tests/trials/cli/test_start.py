"""How a command starts: what is heavy is imported by the command that needs it."""

import subprocess
import sys

from tests.places import ROOT

HEAVY = (
    "docx",
    "duckdb",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "ruamel",
    "scipy",
    "sqlalchemy",
    "streamlit",
    "typst",
)


def test_naming_the_commands_imports_nothing_heavy():
    script = f"import sys, trials.cli.app; print(*(name for name in {HEAVY!r} if name in sys.modules))"
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
