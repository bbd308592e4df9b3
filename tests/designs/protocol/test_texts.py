"""Which texts a file names, asked of files from anybody, before anything else is known of them."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from designs.library import templates
from designs.protocol import ProtocolRefused, load_protocol, named_texts
from designs.protocol.reading import SIZE_CAP

NAMING = b"arms: [{text: {en: wording/letter.md}}]\n"


def bomb() -> bytes:
    """A few kilobytes that unfold into 9 to the power of 40 items."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    return "\n".join(lines).encode()


def merges() -> bytes:
    """463 bytes that took two minutes to merge."""
    lines = ["a0: &a0 {k: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 9)]
    return "\n".join(lines).encode()


def nested_mappings(depth: int) -> bytes:
    return "".join(" " * level + "a:\n" for level in range(depth)).encode()


@pytest.mark.parametrize("template", templates(), ids=lambda template: template.name)
def test_a_file_names_what_its_loading_finds(template) -> None:
    assert {str(path) for path in named_texts(template.path.read_bytes())} == set(template.loaded.texts)


def test_a_text_named_twice_is_named_once_and_the_order_is_the_files() -> None:
    content = b"arms: [{text: {en: b.md, cy: a.md}}, {text: {en: b.md}}]"
    assert named_texts(content) == (PurePosixPath("b.md"), PurePosixPath("a.md"))


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[1, 2", b"arms: 3", b"arms: [text]", b"arms: [{text: 3}]", b"a: 1\na: 2", b"\x00"],
)
def test_what_cannot_be_read_names_no_texts(content: bytes) -> None:
    assert named_texts(content) == ()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(NAMING + b"a: " + b"[" * 200_000, id="brackets that never close"),
        pytest.param(NAMING + b"a: " + b"[" * 100_000 + b"]" * 100_000, id="brackets that close"),
        pytest.param(NAMING + b"a: " + b"{a: " * 50_000, id="braces"),
        pytest.param(NAMING + b"? " * 100_000, id="keys of keys"),
        pytest.param(NAMING + b"- " * 100_000, id="lists of lists"),
        pytest.param(NAMING + nested_mappings(600), id="mappings of mappings"),
        pytest.param(NAMING + bomb(), id="aliases of aliases"),
        pytest.param(NAMING + b"a: !!python/object/apply:os.system ['true']", id="a tag"),
        pytest.param(NAMING + b"a: " + b"x" * (10 * 1024 * 1024), id="ten megabytes"),
        pytest.param(NAMING + b"#" * SIZE_CAP, id="one comment beyond the cap"),
        pytest.param(NAMING + b"a: [" + b"x," * 30_000 + b"]", id="tens of thousands of values"),
        pytest.param(NAMING + b"".join(b"k%d: 1\n" % i for i in range(20_000)), id="tens of thousands of keys"),
        pytest.param(NAMING + b"".join(b"a: 1\n" for i in range(20_000)), id="one key again and again"),
        pytest.param(NAMING + b"a: [" + b"[]," * 30_000 + b"]", id="empty lists"),
        pytest.param(NAMING + b"x" * 2_000 + b": 1", id="a key of pages"),
        pytest.param(NAMING + merges(), id="merges of merges"),
        pytest.param(NAMING + b"---\n" + NAMING, id="a second document"),
        pytest.param(NAMING + b'a: "\\ud800"', id="half a character"),
    ],
)
def test_a_hostile_file_is_read_no_further_and_names_nothing(content: bytes) -> None:
    assert named_texts(content) == ()


def test_a_file_of_just_the_largest_size_is_read() -> None:
    assert named_texts(NAMING.ljust(SIZE_CAP, b"#")) == (PurePosixPath("wording/letter.md"),)


def test_a_protocol_may_hold_thousands_of_values() -> None:
    assert named_texts(NAMING + b"a: [" + b"x," * 19_000 + b"]") == (PurePosixPath("wording/letter.md"),)


def test_a_file_with_thousands_of_errors_is_refused_in_words_that_a_page_can_hold(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(b"arms: [" + b"{a: 1}," * 6_000 + b"]")
    with pytest.raises(ProtocolRefused) as refused:
        load_protocol(path)
    assert len(refused.value.errors) > 6_000
    assert len(str(refused.value)) < 200_000
    assert "more; mend these first" in str(refused.value)
