"""The archives of this folder, unpacked as every Python that the service runs on can."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

# Python before 3.11.4, which Debian 12 has, knows no filter; what is packed here is ours.
_FILTER: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


def unpack(archive: Path, folder: Path) -> None:
    """Put everything that an archive holds into a folder."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, **_FILTER)
