"""What a page may send in all: each upload is asked for room before it is read."""

from __future__ import annotations

import pytest

from dashboards.upload_limits import MIB, MOST_A_PAGE, MOST_FILES, MOST_IN_ALL, UploadLimits
from tests.dashboards import event_loops


class Server:
    """Keeps what it is sent, as Streamlit does."""

    def __init__(self):
        self.held: dict[str, dict[str, int]] = {}
        self.during = None
        self.limits = UploadLimits(self.take, held=lambda: self.held)

    async def take(self, scope, receive, send):
        if self.during is not None:
            during, self.during = self.during, None
            await during()
        page, file = scope["path"].split("/")[-2:]
        self.held.setdefault(page, {})[file] = self.size
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def put(self, file, size, page="p", *, said=True, method="PUT", path=None):
        answers = []

        async def send(message):
            answers.append(message)

        headers = [(b"content-length", str(size).encode())] if said else []
        self.size = size
        path = path or f"/_stcore/upload_file/{page}/{file}"
        await self.limits({"type": "http", "method": method, "path": path, "headers": headers}, None, send)
        return answers[0]["status"]


@pytest.fixture
def server():
    return Server()


def test_a_page_that_has_sent_much_sends_no_more_and_another_does(server):
    sizes = [event_loops.run(server.put(f"f{number}", 5 * MIB)) for number in range(6)]
    assert sizes == [204] * 4 + [413] * 2
    assert sum(server.held["p"].values()) == MOST_A_PAGE
    assert event_loops.run(server.put("f", 5 * MIB, page="q")) == 204


def test_a_file_sent_again_takes_its_own_place(server):
    for number in range(4):
        event_loops.run(server.put(f"f{number}", 5 * MIB))
    assert event_loops.run(server.put("f0", 5 * MIB)) == 204


def test_many_empty_files_are_counted(server):
    taken = [event_loops.run(server.put(f"f{number}", 0)) for number in range(MOST_FILES + 5)]
    assert taken == [204] * MOST_FILES + [413] * 5


def test_many_pages_together_have_an_end(server):
    taken = [event_loops.run(server.put("f", 5 * MIB, page=f"p{number}")) for number in range(50)]
    assert taken == [204] * (MOST_IN_ALL // (5 * MIB)) + [413] * 10


def test_what_is_still_coming_is_counted_and_no_longer_when_it_has_come(server):
    server.held = {"p": {"a": 12 * MIB}}
    second = []

    async def during():
        second.append(await server.put("c", 5 * MIB))

    server.during = during
    assert event_loops.run(server.put("b", 5 * MIB)) == 204
    assert second == [413]
    server.held = {}
    assert event_loops.run(server.put("c", 5 * MIB)) == 204


def test_who_does_not_say_how_much_may_send_a_whole_file(server):
    server.held = {"p": {"a": 16 * MIB}}
    assert event_loops.run(server.put("b", 1, said=False)) == 413
    assert event_loops.run(server.put("b", 1)) == 204


def test_everything_else_goes_through(server):
    server.held = {"p": {"a": MOST_IN_ALL}}
    assert event_loops.run(server.put("a", 5 * MIB, page="q")) == 413
    assert event_loops.run(server.put("a", 5 * MIB, page="q", path="/results/q/a")) == 204
    assert event_loops.run(server.put("a", 5 * MIB, page="q", method="DELETE")) == 204
