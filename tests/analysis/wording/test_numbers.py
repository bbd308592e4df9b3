"""Numbers into words: what a figure says must be what it is, at every size and sign."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.wording import numbers

finite = st.floats(-1e9, 1e9, allow_nan=False)


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        (0.0224, "+2.2 points"),
        (-0.0224, "−2.2 points"),
        (0.0, "0.00 points"),
        (0.0096, "+1.0 points"),
        (None, "not known"),
    ],
)
def test_points(effect, said):
    assert numbers.points(effect) == said


@pytest.mark.parametrize(
    ("money", "said"),
    [
        ((-490, -1000, 30), "£490 lost (£1,000 lost to £30 gained)"),
        ((-490, -1000, -30), "£490 lost (£1,000 to £30)"),
        ((850, 400, 1300), "£850 gained (£400 to £1,300)"),
        ((0.2, -3, 4), "£0 (£3 lost to £4 gained)"),
        ((338_912, 1_200, 1_243_000), "£339,000 gained (£1,200 to £1.24 million)"),
        ((None, None, None), "not known"),
        ((850, None, None), "£850 gained"),
    ],
)
def test_gain_or_loss(money, said):
    assert numbers.gain_or_loss(*money) == said


@pytest.mark.parametrize(("size", "said"), [(99.4, "£99"), (99.5, "£100"), (9_994, "£9,990"), (9_995, "£10,000")])
def test_money_steps_at_its_thresholds(size, said):
    assert numbers.large_pounds(size) == said


@pytest.mark.parametrize(
    ("size", "said"), [(999_499, "£999,000"), (999_500, "£1 million"), (12_340_000, "£12.3 million")]
)
def test_a_million_is_named(size, said):
    assert numbers.large_pounds(size) == said


@given(finite)
def test_no_figure_is_a_negative_zero_or_has_a_hyphen_for_a_minus(value):
    for words in (numbers.decimal(value), numbers.pounds(value), numbers.large_pounds(value), numbers.points(value)):
        assert "-" not in words
        figures = words.lstrip("−£+").split(" ")[0]
        if not any(digit in figures for digit in "123456789"):
            assert "−" not in words
            assert "+" not in words


@given(st.floats(1, 1e15))
def test_large_pounds_keep_their_size_to_half_a_percent_or_half_a_pound(amount):
    words = numbers.large_pounds(amount).removeprefix("£").replace(",", "")
    number, _, unit = words.partition(" ")
    said = float(number) * {"": 1.0, "million": 1e6, "billion": 1e9, "trillion": 1e12}[unit]
    assert said == pytest.approx(amount, rel=0.051 if amount < 1000 else 0.0055, abs=0.51)


@given(st.floats(-0.9, 0.9, allow_nan=False))
def test_people_and_their_direction_agree_with_the_effect(effect):
    words = numbers.per_thousand("share", effect)
    if words == "no more or fewer":
        assert abs(effect) < 0.0000501
    else:
        number, direction = words.split(" ")
        assert direction == ("fewer" if effect < 0 else "more")
        assert float(number) == pytest.approx(abs(effect) * 1000, abs=0.51)


@pytest.mark.parametrize(
    ("measure", "effect", "said"),
    [
        ("share", (0.0702, 0.065, 0.0754), "70 more (65 to 75)"),
        ("share", (-0.0702, -0.0754, -0.065), "70 fewer (75 to 65)"),
        ("pounds", (0.7, -0.2, 12.3456), "£700 more (£200 less to £12,300 more)"),
        ("minutes", (-0.045, -0.06, -0.03), "45 minutes less (60 to 30)"),
        ("days", (1.5, 0.0, 3.0), "1,500 days more (0 to 3,000)"),
        ("number", (0.0004, -0.0004, 0.002), "0.4 more (0.4 fewer to 2 more)"),
        ("pounds", (0.0001, None, None), "no more or less"),
        ("share", (None, None, None), "not known"),
    ],
)
def test_an_effect_over_a_thousand_customers_speaks_its_unit(measure, effect, said):
    assert numbers.per_thousand(measure, *effect) == said


@pytest.mark.parametrize("measure", ["share", "pounds", "minutes", "days", "number"])
@given(bounds=st.tuples(st.floats(-9, 9), st.floats(-9, 9)).map(sorted))
def test_only_pounds_are_said_in_pounds(measure, bounds):
    lower, upper = bounds
    said = [
        numbers.per_thousand(measure, upper, lower, upper), numbers.per_thousand_range(measure, lower, upper),
        numbers.difference(measure, upper, lower, upper), numbers.interval(measure, lower, upper),
        numbers.level(measure, upper), numbers.quantity(abs(upper), measure),
    ]  # fmt: skip
    assert any("£" in words for words in said) == (measure == "pounds")


@pytest.mark.parametrize(("value", "said"), [(0.05, "0.050"), (0.00049, "<0.001"), (0.0005, "0.001"), (1.0, "1.000")])
def test_p_values_have_three_decimals(value, said):
    assert numbers.p_value(value) == said
