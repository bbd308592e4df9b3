"""Pieces are worked on a few at a time, and come back in order."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event, Lock

import pytest

from data.threads import each


def test_results_come_in_order_whichever_is_ready_first() -> None:
    first_may_end = Event()

    def work(piece: int) -> int:
        if piece == 0:
            assert first_may_end.wait(60)
        else:
            first_may_end.set()
        return piece * piece

    assert list(each(work, range(50), threads=2)) == [piece * piece for piece in range(50)]


def test_no_more_pieces_are_asked_for_than_threads_need() -> None:
    asked, done, lock = 0, 0, Lock()

    def pieces() -> Iterator[int]:
        nonlocal asked
        for piece in range(100):
            asked += 1
            yield piece

    for result in each(lambda piece: piece, pieces(), threads=3):
        with lock:
            done = result + 1
        assert asked <= done + 3 + 1
    assert (asked, done) == (100, 100)


def test_what_goes_wrong_with_a_piece_is_raised_where_its_result_is_asked_for() -> None:
    def work(piece: int) -> int:
        return 1 // (3 - piece)

    results = each(work, range(6), threads=2)
    assert [next(results) for _ in range(3)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_nothing_gives_nothing() -> None:
    assert list(each(len, [])) == []
