"""Mailings before the primary election of August 2006 in Michigan: social pressure and turnout."""

from __future__ import annotations

from data.reference.counts import PublishedArm, PublishedTrial

SOCIAL_PRESSURE_2006 = PublishedTrial(
    id="social-pressure-2006",
    title="Three mailings against none, assigned by household",
    outcome="voted in the primary election of August 2006",
    citation=(
        "Gerber, Green & Larimer (2008), Social Pressure and Voter Turnout: Evidence from a Large-Scale Field "
        "Experiment, American Political Science Review 102(1):33-48"
    ),
    caveats=(
        "Households were assigned whole: a standard error from customers' counts alone is too small by a quarter. The "
        "fourth mailing (Self) is not in the public copy that these counts come from, nor are the blocks."
    ),
    year=2006,
    behaviour="vote in the election",
    people="registered voters",
    arms=(
        PublishedArm("Control", 191_243, 56_730, clusters=99_999),
        PublishedArm("Civic Duty", 38_218, 12_021, clusters=20_001, technique="moral appeal"),
        PublishedArm("Hawthorne", 38_204, 12_316, clusters=20_002),
        PublishedArm("Neighbors", 38_201, 14_438, clusters=20_000, technique="social norm"),
    ),
)
