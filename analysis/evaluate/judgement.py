"""What one analysis concludes: the verdict with its money, and what would make it another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from analysis.deciding import net_benefit
from analysis.deciding.evidence import DecisionRules
from analysis.deciding.explanation import explain
from analysis.deciding.looks import at_look, go_on
from analysis.deciding.threshold_analysis import thresholds
from analysis.deciding.tipping_points import tipping_points
from analysis.deciding.verdict import decide
from analysis.deciding.what_would_change import what_would_change
from analysis.evaluate.evidence.gather import gather_evidence
from analysis.evaluate.evidence.missing import missing_of
from analysis.evaluate.fits import Fits
from analysis.evaluate.looks import concluded
from analysis.evaluate.money import net_benefit_of
from analysis.evaluate.saturation import Compared
from analysis.evaluate.tallies import ArmTally
from analysis.results import Look, NetBenefit, Thresholds, TippingPoint, Verdict
from analysis.specification import Specification


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict, its money, what would make it another, and the look that gave it."""

    verdict: Verdict
    net_benefit: NetBenefit | None
    thresholds: Thresholds
    tipping_points: tuple[TippingPoint, ...]
    look: Look | None = None


def judge(
    of: Compared,
    protocol_digest: str,
    specification: Specification,
    fits: Fits,
    rules: DecisionRules,
    arms: Mapping[str, ArmTally],
) -> Judged:
    """What is concluded of the fits, in each scenario of costs, and by the look where one is taken.

    Args:
        of: What is compared.
        protocol_digest: Which seeds what is drawn.
        specification: Of the fits.
        fits: With the times to an event beside them.
        rules: By which it is decided; at a look those of the look.
        arms: How many customers of each arm have which outcome.
    """
    frame, protocol = of.frame, of.protocol
    evidence, fits = gather_evidence(frame, protocol, protocol_digest, rules, fits)
    decided = {scenario: decide(trial, rules) for scenario, trial in evidence.items()}
    look = concluded(protocol, fits, decided["central"], evidence["central"]) if fits.judged else None
    if look is not None and decided["central"].code == "not_due":
        return Judged(go_on(protocol, look, decided["central"]), None, Thresholds(), (), look)
    codes = {scenario: decided[scenario].code for scenario in net_benefit.SCENARIOS} if rules.valued else {}
    central = evidence["central"], rules, decided["central"]
    contact = {arm.id: arm.cost_per_customer.central for arm in protocol.arms}
    found = Thresholds() if of.bar else thresholds(evidence["central"], rules, decided, contact)
    changes = what_would_change(protocol, *central, found=found, customers=frame.flow.allocated)
    verdict = explain(protocol, *central, changes=changes, look=look)
    verdict = verdict if look is None else at_look(verdict, look)
    lacked = [outcome for outcome in protocol.outcomes if any(tally.lacks(outcome.id) for tally in arms.values())]
    missing = [] if of.bar else missing_of(frame, protocol, specification, fits, lacked)
    tipping = tipping_points(*central, missing)
    money = net_benefit_of(protocol, fits, codes) if rules.valued and rules.bar is None else None
    return Judged(verdict, money, found, tipping, look)
