"""Every command a trial needs, in the order in which people give them, with what they print."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.places import ROOT
from tests.trials.examples import SEED, eligible, write_csv


def load(otm, files, *options):
    return otm("population", "load", files.population, "--protocol", files.protocol, "--synthetic", *options)


@pytest.fixture
def assigned(otm, files):
    load(otm, files)
    otm("register", files.protocol)
    otm("lock", files.trial)
    done = otm("randomise", files.trial, "--demonstration-seed", SEED)
    assert done.code == 0, done.err
    return done


@pytest.mark.parametrize(
    ("event", "direction", "said"),
    [("paid_at", "", "fewer days to the event are better, so that more had the event of “Wait” by day 90"),
     ("paid", ", direction: decrease", "fewer days to the event are better, so that more had paid by day 90"),
     ("paid", ", direction: increase", "more days to the event are better, so that fewer had paid by day 90")],
)  # fmt: skip
def test_the_check_says_in_words_what_counts_as_better(otm, files, event, direction, said):
    wait = f"{{id: wait, role: secondary, kind: time_to_event, time: days, event: {event}, horizon: 90{direction}}}"
    files.edit_protocol(lambda text: text.replace("outcomes:\n", f"outcomes:\n  - {wait}\n"))
    checked = otm("protocol", "check", files.protocol)
    assert checked.code == 0, checked.err
    (line,) = [line for line in checked.out.splitlines() if line.startswith("Better: Wait")]
    assert said in line
    assert ("where the event is what is wanted, such as a payment, it is decrease, or left out" in line) == (
        "increase" in direction
    )
    assert "Better: Paid" in checked.out
    assert "more is better." in checked.out


def test_a_trial_from_the_command_line(otm, files, tmp_path):
    assert otm("protocol", "check", files.protocol).code == 0
    assert load(otm, files).out.startswith("400 rows read, 400 loaded, 0 rejected.")
    assert "registered as version 1" in otm("register", files.protocol).out
    assert "is registered already" in otm("register", files.protocol).out
    locked = otm("lock", files.trial)
    assert "customers can be assigned." in locked.out
    assert "worked by the HNW team" in locked.out
    drawn = otm("randomise", files.trial, "--demonstration-seed", SEED)
    assert "is allocated, digest" in drawn.out
    assert "declared demonstration seed" in drawn.err
    assert otm("verify", files.trial).out.count("holds") == 8
    issued = otm("issue", files.trial, "--arm", "sms", "--out", tmp_path / "lists", "--column", "band")
    assert "customers of sms" in issued.out
    assert "rows read" in otm("outcomes", "load", files.trial, files.outcomes, "--as-at", "2099-01-01").out
    evaluated = otm("evaluate", files.trial)
    assert "Not shown to beat no further action" in evaluated.out
    assert "Stored as evaluation 1" in evaluated.err
    released = otm("release", files.trial, "--reason", "the results are stored")
    assert released.code == 0
    assert SEED in otm("certificate", files.trial).out
    terms = ("decide", files.trial, "--action", "do not scale", "--reason", "not shown", "--review-on", "2999-12-31")
    other = otm(*terms, "--finding", "f" * 64, actor="A Manager:manager")
    assert other.code == 2
    assert "no evaluation of this trial has the digest ffff" in other.err
    read = evaluated.err.split("digest ")[1].split()[0]
    decided = otm(*terms, "--finding", f"{read.upper()} ", actor="A Manager:manager")
    assert decided.out == "Recorded: A Manager accepts “not shown”. Review on 31 December 2999.\n"
    assert "decided" in otm("trials").out
    assert otm("backup", tmp_path / "backup").out.startswith("1 trials and")
    assert "0 files removed." in otm("collect").out
    assert "already" in otm("migrate").out


def test_json_is_all_there_is_on_standard_output(otm, files, tmp_path):
    account = json.loads(load(otm, files, "--json", "-").out)
    assert {"read", "loaded", "rejected", "rejections", "digest"} <= set(account)
    assert (account["read"], account["loaded"], account["rejected"], account["rejections"]) == (400, 400, 0, [])
    otm("register", files.protocol)
    otm("lock", files.trial)
    otm("randomise", files.trial, "--demonstration-seed", SEED)
    certificate = json.loads(otm("certificate", files.trial, "--json", "-").out)
    assert (certificate["trial"], certificate["seed"], certificate["demonstration"]) == (files.trial, None, True)
    verified = json.loads(otm("verify", files.trial, "--json", "-").out)
    assert verified["verified"] is True
    assert {proof["passed"] for proof in verified["proofs"]} == {True}
    manifest = json.loads(otm("issue", files.trial, "--arm", "sms", "--out", tmp_path, "--json", "-").out)
    assert manifest["arm"] == "sms"
    account = json.loads(
        otm("outcomes", "load", files.trial, files.outcomes, "--as-at", "2099-01-01", "--json", "-").out
    )
    assert account["read"] == account["loaded"] + account["rejected"]
    assert set(account["rejections"][0]) == {"row", "field", "reason"}
    evaluation = json.loads(otm("evaluate", files.trial, "--json", "-").out)
    assert {"schema", "trial", "protocol_digest", "data_digest", "flow", "checks", "estimates", "verdict"} <= set(
        evaluation
    )
    (listed,) = json.loads(otm("trials", "--json", "-").out)["trials"]
    assert (listed["id"], listed["state"]) == (files.trial, "analysed")
    assert listed["verdict"]["code"] == evaluation["verdict"]["code"]
    assert {"code", "arm", "segment"} <= set(listed["verdict"])


def test_json_goes_to_a_file_too(otm, files, tmp_path):
    done = load(otm, files, "--json", tmp_path / "account.json")
    assert done.out == ""
    assert json.loads((tmp_path / "account.json").read_text())["loaded"] == 400
    refused = otm("trials", "--json", tmp_path / "no" / "such" / "folder.json")
    assert (refused.code, refused.out) == (2, "")
    assert "the result cannot be written there" in refused.err


def test_trials_of_an_empty_registry(otm):
    done = otm("trials")
    assert (done.code, done.out) == (0, "")
    assert "No trials yet" in done.err
    assert json.loads(otm("trials", "--json", "-").out) == {"trials": []}


def test_verify_exits_1_on_a_mismatch_and_names_it(otm, assigned, files, home):
    for path in (home / "snapshots").glob("*.parquet"):
        path.write_bytes(path.read_bytes() + b" ")
    done = otm("verify", files.trial)
    assert done.code == 1
    assert "FAILS  snapshots" in done.out
    assert "allocation: " in done.err
    document = json.loads(otm("verify", files.trial, "--json", "-").out)
    assert document["verified"] is False


def test_a_void_takes_two_people_on_the_command_line(otm, assigned, files):
    asked = otm("void", files.trial, "--reason", "wrong population", actor="First:manager")
    assert "Somebody else confirms it" in asked.out
    assert otm("void", files.trial, "--confirm", actor="First:manager").code == 2
    assert otm("void", files.trial, "--confirm", actor="Second:manager").code == 0
    assert "This draw is void: wrong population" in otm("certificate", files.trial).err
    own = eligible(files.customers)[0]["customer_id"]
    told = otm("whois", files.trial, own).out
    assert told.startswith(f"The draw of {files.trial} is void")
    assert "was in an arm of a void draw" in told
    document = json.loads(otm("whois", files.trial, own, "--json", "-").out)
    assert (document["void"], document["customers"][0]["standing"]) == (True, "was_in_an_arm_of_a_void_draw")
    assert otm("void", files.trial).code == 2
    assert otm("void", files.trial, "--reason", "x", "--confirm").code == 2


def test_an_outsider_can_verify_the_draw_with_python_alone(otm, assigned, files, tmp_path):
    otm("outcomes", "load", files.trial, files.outcomes, "--as-at", "2099-01-01")
    otm("evaluate", files.trial)
    otm("release", files.trial, "--reason", "the results are stored")
    done = otm(
        "certificate", files.trial, "--json", tmp_path / "certificate.json", "--population", tmp_path / "units.csv"
    )
    assert done.code == 0
    command = [sys.executable, "-I", ROOT / "docs" / "verify_allocation.py", "certificate.json", "units.csv"]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    lines = (tmp_path / "units.csv").read_text().splitlines()
    (tmp_path / "units.csv").write_text("\n".join(lines[:-1]) + "\n")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 1


def test_a_restore_from_the_command_line(otm, assigned, files, tmp_path, monkeypatch):
    otm("backup", tmp_path / "backup")
    refused = otm("restore", tmp_path / "backup")
    assert refused.code == 2
    assert "there is a registry here already" in refused.err
    monkeypatch.setenv("OTM_HOME", str(tmp_path / "new"))
    assert otm("restore", tmp_path / "backup").code == 0
    assert otm("verify", files.trial).code == 0


def test_the_overlap_of_two_trials(otm, assigned, files):
    done = otm("overlap", files.trial, files.trial, "--json", "-")
    assert json.loads(done.out)["customers"] > 300


def test_a_customer_is_found_by_their_own_id_and_by_that_on_a_list(otm, assigned, files):
    own = eligible(files.customers)[0]["customer_id"]
    (told,) = json.loads(otm("whois", files.trial, own, "--json", "-").out)["customers"]
    assert (told["customer"], told["standing"], told["lists"]) == (own, "in_an_arm", [])
    back = otm("whois", files.trial, told["export_id"], "--population", files.population, "--reason", "returned mail")
    assert told["arm"] in back.out
    assert own in back.out
    unknown = otm("whois", files.trial, "nobody")
    assert (unknown.code, "no customer of this trial has this id" in unknown.err) == (2, True)


def test_rejections_are_listed_and_the_rest_counted(otm, files):
    spoilt = [row | {"customer_id": f"{at}E+13"} for at, row in enumerate(files.customers[:30], start=1)]
    write_csv(files.population, [*spoilt, *files.customers[30:]])
    done = load(otm, files)
    assert done.code == 0
    assert "30 rejected" in done.out
    assert "20 more" in done.err


def test_the_command_line_is_a_module(files, home):
    command = [sys.executable, "-W", "error", "-m", "trials.cli", "protocol", "check", str(files.protocol)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert files.trial in done.stdout


def test_help_is_given_without_arguments(otm):
    done = otm()
    assert "Randomised trials of one-to-many approaches" in done.out + done.err


def test_the_published_schema_is_the_one_that_is_printed(otm):
    published = (ROOT / "docs" / "evaluation.schema.json").read_text(encoding="utf-8")
    assert otm("schema").out == published, "write it anew: ./otm schema > docs/evaluation.schema.json"


def test_a_lock_can_be_looked_at_before_it_takes_effect(otm, files):
    load(otm, files)
    otm("register", files.protocol)
    looked = otm("lock", files.trial, "--check")
    assert looked.code == 0, looked.err
    assert "population.csv, 400 customers" in looked.out
    assert "worked by the HNW team" in looked.out
    assert "The list of letter (letter) can hold: export_id, " in looked.out
    assert (
        "the list of letter has no column that is plainly a name and an address, or a reference to them" in looked.err
    )
    assert "the list of sms has no column that is plainly a telephone number, or a reference to it" in looked.err
    assert "Nothing was locked yet" in looked.out
    assert otm("trials").out.count("draft") == 1
    locked = otm("lock", files.trial)
    assert locked.err == looked.err
    before = looked.out.splitlines()[:-1]
    assert locked.out.splitlines()[: len(before)] == before
    again = otm("lock", files.trial, "--check")
    assert (again.code, again.out) == (2, "")


def test_a_command_that_reads_makes_no_registry(otm, files, monkeypatch, tmp_path):
    home = tmp_path / "mistyped"
    monkeypatch.setenv("OTM_HOME", str(home))
    listed = otm("trials", "--json", "-")
    assert (listed.code, json.loads(listed.out)) == (0, {"trials": []})
    assert f"There is no registry in {home}, and none was made" in listed.err
    for command in (("verify", "t"), ("certificate", "t"), ("lock", "t", "--check"), ("backup", tmp_path / "backup")):
        done = otm(*command)
        assert (done.code, done.out) == (2, "")
        assert f"Refused. {home}: there is no registry" in done.err
    assert not home.exists()
    made = otm("register", files.protocol)
    assert (made.code, made.err) == (0, f"A new registry was made in {home}\n")
    assert "new registry" not in otm("register", files.protocol).err
