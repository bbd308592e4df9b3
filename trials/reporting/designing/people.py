"""The customers of a design in words and tables: who takes part, who is left out and why, what they are like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from analysis.wording.phrases import capitalised, moment
from designs.drafting import Draft
from designs.profile import SMALLEST, Categories, FoundColumn, Numbers, Profile, Waterfall
from designs.protocol.models import Protocol
from designs.protocol.words import column_words
from designs.suitability.reasons import ReasonMix, mix_of
from trials.registry.customers import Customers
from trials.registry.records import PopulationRecord
from trials.reporting.results.table import Table

_KINDS: Final = {"number": "Numbers", "text": "Words or codes", "boolean": "Yes or no", "date": "Days"}
FEW: Final = "too few to tell apart"
FEWER: Final = f"fewer than {SMALLEST}"


def countable(draft: Draft) -> Draft:
    """A draft without the rules that are not whole yet, so that the others can be counted while one is typed.

    Examples:
        >>> countable(Draft({"population": {"unit": "id", "where": [{"column": "debt"}]}}, {})).document
        {'population': {'unit': 'id'}}
    """
    population = draft.document.get("population")
    if not isinstance(population, Mapping):
        return draft
    kept = dict(population)
    for key in ("where", "exclude"):
        if isinstance(kept.get(key), list):
            kept[key] = [rule for rule in kept[key] if _whole(rule)]
            if not kept[key]:
                del kept[key]
    welsh = kept.get("welsh")
    if isinstance(welsh, Mapping) and not _whole({**welsh, "reason": "-"}):
        del kept["welsh"]
    return Draft({**draft.document, "population": kept}, draft.texts)


def _whole(rule: Any) -> bool:
    """Whether a condition tests something, or an exclusion has a reason and conditions that all do."""
    if not isinstance(rule, Mapping):
        return True  # as it is in the file: the rules say what is wrong with it
    if "when" not in rule:
        return "column" in rule and len(rule) > 1 and "reason" not in rule
    parts = rule["when"] if isinstance(rule["when"], list) else [rule["when"]]
    return bool(rule.get("reason")) and all(isinstance(each, Mapping) and _whole(each) for each in parts)


def load_sentence(loaded: PopulationRecord) -> str:
    """Which file was loaded, by whom, and what became of its rows."""
    when = f"{moment(loaded.loaded_at)} UTC"
    invented = " Its customers are invented." if loaded.synthetic else ""
    return (
        f"Load {loaded.version}: {loaded.file_name}, {when}, by {loaded.loaded_by}. Of {loaded.rows_read:,} rows "
        f"{loaded.loaded:,} were loaded and {loaded.rejected:,} rejected.{invented}"
    )


def found_table(found: tuple[FoundColumn, ...]) -> Table:
    """The columns of a file that was sent, with counts."""
    rows = tuple(
        (
            each.name, _KINDS[each.kind], f"{each.known:,}",
            "One for each row" if each.own else f"{each.values:,}",
        )
        for each in found
    )  # fmt: skip
    return Table(
        "The columns of the file", ("Column", "What it holds", "Rows with a value", "Values"), rows, frozenset({2, 3})
    )


def waterfall_table(made: Waterfall) -> Table:
    """How the population comes down to those who take part; every reason in its order, and sums that hold."""
    rows = [("All customers loaded", "", f"{made.customers:,}")]
    rows += [(_reason(each.reason), f"−{each.customers:,}", f"{each.left:,}") for each in made.steps]
    rows.append(("Take part", "", f"{made.eligible:,}"))
    return Table(
        "From all customers to those who take part", ("Who", "Left out", "Left"), tuple(rows), frozenset({1, 2})
    )


def _reason(reason: str) -> str:
    words = reason.replace("_", " ")
    return f"Not so: {words.removeprefix('not: ')}" if words.startswith("not: ") else capitalised(words)


def eligible_sentence(made: Waterfall, answer: int | None) -> str:
    """How many take part, beside how many the first question of suitability was answered with."""
    words = f"{made.eligible:,} of {made.customers:,} customers take part."
    if answer is None or answer == made.eligible:
        return words
    return f"{words} The question how many customers are involved was answered with {answer:,}."


def reason_mix(protocol: Protocol, customers: Customers) -> ReasonMix | None:
    """The reasons of those who take part; None where the plan declares none, or the file has none."""
    reasons = protocol.population.reasons if protocol.population is not None else None
    return None if reasons is None or customers.reasons is None else mix_of(reasons, customers.reasons)


def coverage_sentences(protocol: Protocol, mix: ReasonMix) -> tuple[str, str | None]:
    """Of how many customers the reason is known or inferred; and the warning where it is of too few."""
    known, inferred = (FEWER if 0 < each < SMALLEST else f"{each:,}" for each in (mix.known, mix.inferred))
    said = f"The reason is known of {known} customers and inferred of {inferred}: coverage {mix.coverage:.0%}."
    declared = protocol.population.reasons
    if declared is None or mix.share_unknown <= declared.warn_above:
        return said, None
    return said, (
        f"The reason of {mix.unknown:,} of {mix.customers:,} customers ({mix.share_unknown:.0%}) is not known, more "
        f"than the {declared.warn_above:.0%} that the plan allows."
    )


def reason_bars(protocol: Protocol, customers: Customers) -> list[tuple[str, str, float]]:
    """Each reason with its customers by how surely it is known, in words, and its share of them all.

    A reason of fewer than ten customers, or of fewer known or inferred, is not counted apart.
    """
    reasons, words = protocol.population.reasons, column_words(protocol)
    assert reasons is not None
    by_reason: dict[str, list[int]] = {}
    total = 0
    for count in customers.reasons or ():
        mix = mix_of(reasons, [count])
        total += count.customers
        name = "Not known" if mix.unknown else str(count.reason)
        told = by_reason.setdefault(name, [0, 0])
        told[0] += mix.known
        told[1] += count.customers
    few = _few({name: all_of for name, (_, all_of) in by_reason.items()})
    bars = []
    for name, (known, all_of) in sorted(by_reason.items(), key=lambda item: (item[0] == "Not known", -item[1][1])):
        called = name if name == "Not known" else words.level(reasons.column, name) or name.replace("_", " ")
        if name in few:
            bars.append((capitalised(called), FEW, 0.0))
            continue
        inferred = all_of - known
        sure = f", {known:,} known and {inferred:,} inferred" if min(known, inferred) >= SMALLEST else ""
        share = all_of / total
        bars.append((capitalised(called), f"{all_of:,} ({share:.0%}{'' if name == 'Not known' else sure})", share))
    return bars


def _few(counts: Mapping[str, int]) -> frozenset[str]:
    """Those of few customers, with so many others that none can be told by subtraction."""
    rising = sorted(counts, key=lambda name: counts[name])
    few = [name for name in rising if counts[name] < SMALLEST]
    while few and len(few) < len(rising) and (len(few) < 2 or sum(counts[name] for name in few) < SMALLEST):
        few.append(rising[len(few)])
    return frozenset(few)


def profile_tables(profile: Profile) -> tuple[Table, ...]:
    """What those who take part are like: numbers in one table, then each column of levels."""
    numbers = [each for each in profile.columns if isinstance(each, Numbers)]
    tables = []
    if numbers:
        rows = tuple(
            (
                capitalised(each.label),
                _count(each.known),
                _figure(each.mean),
                *(_figure(at) for _, at in each.quantiles),
            )
            for each in numbers
        )
        columns = ("Column", "Known of", "Mean", *(f"{share:.0%} have less than" for share, _ in numbers[0].quantiles))
        tables.append(Table("Numbers", columns, rows, frozenset(range(1, len(columns)))))
    for each in profile.columns:
        if isinstance(each, Categories):
            level_rows = [
                (capitalised(level.words), _count(level.customers), "" if level.share is None else f"{level.share:.0%}")
                for level in each.levels
            ]
            if each.others:
                level_rows.append(("All that are not counted by themselves", f"{each.others:,}", ""))
            columns = (capitalised(each.label), "Customers", "Share")
            tables.append(Table(capitalised(each.label), columns, tuple(level_rows), frozenset({1, 2})))
    return tuple(tables)


def _count(number: int | None) -> str:
    return FEW if number is None else f"{number:,}"


def _figure(number: float | None) -> str:
    return FEW if number is None else f"{number:,.4g}" if abs(number) < 1000 else f"{number:,.0f}"
