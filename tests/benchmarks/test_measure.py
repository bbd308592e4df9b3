"""That the measuring tells the truth: medians, memory of a fresh process, goals judged as written."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.benchmarks import measure as measuring
from tests.benchmarks.row import Goal, Peer, Row, judge
from tests.places import ROOT


def test_the_goal_is_met_only_if_every_part_is():
    row = Row("P0", "what", Goal(ratio=2.0, seconds=3.0, peak_mib=100.0, times_faster={"numpy": 5.0}), work=print)
    peers = (Peer("numpy", None, 10.0, 5.0),)
    assert judge(row, 2.0, 1.0, 99.0, peers).reached
    for seconds, limit, peak, others in (
        (2.1, 1.0, 99.0, peers), (3.1, 2.0, 99.0, peers), (2.0, 1.0, 100.0, peers), (2.0, 1.0, 99.0, ()),
        (2.0, None, 99.0, peers), (2.0, 1.0, 99.0, (Peer("numpy", None, 9.0, 4.9),)),
    ):  # fmt: skip
        assert not judge(row, seconds, limit, peak, others).reached


def test_the_median_leaves_out_the_first_round(monkeypatch, tmp_path):
    seconds = iter([100.0, 100.0, 1.0, 2.0, 3.0, 4.0, 2.0, 9.0, 7.0])
    monkeypatch.setattr(measuring, "seconds_of", lambda work, inputs: next(seconds))
    row = Row("P0", "what", Goal(), work=print, limit=print, repeats=3, peers={"none such": print})
    figures = measuring.time_(row, tmp_path)
    assert figures == {"limit_seconds": 2.0, "seconds": 4.0, "peers": {"none such": [7.0, None]}}


@pytest.mark.parametrize("mib", [0, 200])
def test_memory_is_that_of_the_process_that_works(mib):
    """A parent that once held much must not count; what the work holds must."""
    ballast = bytearray(300 * 2**20)
    script = (
        "from tests.benchmarks.measure import peak_mib; from tests.benchmarks.row import Goal, Row;"
        f"b = bytearray({mib} * 2**20); b[::4096] = b'1' * len(b[::4096]);"
        "print(peak_mib(Row('P0', '', Goal(), work=print)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert len(ballast)
    assert mib < json.loads(done.stdout) < mib + 150
