"""From what the protocol declares, and the kinds of the frame's columns, to designs, responses and subgroup levels."""

from __future__ import annotations

import math

import narwhals as nw

from analysis.deciding import net_benefit
from analysis.errors import AnalysisRefused
from analysis.evaluate.quantile_groups import quantile_levels
from analysis.frame import AnalysisFrame, strata_of
from analysis.specification import Column, Levels, Response, Specification
from designs.protocol.columns import column_of
from designs.protocol.models import Outcome, Protocol, Subgroup
from designs.protocol.words import column_words

MOST_LEVELS = 60

Kinds = dict[str, nw.dtypes.DType]


def column_kinds(frame: AnalysisFrame) -> Kinds:
    """The kind of every column, as the engine has it."""
    return dict(frame.rows.collect_schema())


def specification_of(frame: AnalysisFrame, protocol: Protocol, kinds: Kinds) -> Specification:
    """The declared regression. Text and booleans are categories unless the protocol says otherwise."""
    return Specification(
        arms=tuple(arm.id for arm in protocol.arms),
        contrasts=protocol.contrasts,
        adjustment=protocol.analysis.adjustment,
        standard_errors=protocol.analysis.standard_errors,
        covariates=covariates_of(protocol, kinds),
        strata=strata_of(frame, protocol),
        cluster=protocol.errors_cluster,
        cluster_assigned=protocol.analysis.errors_clustered_by is None,
        cluster_called=column_words(protocol).label(protocol.errors_cluster or ""),
        alpha=protocol.analysis.alpha,
    )


def covariates_of(protocol: Protocol, kinds: Kinds) -> tuple[Column, ...]:
    """Declared covariates with their kinds."""
    columns: list[Column] = []
    for covariate in protocol.analysis.covariates:
        dtype = _dtype(kinds, covariate.column)
        columns.append(Column(covariate.column, covariate.as_ or ("number" if dtype.is_numeric() else "category")))
    return tuple(columns)


def response_of(outcome: Outcome, *, capped: bool = False) -> Response:
    """A plain outcome, or its capped version under a name of its own."""
    terms = ((column_of(outcome), 1.0),)
    return Response(f"{outcome.id}:capped", terms, cap=outcome.cap) if capped else Response(outcome.id, terms)


def regressed(protocol: Protocol) -> tuple[Outcome, ...]:
    """The outcomes that regression estimates: all but times to an event."""
    return tuple(outcome for outcome in protocol.outcomes if outcome.kind != "time_to_event")


def responses_of(protocol: Protocol, *, capped: bool) -> tuple[Response, ...]:
    """Everything that the same passes regress: outcomes, their capped versions, net benefit under each scenario."""
    plain = [response_of(outcome) for outcome in regressed(protocol)]
    limited = [response_of(outcome, capped=True) for outcome in regressed(protocol) if capped and outcome.cap]
    money = (
        []
        if net_benefit.why_unvalued(protocol)
        else [net_benefit.composite(protocol, s) for s in net_benefit.SCENARIOS]
    )
    return (*plain, *limited, *money)


def levels_of(frame: AnalysisFrame, subgroup: Subgroup) -> Levels:
    """A subgroup's levels: its values as text, or Q1 to Qk.

    Raises:
        AnalysisRefused: the column has no value, or too many to be levels.
    """
    if subgroup.quantiles is not None:
        return quantile_levels(frame, subgroup.column, subgroup.quantiles)
    level = nw.col(subgroup.column).cast(nw.String).alias("level")
    table = frame.engine.collect(frame.rows.select(level).group_by("level").agg(nw.len().alias("n")))
    names = tuple(sorted((name for name in table["level"].to_pylist() if name is not None), key=_natural))
    if not names:
        raise AnalysisRefused("the subgroup column has no value", where=subgroup.column)
    if len(names) > MOST_LEVELS:
        raise AnalysisRefused(
            f"the subgroup column has {len(names)} values",
            where=subgroup.column,
            rule=f"a subgroup has at most {MOST_LEVELS} levels",
            remedy="declare quantiles for it, or a coarser column",
        )
    known = [(name, int(n)) for name, n in zip(table["level"].to_pylist(), table["n"].to_pylist(), strict=True)]
    return Levels(subgroup.column, names, without=sum(n for name, n in known if name is None))


def _natural(name: str) -> tuple[int, float, str]:
    """Numbers in their order, before words."""
    try:
        number = float(name)
    except ValueError:
        return (1, 0.0, name)
    return (0, number, name) if math.isfinite(number) else (1, 0.0, name)  # a level may be called nan


def _dtype(kinds: Kinds, column: str) -> nw.dtypes.DType:
    if column not in kinds:
        raise AnalysisRefused(
            f'the data have no column "{column}"', where="analysis.covariates", rule="every declared column is present"
        )
    return kinds[column]
