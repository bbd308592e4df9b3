"""Letters to late payers of property tax in Philadelphia, 2014: the paper's three samples, each inside the one before.

Customers, debts and money received are printed in the paper. The number who ever paid is not: it is the only whole
number per arm that agrees with the printed percentage, logit coefficient and log likelihood at once.
"""

from __future__ import annotations

from data.reference.counts import PublishedArm, PublishedTrial

_CITATION = (
    "Chirico, Inman, Loeffler, MacDonald & Sieg (2016), An Experimental Evaluation of Notification Strategies to "
    "Increase Property Tax Compliance: Free-Riding in the City of Brotherly Love, Tax Policy and the Economy 30"
)
_CAVEATS = (
    "Letters followed the billing cycle, so assignment was as good as random but not drawn; the paper clusters by "
    "owner, which counts cannot."
)

_ALL = "philadelphia-2014"


def _sample(id_: str, title: str, people: str, *arms: PublishedArm) -> PublishedTrial:
    return PublishedTrial(
        id_, title, "paid anything in the period", _CITATION, _CAVEATS, arms,
        year=2014, behaviour="pay the overdue tax", people=people, currency="USD",
        part_of=None if id_ == _ALL else _ALL,
    )  # fmt: skip


PHILADELPHIA_2014: tuple[PublishedTrial, ...] = (
    _sample(
        _ALL,
        "Three letters against the standard bill, all properties",
        "late payers of property tax",
        PublishedArm("Control", 1075, 167, collected=120_585, owed=3_294_516),
        PublishedArm("Threat", 499, 72, collected=71_176, owed=1_839_826, technique="deterrence"),
        PublishedArm("Public Service", 2211, 323, collected=447_728, owed=8_003_148, technique="public services"),
        PublishedArm("Civic Duty", 1142, 211, collected=152_217, owed=3_794_900, technique="moral appeal"),
    ),
    _sample(
        "philadelphia-2014-non-commercial",
        "Three letters against the standard bill, properties that are not commercial",
        "late payers of property tax, not commercial",
        PublishedArm("Control", 1048, 166, collected=120_069, owed=2_930_759),
        PublishedArm("Threat", 480, 72, collected=71_176, owed=1_657_379, technique="deterrence"),
        PublishedArm("Public Service", 2122, 309, collected=288_758, owed=7_024_458, technique="public services"),
        PublishedArm("Civic Duty", 1099, 204, collected=146_227, owed=3_350_147, technique="moral appeal"),
    ),
    _sample(
        "philadelphia-2014-sole-owners",
        "Three letters against the standard bill, owners of one property",
        "late payers of property tax, owners of one property",
        PublishedArm("Control", 837, 131, collected=66_597, owed=3_007_232),
        PublishedArm("Threat", 406, 62, collected=51_309, owed=1_437_902, technique="deterrence"),
        PublishedArm("Public Service", 1754, 284, collected=418_767, owed=6_956_034, technique="public services"),
        PublishedArm("Civic Duty", 891, 178, collected=130_016, owed=3_331_168, technique="moral appeal"),
    ),
)
