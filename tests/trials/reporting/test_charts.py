"""Charts: valid, holding zero, true to the numbers, and told in words."""

from dataclasses import replace
from datetime import UTC, date, datetime

import altair as alt
import pytest

from analysis.results import Estimate, Money
from tests.trials.reporting import examples
from trials.reporting.charts import (
    DARK,
    LIGHT,
    effect_figure,
    net_benefit_figure,
    segment_figure,
    survival_figure,
    timeline_figure,
)
from trials.reporting.charts.figure import APPROACH_COLOURS, NFA_COLOUR, arm_colours, arm_shapes, wrapped
from trials.reporting.charts.survival import at_risk, left_at, share_by
from trials.reporting.words.names import Names

NAMES = Names(examples.PLAN)
AT_RISK_DAYS = ["0", "30, first penalty", "91", "182", "274", "365"]


def primary(**changes) -> list[Estimate]:
    rows = [row for row in examples.evaluation().estimates if row.declared and row.role == "primary"]
    return [replace(row, **changes) for row in rows]


def money(**changes):
    benefit = examples.evaluation().net_benefit
    assert benefit is not None
    return [replace(row, **changes) for row in benefit.arms]


def figures(ink=LIGHT):
    evaluation = examples.with_curves()
    by_reason = [row for row in evaluation.estimates if row.subgroup and row.arm == "sms"]
    return {
        "effect": effect_figure(primary(), NAMES, ink),
        "segment": segment_figure(by_reason, NAMES, ink),
        "money": net_benefit_figure(money(), NAMES, ink),
        "survival": survival_figure(evaluation.curves, NAMES, ink),
        "timeline": timeline_figure(examples.portfolio(), date(2026, 11, 21), ink),
    }


@pytest.mark.parametrize("ink", [LIGHT, DARK])
@pytest.mark.parametrize("name", ["effect", "segment", "money", "survival", "timeline"])
def test_every_figure_is_valid_and_has_its_words_and_its_table(name, ink):
    figure = figures(ink)[name]
    assert figure is not None
    figure.chart.to_dict(validate=True)
    assert figure.height == figure.chart.to_dict()["height"]
    assert figure.title
    assert figure.caption.endswith(".")
    assert figure.alt.startswith(figure.title)
    assert figure.table.rows
    assert all(len(row) == len(figure.table.columns) for row in figure.table.rows)


def layers(figure, mark):
    spec = figure.chart.to_dict()
    datasets = spec.get("datasets", {})
    for layer in spec["layer"]:
        kind = layer["mark"] if isinstance(layer["mark"], str) else layer["mark"]["type"]
        if kind == mark:
            data = layer["data"]
            yield layer, data["values"] if "values" in data else datasets[data["name"]]


def day_of(milliseconds):
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date()


def domain(figure):
    found = [
        layer["encoding"]["x"]["scale"]["domain"]
        for layer, _ in layers(figure, "rule")
        if "scale" in layer["encoding"]["x"]
    ]
    return found[0]


def test_points_and_intervals_are_the_estimates_in_percentage_points():
    rows = primary()
    values = next(values for _, values in layers(effect_figure(rows, NAMES, LIGHT), "point"))
    assert [value["estimate"] for value in values] == pytest.approx([row.estimate * 100 for row in rows])
    assert [value["lower"] for value in values] == pytest.approx([row.ci_lower * 100 for row in rows])
    assert [value["upper"] for value in values] == pytest.approx([row.ci_upper * 100 for row in rows])


def test_money_is_per_thousand_with_low_and_high_as_ticks():
    rows = money()
    figure = net_benefit_figure(rows, NAMES, LIGHT)
    points = next(values for _, values in layers(figure, "point"))
    ticks = next(values for _, values in layers(figure, "tick"))
    assert [value["estimate"] for value in points] == pytest.approx([row.central.estimate * 1000 for row in rows])
    expected = [bound * 1000 for row in rows for bound in (row.low.estimate, row.high.estimate)]
    assert [value["x"] for value in ticks] == pytest.approx(expected)


@pytest.mark.parametrize(("shift", "scale"), [(0.2, 1), (-0.2, 1), (0, 1), (0, 1e-6)])
def test_zero_is_always_on_the_axis_and_labelled(shift, scale):
    rows = [
        replace(
            row, estimate=row.estimate * scale + shift, ci_lower=row.ci_lower * scale + shift,
            ci_upper=row.ci_upper * scale + shift,
        )
        for row in primary()
    ]  # fmt: skip
    figure = effect_figure(rows, NAMES, LIGHT)
    low, high = domain(figure)
    assert low < 0 < high
    assert [value["words"] for _, values in layers(figure, "text") for value in values if "x" in value] == [
        "no further action"
    ]


def test_arms_have_their_own_colour_and_shape_and_nfa_is_grey():
    colours, shapes = arm_colours(NAMES), arm_shapes(NAMES)
    assert colours["nfa"] == NFA_COLOUR
    assert [colours[arm] for arm in NAMES.approaches] == list(APPROACH_COLOURS[:3])
    assert len(set(shapes.values())) == 4


def test_a_row_that_could_not_be_estimated_is_left_out_and_kept_in_the_table():
    rows = primary()
    rows[0] = replace(rows[0], estimate=None, ci_lower=None, ci_upper=None, reason="an arm is empty")
    figure = effect_figure(rows, NAMES, LIGHT)
    assert figure is not None
    assert len(next(values for _, values in layers(figure, "point"))) == 2
    assert any("an arm is empty" in row for row in figure.table.rows)


def test_nothing_to_draw_is_none_and_never_an_empty_chart():
    nothing = primary(estimate=None, ci_lower=None, ci_upper=None)
    assert effect_figure(nothing, NAMES, LIGHT) is None
    assert net_benefit_figure(money(central=Money(None, reason="no values")), NAMES, LIGHT) is None
    assert survival_figure((), NAMES, LIGHT) is None
    assert timeline_figure((), date(2026, 11, 21), LIGHT) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Higher with the plain reminder letter, the SMS reminder and the outbound call"),
        ({"ci_lower_simultaneous": -0.01}, "No difference from no further action is shown."),
        ({"ci_lower_simultaneous": -0.02, "ci_upper_simultaneous": -0.01}, "Lower with"),
    ],
)
def test_an_effects_caption_claims_only_what_the_simultaneous_intervals_carry(changes, said):
    figure = effect_figure(primary(**changes), NAMES, LIGHT)
    assert figure is not None
    assert said in figure.caption


def test_the_money_caption_follows_the_ranges():
    figure = net_benefit_figure(money(), NAMES, LIGHT)
    assert figure is not None
    assert "The SMS reminder gains money. The outbound call loses money." in figure.caption
    assert "For the plain reminder letter the range reaches both sides of zero." in figure.caption


def test_exploratory_segments_are_told_apart_from_planned_ones():
    rows = [row for row in examples.evaluation().estimates if row.subgroup and row.arm == "sms"]
    exploratory = segment_figure([replace(row, phase="exploratory") for row in rows], NAMES, LIGHT)
    planned = segment_figure(rows, NAMES, LIGHT)
    assert exploratory is not None
    assert planned is not None
    assert exploratory.caption.startswith("Exploratory")
    assert planned.caption.startswith("Planned")


def test_curves_are_shares_who_paid_and_the_table_has_customers_at_risk():
    curves = examples.with_curves().curves
    figure = survival_figure(curves, NAMES, LIGHT)
    assert figure is not None
    lines = [values for layer, values in layers(figure, "line")]
    assert lines[0][-1]["share"] == pytest.approx(1 - curves[0].surviving[-1])
    table = at_risk(curves, NAMES)
    assert [row[0] for row in table.rows] == AT_RISK_DAYS
    assert table.rows[0] == ("0", *(f"0.0%; {examples.ALLOCATED[curve.arm]:,} at risk" for curve in curves))


def test_arms_with_events_on_days_of_their_own_are_read_at_the_same_days():
    first, second = examples.with_curves().curves[:2]
    own = replace(
        second, days=(3.0, 40.0, 90.0), surviving=(0.9, 0.5, 0.25), at_risk=(100, 80, 30), ci_lower=(), ci_upper=()
    )
    assert [share_by(own, day) for day in (0, 2.9, 3, 39, 40, 365)] == pytest.approx([0, 0, 0.1, 0.1, 0.5, 0.75])
    assert [left_at(own, day) for day in (0, 3, 4, 90, 91)] == [100, 100, 80, 30, 0]
    figure = survival_figure((first, own), NAMES, LIGHT)
    assert figure is not None
    assert figure.table.rows[-1][0] == "365"
    assert figure.table.rows[-1][2] == "75.0%; 0 at risk"


def test_events_of_one_day_stand_beside_each_other_in_their_order():
    today = date(2026, 11, 21)
    one_day = examples.summary(created_on=today, allocated_on=today, evaluated_on=today)
    figure = timeline_figure([one_day], today, LIGHT)
    points = next(values for _, values in layers(figure, "point"))
    assert [point["event"] for point in points] == ["Registered", "Allocated", "Evaluated"]
    assert [point["when"] for point in points] == sorted({point["when"] for point in points})


def test_marks_that_have_room_stand_on_their_day():
    figure = timeline_figure([examples.summary(allocated_on=date(2026, 6, 1))], date(2026, 11, 21), LIGHT)
    points = next(values for _, values in layers(figure, "point"))
    assert [day_of(point["when"]) for point in points] == [date(2026, 2, 2), date(2026, 6, 1), date(2026, 11, 12)]


def ends(trials, today):
    figure = timeline_figure(trials, today, LIGHT)
    return {value["id"]: value["end"] for _, values in layers(figure, "rule") for value in values if "id" in value}


def test_an_undecided_trial_runs_to_today_and_a_decided_one_stops():
    today = date(2026, 11, 21)
    decided = examples.summary(
        id="decided", state="decided", evaluated_on=date(2026, 6, 1), decided_on=date(2026, 8, 1),
        allocated_on=date(2026, 4, 1),
    )  # fmt: skip
    found = ends((decided, examples.summary()), today)
    assert day_of(found["decided"]) == date(2026, 8, 1)
    assert day_of(found["small-debts-2026"]) == today


def test_a_line_reaches_its_last_mark_where_marks_were_moved_apart():
    today = date(2026, 11, 21)
    one_day = examples.summary(created_on=today, allocated_on=today, evaluated_on=today)
    figure = timeline_figure([one_day], today, LIGHT)
    marks = next(values for _, values in layers(figure, "point"))
    assert ends([one_day], today)[one_day.id] == marks[-1]["when"]


@pytest.mark.parametrize("label", ["SMS", "Plain reminder letter", "A very long label that nobody would write by hand"])
def test_labels_take_two_lines_at_most_and_lose_no_word(label):
    lines = wrapped(label).split("\n")
    assert len(lines) <= 2
    assert " ".join(lines) == label


def test_a_chart_needs_no_network_and_no_data_frame():
    for figure in figures().values():
        assert figure is not None
        assert isinstance(figure.chart, alt.LayerChart)
        assert "url" not in str(figure.chart.to_dict()["layer"])
