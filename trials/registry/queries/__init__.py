"""Every query about one trial, by subject: a session in, frozen records out.

Nothing here writes, and no ORM object leaves. What may be seen by whom is decided by the two callers: the reader that
screens hold, and the unit of work that stages hold.
"""

from __future__ import annotations

from trials.registry.queries.chain import audit_events, event_hashes, last_event, latest_change
from trials.registry.queries.conclusions import (
    corrections_of,
    decisions_of,
    evaluation_numbered,
    evaluation_of,
    evaluation_rows,
    evaluation_to_decide_on,
    evaluations_of,
    looks_again,
    looks_taken,
    places_of,
)
from trials.registry.queries.designing import (
    amendments_of,
    design_of,
    designs_begun,
    digests_kept,
    entries_of,
    has_design,
    locked_outside,
    revision_of_draft,
    revisions_of,
    texts_of_design,
)
from trials.registry.queries.draws import (
    allocations_of,
    certificates_of,
    customers_left,
    draw_of,
    issues_of,
    last_drawn_at,
    lists_issued,
    manifests_of,
    release_of,
    void_asked_for,
    void_of,
    waves_of,
    waves_of_list,
)
from trials.registry.queries.in_hand import draft_of, typed_on
from trials.registry.queries.jobs import job_of, job_row, latest_job, running_job
from trials.registry.queries.numbering import next_number
from trials.registry.queries.plans import (
    is_registered,
    latest_population,
    lock_of,
    locked_population,
    locked_versions,
    next_population_version,
    population_name,
    populations_loaded,
    protocol_of,
    require_trial,
    stored_protocol,
    versions_registered,
)
from trials.registry.queries.returned_files import returned_of
from trials.registry.queries.standings import standing_of, standings

__all__ = [
    "allocations_of",
    "amendments_of",
    "audit_events",
    "certificates_of",
    "corrections_of",
    "customers_left",
    "decisions_of",
    "design_of",
    "designs_begun",
    "digests_kept",
    "draft_of",
    "draw_of",
    "entries_of",
    "evaluation_numbered",
    "evaluation_of",
    "evaluation_rows",
    "evaluation_to_decide_on",
    "evaluations_of",
    "event_hashes",
    "has_design",
    "is_registered",
    "issues_of",
    "job_of",
    "job_row",
    "last_drawn_at",
    "last_event",
    "latest_change",
    "latest_job",
    "latest_population",
    "lists_issued",
    "lock_of",
    "locked_outside",
    "locked_population",
    "locked_versions",
    "looks_again",
    "looks_taken",
    "manifests_of",
    "next_number",
    "next_population_version",
    "places_of",
    "population_name",
    "populations_loaded",
    "protocol_of",
    "release_of",
    "require_trial",
    "returned_of",
    "revision_of_draft",
    "revisions_of",
    "running_job",
    "standing_of",
    "standings",
    "stored_protocol",
    "texts_of_design",
    "typed_on",
    "versions_registered",
    "void_asked_for",
    "void_of",
    "waves_of",
    "waves_of_list",
]
