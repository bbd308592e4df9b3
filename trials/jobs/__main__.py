from __future__ import annotations

import os
import sys

from trials.access import parse_actor
from trials.jobs.conducting import conduct
from trials.registry import open_standing
from trials.settings import load_settings
from trials.stages.job import job_to_do


def main(job_id: str, held: int) -> None:
    """Conduct one job. ``held`` is the open file whose lock says that this process lives; it closes when it ends."""
    os.set_inheritable(held, False)
    os.umask(0o077)
    settings = load_settings()
    actor = parse_actor(settings.actor)
    registry = open_standing(settings)
    try:
        conduct(registry, actor, job_to_do(registry, actor, job_id))
    finally:
        registry.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
