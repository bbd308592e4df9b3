"""An id of an earlier wave in another spelling would be drawn again: the load is refused, or says so."""

from __future__ import annotations

import pytest

from tests.trials.examples import FIRST, SEED, customers, eligible, locked, write_csv
from tests.trials.stages.test_allocate import PLAIN
from tests.trials.stages.test_evaluate_waves import WAVES
from trials.errors import TrialRefused
from trials.registry import queries
from trials.stages.allocate import randomise
from trials.stages.population import load_population

COMPLETE = f"randomisation: {{method: complete, {WAVES}}}"
IN_HOUSEHOLDS = f"randomisation: {{method: complete, cluster: household, {WAVES}}}"


def with_ids(rows, written):
    return [row | {"customer_id": written(number, row["customer_id"])} for number, row in enumerate(rows)]


def numbered(rows):
    return with_ids(rows, lambda number, _: f"{number + 1:06d}")


def drawn(registry, files, rows, randomisation=COMPLETE, errors="HC2"):
    files.edit_protocol(lambda text: text.replace("HC2", errors))
    files.edit_protocol(lambda text: text.replace(PLAIN, randomisation))
    write_csv(files.population, rows)
    locked(registry, files)
    randomise(registry, FIRST, files.trial, demonstration_seed=SEED)


def load(registry, files, rows):
    write_csv(files.population, rows)
    return load_population(registry, FIRST, files.population, files.protocol, synthetic=True)


def loads(registry):
    with registry.inspect(FIRST, "verify") as session:
        return queries.next_population_version(session, "debts") - 1


@pytest.mark.parametrize(
    "written",
    [
        lambda _, own: own.lstrip("0"),
        lambda number, own: own.lstrip("0") if number % 2 else own,
        lambda _, own: f"00{own}",
        lambda _, own: "".join(chr(ord(digit) + 0xFEE0) for digit in own),
        lambda _, own: f"{own[:3]} {own[3:]}",
    ],
    ids=["zeros lost", "zeros of a part lost", "zeros gained", "full width", "blanks"],
)
def test_who_was_drawn_is_not_loaded_under_another_spelling(registry, files, written):
    rows = numbered(eligible(files.customers))
    drawn(registry, files, rows)
    with pytest.raises(TrialRefused, match=r"of an earlier wave in another spelling: '.*was '00000[12]'") as refused:
        load(registry, files, with_ids(rows, written))
    assert "with its zeros" in str(refused.value)
    assert loads(registry) == 1


@pytest.mark.parametrize("change", [str.lower, lambda own: own.replace("C", "\u0421")], ids=["capitals", "script"])
def test_other_capitals_and_other_letters_are_other_spellings(registry, files, change):
    rows = eligible(files.customers)
    drawn(registry, files, rows)
    with pytest.raises(TrialRefused, match="another spelling"):
        load(registry, files, with_ids(rows, lambda _, own: change(own)))


def test_the_count_is_of_those_who_would_be_drawn_again(registry, files):
    rows = numbered(eligible(files.customers))
    drawn(registry, files, rows)
    with pytest.raises(TrialRefused, match=r"3 values of customer_id are .*'7' \(row 7\) was '000007'"):
        load(registry, files, with_ids(rows, lambda number, own: own.lstrip("0") if number in (6, 7, 8) else own))


def test_new_customers_and_those_of_before_are_loaded_without_a_word(registry, files):
    rows = numbered(eligible(files.customers))
    drawn(registry, files, rows)
    joined = with_ids(eligible(customers(200, first=5_000)), lambda number, _: f"{700_000 + number}")
    account = load(registry, files, [*rows, *joined])
    assert not any("another spelling" in warning for warning in account.warnings)


def test_a_file_that_holds_both_spellings_says_that_they_are_two_customers(registry, files):
    rows = numbered(eligible(files.customers))
    drawn(registry, files, rows)
    account = load(registry, files, [*rows, rows[0] | {"customer_id": "1"}])
    assert any("'000001' (row 1) and '1'" in warning for warning in account.warnings)


def test_before_any_draw_it_is_a_warning(registry, files):
    rows = numbered(files.customers)
    load(registry, files, rows)
    account = load(registry, files, with_ids(rows, lambda _, own: own.lstrip("0")))
    (said,) = [warning for warning in account.warnings if "another spelling" in warning]
    assert said.startswith("customer_id: 400 values of customer_id are those of the load before in another spelling")
    assert "'1' (row 1) was '000001'" in said
    assert loads(registry) == 2


def test_a_cluster_in_another_spelling_would_be_drawn_apart(registry, files):
    rows = [row | {"household": f"{number // 2 + 1:04d}"} for number, row in enumerate(eligible(files.customers))]
    drawn(registry, files, rows, IN_HOUSEHOLDS, "CR2")
    joined = eligible(customers(50, first=5_000))
    with pytest.raises(TrialRefused, match=r"values of household are .*'1' \(row 1\) was '0001'"):
        load(registry, files, [row | {"household": str(number + 1)} for number, row in enumerate(joined)])
