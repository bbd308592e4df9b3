"""A trial evaluated on what is there of it: for the stage that records it, and for the proof that runs it again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import analysis.evaluate
from analysis.results import Evaluation, Look
from analysis.sensitivity import with_sensitivity
from data.engine import EngineName, open_engine
from data.snapshots import SnapshotStore
from trials.frames.allocated_here import frame_of
from trials.frames.amended import with_amendments
from trials.frames.code import with_code
from trials.frames.sources import Sources
from trials.progress import Progress, in_silence


def evaluated(
    engine: EngineName, snapshots: SnapshotStore, sources: Sources, looks: Sequence[Look], scratch: Path,
    progress: Progress = in_silence,
) -> Evaluation:  # fmt: skip
    """The whole evaluation, with the code that made it.

    Args:
        engine: Which one, by name.
        snapshots: The store.
        sources: What is evaluated.
        looks: Those taken before, in their order.
        scratch: A private folder for the frame.
        progress: Told before each step.

    Raises:
        AnalysisRefused: The data cannot be analysed as declared.
    """
    # One thread: sums of doubles taken in one order are the same to the last bit, on every registry.
    opened = open_engine(engine, threads=1, scratch=scratch)
    plan = sources.trial.plan
    progress("joining what came back to the allocation", 0, 4)
    frame = frame_of(opened, snapshots, sources, scratch)
    progress("estimating, and deciding the verdict", 1, 4)
    evaluation = analysis.evaluate.evaluate(frame, plan.protocol, protocol_digest=plan.digest, looks=looks)
    progress("sensitivity analyses", 2, 4)
    whole = with_code(with_sensitivity(frame, plan.protocol, evaluation))
    return with_amendments(opened, snapshots, sources, whole, looks, scratch)
