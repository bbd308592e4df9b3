"""Some of the files of `otm faults --suites files`: none is read wrongly, and all that happens to files is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.faults.any_file import any_files, faults_of
from tests.properties.files.any_file import ENDINGS, ROLES, any_file
from tests.properties.files.formats import write
from tests.properties.files.made import Cell
from tests.properties.files.spoilt_cells import CELLS
from tests.properties.files.spoilt_files import FILES
from tests.properties.files.taken import Field, Taken, field, taken, wrong_with

FIRST, COUNT = 40_000, 200
pytestmark = pytest.mark.xdist_group("random-files")  # the trial in the field is made once


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    """A trial in the field, to which the files belong."""
    made = field(tmp_path_factory.mktemp("field"))
    yield made
    made.registry.close()


def test_no_file_is_read_wrongly(at: Field) -> None:
    ended: Counter[str] = Counter()
    faults = []
    for seed in range(FIRST, FIRST + COUNT):
        code, found = faults_of(seed, at)
        ended[code] += 1
        faults += [f"{seed}: {fault}" for fault in found]
    assert faults == []
    assert ended["whole"] + ended["in part"] > COUNT / 2
    assert min(ended["in part"], ended["refused"]) > COUNT / 10


def test_everything_that_happens_to_files_is_among_them(at: Field) -> None:
    made = [any_file(seed, at.known) for seed in range(2_000)]
    assert {(file.role, file.format) for file in made} == {
        (role, ending.removesuffix(".gz").strip(".")) for role in ROLES for ending in ENDINGS
    }
    assert {name for file in made for name in file.changes} == {change.__name__ for change in (*CELLS, *FILES)}


def test_one_number_makes_one_file(at: Field, tmp_path_factory: pytest.TempPathFactory) -> None:
    folders = [tmp_path_factory.mktemp("made") for _ in range(2)]
    for seed in (1, 5, 9, 18):  # workbooks hold the time at which they were written
        first, again = (write(any_file(seed, at.known), folder).read_bytes() for folder in folders)
        assert first == again or any_file(seed, at.known).format == "xlsx"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("principal", 999.0, "was read as"),
        ("region", "nowhere", "was read as"),
        ("paid", None, "is a blank without a word"),
        ("age", None, "is a blank without a word"),
    ],
)
def test_what_would_be_wrong_is_seen(at: Field, name: str, value: object, said: str) -> None:
    """The judge itself: a value that is another, or a blank that nobody is told of."""
    seed = next(s for s in range(0, 400, 4) if not any_file(s, at.known).names)
    made = any_file(seed, at.known)
    path = write(made, at.folder)
    got = taken(made, path, at)
    assert isinstance(got, Taken)
    assert list(wrong_with(made, got, path)) == []
    got.values[name][0] = value
    (found,) = wrong_with(made, got, path)
    assert said in found
    made.column(name).cells[0] = Cell(None, "", "blank")
    assert (value is None) == (list(wrong_with(made, got, path)) == [])


def test_the_suite_says_how_many_files_were_right() -> None:
    figures = {figure.quantity: figure for figure in any_files(8, FIRST)}
    assert figures["faults"].value == 0
    assert all(figure.inside for figure in figures.values())
