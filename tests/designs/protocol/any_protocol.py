"""Anything that the vocabulary of a protocol can say, drawn at random."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

numbers = st.floats(-1e6, 1e6).map(lambda x: x + 0.0) | st.integers(-(10**6), 10**6)
above_zero = st.floats(1e-6, 1e6) | st.integers(1, 10**6)
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=12).filter(
    str.strip
)
ids = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,8}", fullmatch=True)
ranges = numbers | st.lists(numbers, min_size=3, max_size=3).map(
    lambda three: dict(zip(("low", "central", "high"), sorted(three), strict=True))
)
scalars = numbers | texts | st.booleans()
tests_of_a_value = st.fixed_dictionaries(
    {}, optional={"equals": scalars, "one_of": st.lists(scalars, min_size=1, max_size=3), "above": numbers}
).filter(bool)
columns = texts.map(lambda name: f"c {name}")
conditions = st.builds(lambda column, test: {"column": column, **test}, columns, tests_of_a_value)


@st.composite
def protocols(draw: st.DrawFn) -> dict[str, Any]:
    """Anything that the vocabulary can say, whether or not the rules over several keys would have it."""
    maybe: dict[str, Any] = {
        "owner": texts,
        "nfa_waived": texts,
        "decision": st.fixed_dictionaries(
            {"benefits": st.lists(st.fixed_dictionaries({"outcome": ids, "value": ranges}), max_size=2)},
            optional={"set_up": ranges, "break_even": numbers, "roll_out_customers": st.integers(1, 10**9)},
        ),
    }
    arm = st.fixed_dictionaries(
        {"id": ids, "kind": st.sampled_from(["nfa", "bau", "otm"])},
        optional={"share": above_zero, "value": scalars, "cost_per_customer": ranges, "label": texts},
    )
    outcome = st.fixed_dictionaries(
        {"id": ids, "role": st.just("primary"), "kind": st.sampled_from(["binary", "amount", "time_to_event"])},
        optional={
            "column": texts,
            "day": st.integers(1, 999),
            "margin": st.just(0),
            "cap": above_zero,
            "label": texts,
            "unit": st.sampled_from(["pounds", "minutes", "days", "number"]),
        },
    )
    column = st.fixed_dictionaries(
        {}, optional={"kind": st.sampled_from(["text", "number"]), "as_at": st.dates().map(str), "source": texts}
    )
    return draw(
        st.fixed_dictionaries(
            {
                "schema": st.just(1),
                "id": ids,
                "title": texts,
                "hypothesis": texts,
                "population": st.fixed_dictionaries(
                    {"unit": texts},
                    optional={
                        "where": st.lists(conditions, max_size=2),
                        "cluster": texts,
                        "columns": st.dictionaries(texts, column, max_size=2),
                    },
                ),
                "arms": st.lists(arm, min_size=2, max_size=3),
                "randomisation": st.fixed_dictionaries(
                    {"method": st.sampled_from(["simple", "complete", "external"])},
                    optional={"strata": st.lists(texts, max_size=2), "cluster": texts},
                ),
                "outcomes": st.lists(outcome, min_size=1, max_size=2),
                "analysis": st.fixed_dictionaries(
                    {},
                    optional={
                        "alpha": st.floats(0.001, 0.2),
                        "covariates": st.lists(texts | st.fixed_dictionaries({"column": texts}), max_size=2),
                    },
                ),
            },
            optional=maybe,
        )
    )
