"""The texts of letters are in the registry: they outlive their files, and come back from a backup."""

from __future__ import annotations

import shutil
import stat
import unicodedata
from contextlib import closing
from importlib import import_module

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text as sql

from tests.trials import tampering
from tests.trials.examples import FIRST, Files
from trials.errors import RegistryRefused, TrialRefused
from trials.registry import open_registry
from trials.registry.kept_texts import texts_of
from trials.registry.opening import open_standing
from trials.registry.records import TextRecord
from trials.settings import Settings
from trials.stages.backup import backup, restore
from trials.stages.migrate import migrate
from trials.stages.register import register
from trials.stages.texts import write_texts
from trials.stages.verify import verify

ENGLISH, WELSH = b"Please pay.\n", "Talwch os gwelwch yn dda.\r\n".encode("utf-16")  # any bytes are a text


@pytest.fixture
def worded(tmp_path):
    """A protocol whose letter has a text in two languages, one of them in a folder below."""
    files = Files(tmp_path / "worded")
    (files.folder / "wording").mkdir()
    (files.folder / "letter.md").write_bytes(ENGLISH)
    (files.folder / "wording" / "cy.docx").write_bytes(WELSH)
    files.edit_protocol(
        lambda said: said.replace(
            "label: Plain letter,", "label: Plain letter, text: {en: letter.md, cy: wording/cy.docx},"
        )
    )
    return files


def written(registry, trial, folder) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in write_texts(registry, FIRST, trial, folder)
    }


BOTH = {"letter.md": ENGLISH, "wording/cy.docx": WELSH}


def test_texts_come_back_from_a_backup_on_either_database(either, worded, tmp_path):
    register(either, FIRST, worded.protocol)
    folder = backup(either, FIRST, tmp_path / "copy").folder
    shutil.rmtree(worded.folder)  # what comes back owes nothing to the files
    settings = Settings(home=tmp_path / "new")
    restore(settings, FIRST, folder)
    with closing(open_standing(settings)) as restored:
        assert written(restored, worded.trial, tmp_path / "out") == BOTH
        assert all(proof.holds for proof in verify(restored, FIRST, worded.trial))
    assert stat.S_IMODE((tmp_path / "out" / "letter.md").stat().st_mode) == 0o600
    with pytest.raises(TrialRefused, match="a file of that name is there already"):
        write_texts(either, FIRST, worded.trial, tmp_path / "out")


def test_todays_wording_is_kept_with_the_others(registry, worded, tmp_path):
    worded.edit_protocol(lambda said: said.replace("{en: letter.md,", "{en: letter.md, en_in_use: today.md,"))
    (worded.folder / "today.md").write_bytes(b"Pay.\n")
    register(registry, FIRST, worded.protocol)
    assert written(registry, worded.trial, tmp_path / "out") == BOTH | {"today.md": b"Pay.\n"}
    assert all(proof.holds for proof in verify(registry, FIRST, worded.trial))


def test_each_version_of_a_text_is_kept_once(registry, worded, tmp_path):
    assert register(registry, FIRST, worded.protocol).new
    assert not register(registry, FIRST, worded.protocol).new
    (worded.folder / "letter.md").write_bytes(b"Please pay now.\n")
    register(registry, FIRST, worded.protocol)
    with registry.inspect(FIRST, "read") as session:
        kept = texts_of(session, worded.trial)
    assert [(text.name, text.content) for text in kept if text.name == "wording/cy.docx"] == [
        ("wording/cy.docx", WELSH)
    ]
    assert {text.content for text in kept if text.name == "letter.md"} == {ENGLISH, b"Please pay now.\n"}
    names = {path.name for path in write_texts(registry, FIRST, worded.trial, tmp_path / "out")}
    assert len(names) == 3
    assert sum(name.endswith("-letter.md") for name in names) == 2


def test_a_registry_of_before_takes_in_the_texts_that_lie_beside_their_protocols(either, worded, tmp_path):
    register(either, FIRST, worded.protocol)
    as_of_before(either)
    (worded.folder / "wording" / "cy.docx").write_bytes(b"edited since")
    migrate(either.settings, FIRST)
    with closing(open_standing(either.settings)) as migrated:
        assert written(migrated, worded.trial, tmp_path / "out") == {"letter.md": ENGLISH}
        assert tampering.chain(migrated)[-1]["detail"]["texts_kept"] == 1
        (worded.folder / "wording" / "cy.docx").write_bytes(WELSH)
        assert not register(migrated, FIRST, worded.protocol).new  # says so, and keeps what was missing
        assert written(migrated, worded.trial, tmp_path / "again") == BOTH


def as_of_before(registry) -> None:
    """The tables as they were at 0009; the event that named the texts' rows is as it was written then."""

    def without_texts(values):
        rows = {key: said for key, said in values["detail"].get("rows", {}).items() if "letter_text" not in key}
        return values | {"detail": {**values["detail"], "rows": rows}}

    tampering.rewrite_chain(registry, without_texts)
    with registry._writers.begin() as connection:
        connection.execute(sql("DROP TABLE job"))
        with Operations.context(MigrationContext.configure(connection)):
            import_module("trials.registry.migrations.versions.0004_jobs").upgrade()
        for table in ("diagnosis", "design_revision", "design_text", "design_entry", "design", "letter_text"):
            connection.execute(sql(f"DROP TABLE {table}"))
        connection.execute(sql("UPDATE alembic_version SET version_num = '0009'"))
    registry.head.path.write_text("".join(f"{row['sequence']} {row['hash']}\n" for row in tampering.chain(registry)))


def test_a_trial_without_texts_says_so(registry, files, tmp_path):
    register(registry, FIRST, files.protocol)
    with pytest.raises(TrialRefused, match="no text of this trial is kept"):
        write_texts(registry, FIRST, files.trial, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", ["QQ==", "no base64", ""])
def test_an_edited_text_is_found(either, worded, tmp_path, content):
    register(either, FIRST, worded.protocol)
    tampering.run(either, f"UPDATE letter_text SET content = '{content}'")
    with pytest.raises(RegistryRefused, match=r"row letter_text/.*: edited since it was written"):
        write_texts(either, FIRST, worded.trial, tmp_path / "out")
    proofs = {proof.name: proof for proof in verify(either, FIRST, worded.trial)}
    assert not proofs["registry_rows"].holds


def test_the_command_writes_them(worded, home, tmp_path):
    open_registry(Settings(home=home)).close()
    with closing(open_standing(Settings(home=home))) as registry:
        register(registry, FIRST, worded.protocol)
        assert written(registry, worded.trial, tmp_path / "out") == BOTH


OUTSIDE = [
    "../out-twin/letter.md",
    "../../letter.md",
    "wording/../../letter.md",
    "/tmp/letter.md",
    "//letter.md",
    "wording/./../../letter.md",
    "..",
    ".",
    "wording/..",
    "",
    "~/../../letter.md",
    "wording\0/letter.md",
]


def kept_as(registry, trial, names, monkeypatch):
    """Texts of these names, as if they were in the registry: a name that was edited is refused before it is read."""
    kept = tuple(TextRecord(name, f"{place % 10}" * 64, b"forged") for place, name in enumerate(names))
    monkeypatch.setattr("trials.stages.texts.texts_of", lambda session, trial_id: kept)
    return kept


def everything_in(folder) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_text_is_written_outside_the_folder(registry, worded, tmp_path, monkeypatch, name):
    register(registry, FIRST, worded.protocol)
    before = everything_in(tmp_path)
    kept_as(registry, worded.trial, ["letter.md", name], monkeypatch)
    with pytest.raises(TrialRefused):
        write_texts(registry, FIRST, worded.trial, tmp_path / "out")
    assert everything_in(tmp_path) == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "twins", [("a.md", "A.MD"), ("caf\u00e9.md", "cafe\u0301.md"), ("x/a.md", "X/a.md"), ("a", "a/b.md")]
)
def test_names_that_some_disks_take_for_one_are_written_under_two(registry, worded, tmp_path, monkeypatch, twins):
    register(registry, FIRST, worded.protocol)
    kept_as(registry, worded.trial, twins, monkeypatch)
    paths = write_texts(registry, FIRST, worded.trial, tmp_path / "out")
    folded = {unicodedata.normalize("NFC", path.as_posix()).casefold() for path in paths}
    assert len(folded) == len(paths) == 2
    assert not any(a in b.parents for a in paths for b in paths)


@pytest.mark.parametrize("name", ["CON", "nul.md", "wording/COM1.txt", "letter.md ", "letter.", "a:b.md", "AUX.tar.gz"])
def test_a_name_that_another_system_keeps_for_itself_is_written_under_its_digest(
    registry, worded, tmp_path, monkeypatch, name
):
    register(registry, FIRST, worded.protocol)
    kept_as(registry, worded.trial, [name], monkeypatch)
    (path,) = write_texts(registry, FIRST, worded.trial, tmp_path / "out")
    assert path.name.startswith("0" * 12)
    assert path.is_relative_to(tmp_path / "out")


@pytest.mark.parametrize("at", ["out", "out/wording", "out/letter.md"])
def test_a_link_does_not_lead_out_of_the_folder(registry, worded, tmp_path, at):
    register(registry, FIRST, worded.protocol)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = tmp_path / at
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(elsewhere / "letter.md" if at.endswith(".md") else elsewhere)
    if at == "out":  # the folder that was named is a link: what it leads to is what was named
        write_texts(registry, FIRST, worded.trial, link)
        assert everything_in(elsewhere) == BOTH
        return
    with pytest.raises(TrialRefused, match=r"outside the folder|there already"):
        write_texts(registry, FIRST, worded.trial, tmp_path / "out")
    assert everything_in(elsewhere) == {}
