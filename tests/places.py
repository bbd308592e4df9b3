"""Where the tests find things."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "results"
LAST_TEST = RESULTS / "last_test.json"
REQUIREMENTS = ROOT / "docs" / "requirements.csv"
REFERENCE_DATA = Path(os.environ.get("OTM_REFERENCE_DATA") or ROOT.parent / "shared" / "trials").resolve()
CHROMIUM = Path("/usr/bin/chromium")
