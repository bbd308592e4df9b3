"""The texts of letters are in the registry: they outlive their files, and come back from a backup."""

from __future__ import annotations

import shutil
import stat
from contextlib import closing

import pytest
from sqlalchemy import text as sql

from tests.trials import tampering
from tests.trials.examples import FIRST, Files
from trials.errors import RegistryRefused, TrialRefused
from trials.registry import open_registry
from trials.registry.kept_texts import texts_of
from trials.registry.opening import open_standing
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
        for table in ("design_revision", "design_text", "design_entry", "design", "letter_text"):
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
