"""One allocation per customer per trial, whatever crashes: the runs, long (`otm faults`) and short (the tests)."""

from __future__ import annotations

import errno
import random
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.faults.children import Child, Outcome, Place, barrier
from tests.faults.prepared import Prepared, faults_of, half_done, postgres_server
from tests.suites import Figure, Suite
from tests.trials.examples import SEED

TRIAL = "reminders"
DISK_ERRORS = (errno.ENOSPC, errno.EIO)
DATABASES = ("SQLite", "PostgreSQL")


def undisturbed(prepared: Prepared) -> Outcome:
    """A run that nothing happens to: its digest, and how many points and calls it has."""
    place = prepared.copy()
    done = Child(place, TRIAL, SEED).outcome()
    assert done.digest is not None, done
    assert faults_of(place, TRIAL, done.digest) == []
    prepared.drop(place)
    return done


def _finished(place: Place, whole: Outcome) -> list[str]:
    """Start again after an interruption; what is wrong with what is there then."""
    found = half_done(place, TRIAL)
    again = Child(place, TRIAL, SEED).outcome()
    if again.digest is None and "has been randomised" not in (again.refusal or ""):
        found.append(f"the retry gave {again.refusal or again.problem or 'nothing'}")
    return found + faults_of(place, TRIAL, whole.digest)


def killed_at(prepared: Prepared, whole: Outcome, point: int) -> list[str]:
    """Kill a run at one point, start again, and look."""
    place = prepared.copy()
    ended = Child(place, TRIAL, SEED, kill_at=point).outcome()
    found = [] if ended.killed else [f"it was not killed: {ended}"]
    found += _finished(place, whole)
    prepared.drop(place)
    return [f"killed {whole.points[point - 1]} (point {point}): {fault}" for fault in found]


def killed_after(prepared: Prepared, whole: Outcome, seconds: float) -> list[str]:
    """Kill a run after a time, wherever it then is, libraries included; start again, and look."""
    place = prepared.copy()
    child = Child(place, TRIAL, SEED)
    child.kill_after(seconds)
    child.outcome()
    found = _finished(place, whole)
    prepared.drop(place)
    return [f"killed after {seconds:.3f} s: {fault}" for fault in found]


def refused_by_the_disk(prepared: Prepared, whole: Outcome, call: int, error: int) -> list[str]:
    """Let one call of the operating system fail; the answer is a refusal, and a retry gives what it should."""
    place = prepared.copy()
    ended = Child(place, TRIAL, SEED, fail_at=call, error=error).outcome()
    found = [f"it ended with {ended.problem}"] if ended.problem or ended.killed else []
    if ended.refusal is not None and not any(word in ended.refusal for word in ("disk", "could not be")):
        found.append(f"the refusal does not say what to do: {ended.refusal}")
    found += _finished(place, whole)
    prepared.drop(place)
    return [f"{errno.errorcode[error]} at {whole.calls[call - 1]} (call {call}): {fault}" for fault in found]


def crowd(prepared: Prepared, each: int) -> list[str]:
    """So many processes on every trial, all at once; each trial is allocated by one of them and no other."""
    place = prepared.copy()
    gate = barrier(each * len(prepared.trials))
    children = [(trial, Child(place, trial, None, gate=gate)) for trial in prepared.trials for _ in range(each)]
    ended = [(trial, child.outcome()) for trial, child in children]
    found: list[str] = []
    for trial in prepared.trials:
        mine = [outcome for of, outcome in ended if of == trial]
        if sum(outcome.digest is not None for outcome in mine) != 1:
            found.append(f"{trial}: {[outcome.refusal or outcome.problem or 'allocated' for outcome in mine]}")
        found += [
            f"{trial}: {outcome.refusal or outcome.problem}"
            for outcome in mine
            if outcome.digest is None and "has been randomised" not in (outcome.refusal or "")
        ]
        found += [f"{trial}: {fault}" for fault in faults_of(place, trial)]
    prepared.drop(place)
    return found


def spread(count: int, wanted: int) -> Sequence[int]:
    """So many of the numbers 1 to ``count``, evenly spread, the first and the last among them."""
    if wanted >= count:
        return range(1, count + 1)
    if wanted == 1:
        return [count]
    return sorted({1 + round(at * (count - 1) / (wanted - 1)) for at in range(wanted)})


def _prepared(trials: Sequence[str], *, customers: int = 60) -> Iterator[tuple[str, Prepared]]:
    for name in DATABASES:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="otm-faults-")))
            server = stack.enter_context(postgres_server()) if name == "PostgreSQL" else None
            yield name, Prepared(folder, server, trials, customers)


def _figure(setting: str, quantity: str, faults: Iterable[list[str]]) -> Figure:
    runs = list(faults)
    wrong = [fault for run in runs for fault in run]
    return Figure(setting, quantity, float(len(wrong)), 0.0, 0.0, len(runs), "; ".join(wrong[:5]) or None)


def every_point(size: int, _seed: int) -> Iterator[Figure]:
    for name, prepared in _prepared([TRIAL]):
        whole = undisturbed(prepared)
        points = spread(len(whole.points), size)
        yield _figure(
            f"{name}, {len(points)} of {len(whole.points)} points",
            "faults after SIGKILL and retry",
            (killed_at(prepared, whole, point) for point in points),
        )


def random_moments(size: int, seed: int) -> Iterator[Figure]:
    chance = random.Random(seed)
    for name, prepared in _prepared([TRIAL], customers=20_000):
        whole = undisturbed(prepared)
        place = prepared.copy()
        started = time.monotonic()
        Child(place, TRIAL, SEED).outcome()
        longest = time.monotonic() - started
        moments = [chance.uniform(0, longest) for _ in range(size)]
        yield _figure(
            f"{name}, {size} moments within {longest:.1f} s",
            "faults after SIGKILL and retry",
            (killed_after(prepared, whole, moment) for moment in moments),
        )


def failing_disk(size: int, _seed: int) -> Iterator[Figure]:
    for name, prepared in _prepared([TRIAL]):
        whole = undisturbed(prepared)
        for error in DISK_ERRORS:
            calls = spread(len(whole.calls), size)
            yield _figure(
                f"{name}, {errno.errorcode[error]} at {len(calls)} of {len(whole.calls)} calls",
                "faults after a refusal and a retry",
                (refused_by_the_disk(prepared, whole, call, error) for call in calls),
            )


def crowds(size: int, _seed: int) -> Iterator[Figure]:
    for trials, each in ((["one"], 8), (["one", "two", "three", "four"], 3)):
        for name, prepared in _prepared(trials):
            yield _figure(
                f"{name}, {each} processes on each of {len(trials)} trials, {size} rounds",
                "duplicates, losses and unhandled locks",
                (crowd(prepared, each) for _ in range(size)),
            )


SUITES = (
    Suite("crash-points", "SIGKILL at every write, fsync, rename and commit of an allocation", every_point, 10_000),
    Suite("crash-moments", "SIGKILL at random moments, for what libraries do inside", random_moments, 200),
    Suite("failing-disk", "ENOSPC and EIO at every call of an allocation", failing_disk, 10_000),
    Suite("crowds", "Many processes allocate the same trial, and different ones", crowds, 20),
)
