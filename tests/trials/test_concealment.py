"""Before release, no role but the randomiser's sees a customer's arm or the seed: not on screens, in logs or errors."""

from __future__ import annotations

import logging
from dataclasses import asdict, fields, is_dataclass
from typing import Any, get_args

import pyarrow.parquet as pq
import pytest

from tests.trials.examples import FIRST, OTHER_SEED, SEED, allocated
from trials.access import LOCAL_ACTOR, Actor, Role
from trials.errors import TrialRefused
from trials.registry import queries
from trials.stages.allocate import randomise
from trials.stages.certificate import certificate
from trials.stages.release import release
from trials.stages.verify import verify
from trials.stages.void import confirm_void, request_void


def everything_said(registry, trial: str) -> str:
    """All that a reader of any role can be told."""
    parts: list[Any] = []
    with registry.read(LOCAL_ACTOR) as reader:
        parts += [reader.portfolio(), reader.trial(trial), reader.audit(), reader.certificates(trial)]
    for role in get_args(Role):
        actor = Actor(f"A {role}", role)
        parts += [certificate(registry, actor, trial), verify(registry, actor, trial)]
    return repr([asdict(part) if is_dataclass(part) and not isinstance(part, type) else part for part in parts])


def assigned_ids(registry, trial: str) -> list[str]:
    with registry.inspect(FIRST, "verify") as session:
        (allocation,) = queries.allocations_of(session, trial)
    return pq.read_table(registry.snapshots.opened(allocation.snapshot_digest).path).column("ledger_id").to_pylist()


def test_no_seed_and_no_customer_is_visible_before_release(done, caplog):
    caplog.set_level(logging.DEBUG)
    registry, files = done.registry, done.files
    said = everything_said(registry, files.trial) + caplog.text + registry.head.path.read_text()
    assert SEED not in said
    assert not any(customer in said for customer in assigned_ids(registry, files.trial))
    release(registry, FIRST, files.trial, reason="the results are stored")
    said = everything_said(registry, files.trial)
    assert SEED in said
    assert not any(customer in said for customer in assigned_ids(registry, files.trial))


def test_errors_do_not_say_the_seed(registry, files):
    allocated(registry, files)
    with pytest.raises(TrialRefused) as refused:
        randomise(registry, FIRST, files.trial, demonstration_seed=OTHER_SEED)
    assert SEED not in str(refused.value)
    assert OTHER_SEED not in str(refused.value)


def test_a_record_with_a_seed_does_not_print_it(registry, files):
    allocated(registry, files)
    with registry.inspect(FIRST, "randomise") as session:
        draw = queries.draw_of(session, files.trial)
    assert draw is not None
    assert draw.seed == SEED
    assert SEED not in repr(draw)


def test_release_waits_for_the_results(registry, files):
    allocated(registry, files)
    with pytest.raises(TrialRefused, match=r"still running.*arms stay concealed until the evaluation is stored"):
        release(registry, FIRST, files.trial, reason="curious")
    request_void(registry, FIRST, files.trial, reason="wrong population")
    with pytest.raises(TrialRefused, match="still running"):
        release(registry, FIRST, files.trial, reason="curious")
    confirm_void(registry, Actor("Second Person", "all"), files.trial)
    release(registry, FIRST, files.trial, reason="the draw is void")
    with registry.read(LOCAL_ACTOR) as reader:
        assert reader.certificates(files.trial)[0]["seed"] == SEED


def test_screens_have_no_field_for_an_arm_of_a_customer():
    from trials.registry import records

    named = {f.name for item in vars(records).values() if is_dataclass(item) for f in fields(item)}
    assert {"title", "counts"} <= named
    assert named & {"ledger_id", "customer", "customer_id", "customer_arm"} == set()


def test_tracebacks_show_no_local_variables():
    from trials.cli.commands import application

    assert application().pretty_exceptions_enable is False
