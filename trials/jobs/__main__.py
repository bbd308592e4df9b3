from __future__ import annotations

import os
import sys

from trials.access import parse_actor
from trials.jobs.arriving import remove_arrived
from trials.jobs.conducting import conduct
from trials.registry import open_standing
from trials.registry.records import JobRefusal
from trials.settings import load_settings
from trials.stages.job import asked, fail_job, job_to_do

EDITED = JobRefusal(
    "what was asked for was edited before the work began",
    rule="a job does what it was asked, and nothing that somebody wrote into its row",
    remedy="ask who else may write to the database, and start it again; nothing was done",
)


def main(job_id: str, held: int, digest: str) -> None:
    """Conduct one job.

    Args:
        job_id: Which.
        held: The open file whose lock says that this process lives; it closes when it ends.
        digest: Of what was asked for, from whoever asked: a row that says otherwise by now is not obeyed.
    """
    os.set_inheritable(held, False)
    os.umask(0o077)
    settings = load_settings()
    actor = parse_actor(settings.actor)
    registry = open_standing(settings)
    try:
        job = job_to_do(registry, actor, job_id)
        if asked(job) == digest:
            conduct(registry, actor, job)
        else:
            remove_arrived(registry.home, job_id)
            fail_job(registry, actor, job, EDITED)
    finally:
        registry.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
