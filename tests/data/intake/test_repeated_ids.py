"""Ids that come more than once are found whatever order they come in, and however they are cut into pieces."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
from hypothesis import example, given
from hypothesis import strategies as st

from data.intake.ids import repeated_ids

IDS = st.one_of(st.none(), st.text("01aé", min_size=1, max_size=3))


@example(pieces=[["0", "1"], ["1", "a"]], in_order=True)
@example(pieces=[[str(n).zfill(4) for n in range(1_100)], ["0500"]], in_order=False)
@example(pieces=[[]], in_order=True)
@given(pieces=st.lists(st.lists(IDS, max_size=5), min_size=1, max_size=4), in_order=st.booleans())
def test_as_they_are_counted(pieces, in_order):
    every = [text for piece in pieces for text in piece]
    if in_order:
        every.sort(key=lambda text: (text or "").encode())
        pieces = [every[: len(every) // 2], every[len(every) // 2 :]]
    ids = pa.chunked_array([pa.array(piece, pa.string()) for piece in pieces])

    found = repeated_ids(ids)

    twice = {text for text, count in Counter(every).items() if text is not None and count > 1}
    assert set(found.to_pylist() if found is not None else []) == twice
