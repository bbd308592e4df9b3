"""Which columns a protocol uses, for what, and so of which kind; and what each file must therefore hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from data.schema import NOT_KNOWN, BadCellRule, ColumnContract, FileContract, Kind, LevelRule
from designs.literals import ColumnKind
from designs.protocol.codes import DELIVERED, codes_in, codes_of, codes_of_delivery
from designs.protocol.consistency import Breach
from designs.protocol.errors import KeyPath, ProtocolError, ProtocolRefused, nearest, path_text
from designs.protocol.models import Condition, Outcome, Protocol

File = Literal["population", "outcomes", "external"]
Part = Literal[
    "id", "arm", "saturation", "cluster", "pair", "stratum", "balance", "where", "exclude", "welsh", "not_for",
    "covariate", "subgroup", "reason", "declared", "outcome", "day", "time", "event", "received", "errors",
    "contact",
]  # fmt: skip

# Known only after customers were assigned; every other part must be known before.
AFTER_ALLOCATION: frozenset[Part] = frozenset({"outcome", "day", "time", "event", "received", "contact"})
_OPTIONAL: frozenset[Part] = frozenset({"received", "contact"})  # of a file of outcomes
_PARTS: Mapping[str | int, Part] = {"where": "where", "exclude": "exclude", "welsh": "welsh"}  # of a population
_OUTCOME_KINDS: Mapping[str, ColumnKind] = {"binary": "boolean", "amount": "number", "count": "number"}


@dataclass(frozen=True, slots=True)
class Use:
    """One use of one column.

    Attributes:
        path: Where the protocol names the column.
        column: Its header in the file.
        part: What it is used as.
        kind: The kind that this use asks for; None where any kind will do.
        firm: Whether the use fails on another kind; a condition or a stratum merely suggests one.
        read_as: Under which name this use has the column, where it reads it by codes of its own; None where it has
            the column as it is.
    """

    path: KeyPath
    column: str
    part: Part
    kind: ColumnKind | Literal["date"] | None = None
    firm: bool = False
    read_as: str | None = None


def uses(protocol: Protocol) -> tuple[Use, ...]:
    """Every use of every column, in the order of the file; of a plan that is partly filled, in the sections it has."""
    parts = (
        ("population", _population), ("randomisation", _randomisation), ("outcomes", _outcomes),
        ("analysis", _analysis), ("suitability", _contact),
    )  # fmt: skip
    return tuple(use for section, of in parts if getattr(protocol, section) is not None for use in of(protocol))


def _population(protocol: Protocol) -> Iterator[Use]:
    population = protocol.population
    if population.unit != "row":
        yield Use(("population", "unit"), population.unit, "id", "text", firm=True)
    if population.cluster is not None:
        yield Use(("population", "cluster"), population.cluster, "cluster", "text", firm=True)
    for path, condition in conditions(protocol):
        part: Part = "not_for" if path[0] == "arms" else _PARTS[path[1]]
        yield Use((*path, "column"), condition.column, part, kind_of_condition(condition))
    for key in ("column", "confidence_column") if population.reasons is not None else ():
        yield Use(("population", "reasons", key), getattr(population.reasons, key), "reason", "text")
    for name in population.columns:
        yield Use(("population", "columns", name), name, "declared")


def _randomisation(protocol: Protocol) -> Iterator[Use]:
    scheme = protocol.randomisation
    if scheme.arm_column is not None:
        yield Use(("randomisation", "arm_column"), scheme.arm_column, "arm", "text", firm=True)
    if scheme.saturation_column is not None:
        yield Use(("randomisation", "saturation_column"), scheme.saturation_column, "saturation", "text", firm=True)
    if scheme.cluster is not None:
        yield Use(("randomisation", "cluster"), scheme.cluster, "cluster", "text", firm=True)
    if scheme.pairs is not None:
        yield Use(("randomisation", "pairs"), scheme.pairs, "pair", "text", firm=True)
    for position, column in enumerate(scheme.strata):
        yield Use(("randomisation", "strata", position), column, "stratum", "text")
    for position, column in enumerate(scheme.rerandomise.covariates if scheme.rerandomise else ()):
        path = ("randomisation", "rerandomise", "covariates", position)
        yield Use(path, column, "balance", "number", firm=True)


def _outcomes(protocol: Protocol) -> Iterator[Use]:
    for position, outcome in enumerate(protocol.outcomes):
        path: KeyPath = ("outcomes", position)
        if outcome.kind != "time_to_event":
            key = "column" if outcome.column else "id"
            header, name = outcome.header, column_of(outcome)
            read_as = None if name == header else name
            yield Use((*path, key), header, "outcome", _OUTCOME_KINDS[outcome.kind], firm=True, read_as=read_as)
            if outcome.happened_on is not None:
                yield Use((*path, "happened_on"), outcome.happened_on, "day", "date", firm=True)
        elif outcome.time is not None and outcome.event is not None:
            yield Use((*path, "time"), outcome.time, "time", "number", firm=True)
            yield Use((*path, "event"), outcome.event, "event", _kind_of_event(outcome), firm=True)
    if protocol.analysis is not None and protocol.analysis.complier is not None:
        path = ("analysis", "complier", "received")
        yield Use(path, protocol.analysis.complier.received, "received", "boolean", firm=True)


def _kind_of_event(outcome: Outcome) -> ColumnKind:
    if outcome.codes is None:
        return "boolean"
    event, competing = outcome.codes
    return "text" if any(isinstance(code, str) for code in (*event, *competing)) else "number"


def _analysis(protocol: Protocol) -> Iterator[Use]:
    if protocol.analysis.errors_clustered_by is not None:
        by: KeyPath = ("analysis", "errors_clustered_by")
        yield Use(by, protocol.analysis.errors_clustered_by, "errors", "text", firm=True)
    for position, covariate in enumerate(protocol.analysis.covariates):
        path = ("analysis", "covariates", position)
        numeric = covariate.as_ == "number"
        yield Use(path, covariate.column, "covariate", "number" if numeric else None, firm=numeric)
    for position, subgroup in enumerate(protocol.analysis.subgroups):
        path = ("analysis", "subgroups", position)
        cut = subgroup.quantiles is not None
        yield Use(path, subgroup.column, "subgroup", "number" if cut else None, firm=cut)


def _contact(protocol: Protocol) -> Iterator[Use]:
    surge = protocol.suitability.operations.surge if protocol.suitability is not None else None
    for way, column in (surge.came.columns if surge is not None and surge.came is not None else {}).items():
        yield Use(("suitability", "operations", "surge", "came", way), column, "contact", "number", firm=True)


def conditions(protocol: Protocol) -> Iterator[tuple[KeyPath, Condition]]:
    """Every condition of a protocol with its path."""
    for position, condition in enumerate(protocol.population.where):
        yield ("population", "where", position), condition
    for position, exclusion in enumerate(protocol.population.exclude):
        yield from _conditions_of(exclusion.when, ("population", "exclude", position, "when"))
    if protocol.population.welsh is not None:
        yield from _conditions_of(protocol.population.welsh.when, ("population", "welsh", "when"))
    for number, arm in enumerate(protocol.arms or ()):
        for position, exclusion in enumerate(arm.not_for):
            yield from _conditions_of(exclusion.when, ("arms", number, "not_for", position, "when"))


def _conditions_of(when: Condition | tuple[Condition, ...], path: KeyPath) -> Iterator[tuple[KeyPath, Condition]]:
    if not isinstance(when, tuple):
        yield path, when
        return
    for position, condition in enumerate(when):
        yield (*path, position), condition


def column_of(outcome: Outcome) -> str:
    """The column of an outcome that is not a time to an event, as a frame has it.

    An outcome that says what the codes of another column mean has a reading of its own, so that several may read one.

    Examples:
        >>> column_of(Outcome(id="paid", role="primary", kind="binary", column="status"))
        'status'
        >>> column_of(Outcome(id="paid", role="primary", kind="binary", column="status", true=("P",), false=("N",)))
        'status as paid'
    """
    reads_otherwise = outcome.coded and outcome.header != outcome.id
    return f"{outcome.header} as {outcome.id}" if reads_otherwise else outcome.header


def columns_of(outcome: Outcome) -> tuple[str, ...]:
    """Every column of an outcome; it is missing where one of them is."""
    if outcome.kind == "time_to_event":
        return tuple(name for name in (outcome.time, outcome.event) if name is not None)
    return (column_of(outcome),)


def kind_of_condition(condition: Condition) -> ColumnKind | None:
    """The kind of column that a condition compares with: text where its values are of several kinds, None where it
    only asks whether a value is missing.

    Examples:
        >>> kind_of_condition(Condition(column="principal", at_least=32))
        'number'
        >>> kind_of_condition(Condition(column="arrears", one_of=(1, "several")))
        'text'
    """
    values = [condition.equals, condition.not_equals, *(condition.one_of or ())]
    bounds = [condition.at_least, condition.above, condition.at_most, condition.below]
    kinds = {_kind_of_value(value) for value in (*values, *bounds) if value is not None}
    if not kinds:
        return None
    return kinds.pop() if len(kinds) == 1 else "number" if kinds == {"number", "boolean"} else "text"


def _kind_of_value(value: object) -> ColumnKind:
    return "boolean" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"


def column_kinds(protocol: Protocol) -> dict[str, Kind]:
    """The kind of every column used: as declared, else as its uses ask; ``any`` where none of them asks.

    A firm use outweighs a suggestion. Suggestions that differ are settled by the kind that loses nothing: text for a
    stratum that is also compared with a number (the comparison reads the number in the text).
    """
    all_uses = [use for use in uses(protocol) if use.read_as is None]
    return {use.column: _settled(protocol, use.column, all_uses) for use in all_uses}


def _settled(protocol: Protocol, column: str, all_uses: Collection[Use]) -> Kind:
    declared = protocol.population.columns.get(column) if protocol.population is not None else None
    if declared is not None and declared.kind is not None:
        return declared.kind
    if declared is not None and (declared.true or declared.false):
        return "boolean"
    suggesting = [use for use in all_uses if use.column == column and use.kind is not None]
    kinds = {use.kind for use in suggesting if use.firm} or {use.kind for use in suggesting}
    if "text" in kinds:
        return "text"
    if "number" in kinds:
        return "number"
    if "date" in kinds:
        return "date"
    return "boolean" if kinds else "any"


def _uses_of(protocol: Protocol, file: File) -> list[Use]:
    """The uses that one file must serve. Outcomes can do without receipt, which contacts may bring, and calls."""
    all_uses = uses(protocol)
    if file == "population":
        used = {use.column for use in all_uses if use.part not in AFTER_ALLOCATION | {"declared"}}
        later = {use.column for use in all_uses if use.part in AFTER_ALLOCATION} - used
        if codes_of_delivery(protocol) is not None:
            later |= {DELIVERED} - used  # contacts have it
        # What is only known later may be declared too, and no population has it.
        return [use for use in all_uses if use.part not in AFTER_ALLOCATION and use.column not in later]
    if file == "outcomes":
        return [use for use in all_uses if use.part == "id" or use.part in AFTER_ALLOCATION - _OPTIONAL]
    return [use for use in all_uses if use.part != "contact"]


def population_contract(protocol: Protocol) -> FileContract:
    """What the population file of a trial randomised here must hold."""
    return _contract(protocol, _uses_of(protocol, "population"))


def outcomes_contract(protocol: Protocol) -> FileContract:
    """What a file of outcomes must hold. Receipt is optional there: it may come with the contacts instead; and so is
    who got in touch, of which no verdict is made."""
    optional = [use for use in uses(protocol) if use.part in _OPTIONAL]
    needed = _uses_of(protocol, "outcomes")
    return _contract(protocol, needed, optional=optional, duplicates="reject", bad_cells="missing")


def external_contract(protocol: Protocol) -> FileContract:
    """What the one file of a trial randomised elsewhere must hold."""
    return _contract(protocol, _uses_of(protocol, "external"), bad_cells="missing")


def _contract(
    protocol: Protocol,
    needed: Collection[Use],
    *,
    optional: Collection[Use] = (),
    duplicates: Literal["refuse", "reject"] = "refuse",
    bad_cells: BadCellRule = "reject_row",
) -> FileContract:
    kinds = column_kinds(protocol)
    unit = None if protocol.population.unit == "row" else protocol.population.unit
    plain = [use for use in needed if use.read_as is None]
    required = dict.fromkeys((use.column for use in plain if use.column != unit), True)
    names = required | {use.column: False for use in optional if use.column not in required}
    columns = [
        _column_contract(protocol, name, kinds[name], [use for use in (*plain, *optional) if use.column == name], here)
        for name, here in names.items()
    ]
    columns += [_own_reading(protocol, use) for use in needed if use.read_as is not None]
    named_in: dict[str, tuple[str, ...]] = {}
    for use in (*needed, *optional):
        named_in[use.column] = (*named_in.get(use.column, ()), path_text(use.path))
    return FileContract(unit, tuple(columns), duplicates, named_in, bad_cells)


def _column_contract(
    protocol: Protocol, name: str, kind: Kind, used: Collection[Use], required: bool
) -> ColumnContract:
    """One column, as strict as the strictest of its uses."""
    parts = {use.part for use in used}
    truths = kind == "number" and any(use.kind == "boolean" and use.firm for use in used)
    counts = any(_counts(protocol, use) for use in used)
    return ColumnContract(
        name,
        kind,
        required,
        minimum=0 if truths or counts or parts & {"time", "contact"} else None,
        maximum=1 if truths and "time" not in parts else None,
        whole=truths or counts,
        numeric=kind == "any" and any(_may_be_a_quantity(protocol, use) for use in used),
        levels=_levels(protocol, used),
        # A level may be called NA; a condition on the column may ask whether it is missing.
        marks_are_words=kind == "any" and not parts & {"where", "exclude", "welsh", "not_for"},
        missing_marks=_not_an_arm(protocol) if "arm" in parts else frozenset(),
        codes=codes_of(protocol, name),
    )


def _levels(protocol: Protocol, used: Collection[Use]) -> LevelRule | None:
    """Of what a column's values are the levels, by the strictest of its uses."""
    rules: set[LevelRule] = set()
    for use in used:
        if use.part == "stratum":
            rules.add("stratum")
        elif use.part == "reason":
            rules.add("category")
        elif use.part in ("covariate", "subgroup") and use.kind != "number":
            declared = use.part == "subgroup" or protocol.analysis.covariates[int(use.path[2])].as_ == "category"
            rules.add("category" if declared else "where_text")
        elif use.part in ("cluster", "pair", "errors", "where", "exclude", "welsh", "not_for") and use.kind == "text":
            rules.add("label")
    strictest: tuple[LevelRule, ...] = ("category", "where_text", "stratum", "label")
    return next((rule for rule in strictest if rule in rules), None)


def _own_reading(protocol: Protocol, use: Use) -> ColumnContract:
    """A column as one outcome reads it, by codes of its own."""
    kind, counts = use.kind or "any", _counts(protocol, use)
    return ColumnContract(
        use.read_as or use.column,
        kind,
        minimum=0 if counts else None,
        whole=counts,
        codes=codes_in(protocol.outcomes[int(use.path[1])]),
        source=use.column,
    )


def _counts(protocol: Protocol, use: Use) -> bool:
    return use.part == "outcome" and protocol.outcomes[int(use.path[1])].kind == "count"


def _may_be_a_quantity(protocol: Protocol, use: Use) -> bool:
    return use.part == "covariate" and protocol.analysis.covariates[int(use.path[2])].as_ is None


def _not_an_arm(protocol: Protocol) -> frozenset[str]:
    """Texts that are no label of an arm but say that the arm is not known."""
    return NOT_KNOWN - {str(arm.id if arm.value is None else arm.value) for arm in protocol.arms}


def check_columns(protocol: Protocol, columns: Collection[str], *, file: File | None = None) -> None:
    """Hold a file's headers against the protocol.

    Args:
        protocol: As loaded.
        columns: The file's headers.
        file: Which file they are of; by default ``external`` for a trial randomised elsewhere, else ``population``.

    Raises:
        ProtocolRefused: Naming every place in the protocol that uses a column the file lacks.
    """
    file = file or ("population" if protocol.randomised_here else "external")
    missing = [use for use in _uses_of(protocol, file) if use.column not in columns]
    if missing:
        raise ProtocolRefused(_absent(use, columns) for use in missing)


def _absent(use: Use, columns: Collection[str]) -> ProtocolError:
    problem = f'the file has no column "{use.column}"{nearest(use.column, columns)}'
    rule = "every column that the protocol uses is in the file"
    return ProtocolError(path_text(use.path), problem, rule, tuple(columns))


def measured_after(protocol: Protocol, allocation: date) -> Iterator[Breach]:
    """Columns used before allocation whose declared ``as_at`` lies after it."""
    early = {use.column: use for use in uses(protocol) if use.part not in AFTER_ALLOCATION | {"declared"}}
    for name, declared in protocol.population.columns.items():
        if name in early and declared.as_at is not None and declared.as_at > allocation:
            use = early[name]
            problem = f"{declared.as_at} is after the allocation on {allocation}, and {path_text(use.path)} uses it"
            path = ("population", "columns", name, "as_at")
            yield Breach(path, problem, f"a {use.part} is measured before customers are assigned")


def check_allocation_date(protocol: Protocol, allocation: date) -> None:
    """Refuse, at lock, what was measured after the day on which customers are assigned.

    Raises:
        ProtocolRefused: Naming each column's ``as_at``.
    """
    late = [
        ProtocolError(path_text(breach.path), breach.problem, breach.rule)
        for breach in measured_after(protocol, allocation)
    ]
    if late:
        raise ProtocolRefused(late)
