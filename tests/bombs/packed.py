"""Packed CSV of some kilobytes that is gigabytes of text, or tens of mebibytes of the most costly text."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from random import Random

MIB = 1 << 20


def _packed(folder: Path, head: bytes, again: bytes, size: int) -> Path:
    file = folder / "bomb.csv.gz"
    piece = again * max(1, MIB // len(again))
    with gzip.open(file, "wb", compresslevel=6) as out:
        out.write(head)
        for _ in range(size // len(piece)):
            out.write(piece)
    return file


def repeated_rows(folder: Path, rng: Random) -> Path:
    row = f"C{rng.randrange(10**6)},{rng.random():.6f},{'text ' * rng.randrange(1, 40)}\n".encode()
    return _packed(folder, b"customer_id,principal,note\n", row, rng.randrange(200, 500) * MIB)


def bytes_of_one_kind(folder: Path, rng: Random) -> Path:
    return _packed(folder, b"customer_id,principal\n", rng.choice([b"\0", b"\n", b",", b"x", b'"', b"\r"]), 200 * MIB)


def honest_before_it_unfolds(folder: Path, rng: Random) -> Path:
    """Some mebibytes that pack as text does, and then without end."""
    honest = "".join(f"C{i:09d},{rng.random():.9f}\n" for i in range(rng.randrange(50_000, 150_000)))
    return _packed(folder, b"customer_id,principal\n" + honest.encode(), b"C1,1\n", 300 * MIB)


def members_without_end(folder: Path, rng: Random) -> Path:
    """Thousands of members, each a mebibyte of one byte."""
    member = gzip.compress(b"a,1\n" * (MIB // 4), 9, mtime=0)
    file = folder / "bomb.csv.gz"
    file.write_bytes(gzip.compress(b"customer_id,principal\n", mtime=0) + member * rng.randrange(300, 1_500))
    return file


def rows_of_another_width(folder: Path, rng: Random) -> Path:
    """Below the cap of 32 MiB, and not one row of it as wide as the header."""
    return _packed(folder, b"customer_id,principal\n", rng.choice([b"a\n", b"a,b,c\n", b",,\n"]), 30 * MIB)


def one_customer_again_and_again(folder: Path, rng: Random) -> Path:
    return _packed(folder, b"customer_id,principal\n", f"{rng.choice('ab7')},1\n".encode(), 30 * MIB)


def ids_that_are_none(folder: Path, rng: Random) -> Path:
    return _packed(
        folder, b"customer_id,principal\n", rng.choice([b"NA,1\n", b",1\n", b"1E+13,1\n", b" a,1\n"]), 30 * MIB
    )


def names_without_end(folder: Path, rng: Random) -> Path:
    header = ",".join(f"c{i:x}" for i in range(rng.randrange(20_000, 120_000)))
    return _packed(folder, b"customer_id," + header.encode() + b"\n", b"," * 20_000 + b"\n", 30 * MIB)


def marks_left_open(folder: Path, rng: Random) -> Path:
    text = rng.choice([b'a,"b\n', b'a,b"\n', b'"a,1\n', b'"a""",1\n'])
    return _packed(folder, b"customer_id,principal\n", text, 30 * MIB)


def a_stream_that_never_ends(folder: Path, rng: Random) -> Path:
    """Cut short in the middle of its last block, far beyond the cap."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    content = packer.compress(b"customer_id,principal\n" + bytes(rng.randrange(100, 300) * MIB)) + packer.flush()
    file = folder / "bomb.csv.gz"
    file.write_bytes(content[:-9])
    return file


KINDS = (
    repeated_rows, bytes_of_one_kind, honest_before_it_unfolds, members_without_end, rows_of_another_width,
    one_customer_again_and_again, ids_that_are_none, names_without_end, marks_left_open, a_stream_that_never_ends,
)  # fmt: skip
