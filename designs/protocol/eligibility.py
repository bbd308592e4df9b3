"""Which arms a customer could get: a column of its own, laid down once, that all who compare arms filter by."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

import narwhals as nw

from designs.protocol.columns import column_kinds
from designs.protocol.conditions import all_hold
from designs.protocol.models import Arm, Protocol

ELIGIBLE_ARMS = "_eligible_arms"


def closes_an_arm(protocol: Protocol) -> bool:
    """Whether there are customers who may not get every arm."""
    return any(arm.not_for for arm in protocol.arms)


def with_eligible_arms(rows: nw.LazyFrame[Any], protocol: Protocol) -> nw.LazyFrame[Any]:
    """Add :data:`ELIGIBLE_ARMS`: the ids of the arms that a customer could get, in the protocol's order, as text.

    Where whole clusters are assigned, a reason that bars one customer bars everybody in the cluster; so the rows are
    all customers who were assigned, with what was known of them then.
    """
    parts = [_id_where_open(protocol, arm) for arm in protocol.arms]
    return rows.with_columns(nw.concat_str(parts).str.strip_chars().alias(ELIGIBLE_ARMS))


def could_get(arm: str) -> nw.Expr:
    """True of the customers to whom an arm was not closed, on rows that have :data:`ELIGIBLE_ARMS`."""
    listed = nw.concat_str([nw.lit(" "), nw.col(ELIGIBLE_ARMS), nw.lit(" ")])
    return listed.str.contains(f" {arm} ", literal=True)


def _id_where_open(protocol: Protocol, arm: Arm) -> nw.Expr:
    open_ = nw.lit(f" {arm.id}")
    return nw.when(~_barred(protocol, arm)).then(open_).otherwise(nw.lit("")) if arm.not_for else open_


def _barred(protocol: Protocol, arm: Arm) -> nw.Expr:
    kinds = column_kinds(protocol)
    barred = reduce(or_, [all_hold(exclusion.conditions, kinds) for exclusion in arm.not_for])
    if protocol.cluster is None or protocol.randomisation.saturations:
        return barred
    return barred.cast(nw.Int8).max().over(protocol.cluster) == 1
