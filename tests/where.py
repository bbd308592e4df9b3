"""Says where a process stands and whose packages it got; the launcher's test starts it."""

from __future__ import annotations

from pathlib import Path

import data

if __name__ == "__main__":
    print(Path.cwd())
    print(Path(data.__file__).parent)
