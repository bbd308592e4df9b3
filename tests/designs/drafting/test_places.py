"""Where texts may lie: whatever a draft keeps can be written as files, on every system, and taken in again."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designs.drafting import Draft, files_of, plain_stem
from designs.drafting.places import LONGEST_NAME, LONGEST_PATH, refuse_places
from designs.errors import DesignRefused

ONE, OTHER = "1" * 64, "2" * 64
ALONE = [
    "", ".", "..", "../a.md", "a/../../b.md", "/a.md", "a\\b.md", "a\0.md", "a\n.md", "a:b.md", "a?.md", "a*", 'a".md',
    "<a>", "a|b", "\ud800.md", "con", "CON.md", "wording/aux.en.md", "nul/a.md", "com1.txt", "LPT9", "a .", "a.", " a",
    "a /b.md", "a./b.md", "x" * 300, "x" * 300 + "/a.md", "\u00fc" * 61, "/".join(["abcdefgh"] * 30),
    "protocol.yaml", "Protocol.YAML", "protocol.yaml/a.md", "./protocol.yaml",
]  # fmt: skip
TOGETHER = [
    ("a", "a/b"), ("a/b", "a"), ("A", "a/b"), ("a/b/c", "a/b"), ("letter.md", "Letter.md"), ("w/a.md", "W/A.md"),
    ("\u00e9.md", "e\u0301.md"), ("stra\u00dfe.md", "STRASSE.md"), ("a", "./A"),
]  # fmt: skip


@pytest.mark.parametrize("path", ALONE)
def test_a_path_at_which_no_file_can_lie_is_refused(path: str) -> None:
    with pytest.raises(DesignRefused, match="no text can be written at") as refused:
        refuse_places({"fine.md": ONE, path: ONE}, "any")
    assert refused.value.where == "any, texts"
    assert "another path" in str(refused.value)


@pytest.mark.parametrize("paths", TOGETHER)
@pytest.mark.parametrize("second", [ONE, OTHER])
def test_a_text_that_would_lie_upon_another_is_refused(paths: tuple[str, str], second: str) -> None:
    with pytest.raises(DesignRefused, match="no text can be written at"):
        refuse_places({paths[0]: ONE, paths[1]: second}, "any")


@pytest.mark.parametrize("paths", [
    ("a.md", "b.md"), ("wording/letter.en.md", "wording/letter.cy.md"), ("a", "ab", "ab.c/d"), ("Brief \u00fc 2.md",),
    ("x" * LONGEST_NAME,), ("console.md", "nullify/auxiliary.md"), ("./a.md", "a.md"), (".hidden/a..b.md",),
])  # fmt: skip
def test_usual_paths_are_taken(paths: tuple[str, ...]) -> None:
    refuse_places(dict.fromkeys(paths, ONE), "any")


names = st.text(st.sampled_from("aAbB/. :é\u0301ßcon\0\\"), max_size=9)


@settings(deadline=None)
@given(st.dictionaries(names, st.sampled_from([b"1", b"2"]), max_size=4))
def test_whatever_is_taken_can_be_written(texts: dict[str, bytes]) -> None:
    draft = Draft({"id": "any"}, {path: content.hex() for path, content in texts.items()})
    contents = {content.hex(): content for content in texts.values()}
    try:
        files = files_of(draft, contents)
    except DesignRefused:
        return
    with TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder) / name
            assert path.resolve().is_relative_to(Path(folder).resolve())
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(content)
        for path, content in texts.items():
            assert (Path(folder) / path).read_bytes() == content
    assert len({name.casefold() for name in files}) == len(files)


@pytest.mark.parametrize("name", ["letter", "CON", "aux", "a/b", "x" * 300, "", "..", "\u00fc", "A", "lpt1"])
def test_the_pages_give_a_text_a_name_that_can_be_written(name: str) -> None:
    path = f"wording/{plain_stem(name)}-12.en_in_use.md"
    assert len(path) < LONGEST_PATH
    refuse_places({path: ONE, f"wording/{plain_stem(name)}.en.md": ONE}, "any")
