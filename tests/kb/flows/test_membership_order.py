"""All combinations of memberships, against the rules written down once more in plain words."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import pytest

from kb.flows.engine import OutcomeKind, outcome
from kb.flows.schema import TableNode
from kb.flows.showing import prefilled, shown
from kb.flows.table import prove
from tests.kb.flows.starters import FLOWS, Walked

FLOW = FLOWS["membership-order"]
PLANS = {
    "single-1": ("single", 1),
    "single-3": ("single", 3),
    "single-12": ("single", 12),
    "monthly": ("subscription", 1),
    "quarterly": ("subscription", 3),
}
TIERS = ("gold", "platinum", "diamond")
COMBINATIONS = list(product(PLANS, TIERS, PLANS, TIERS))


class Result(NamedTuple):
    allowed: str
    starts: str
    remainder: str
    discount: str


NO = Result("no", "none", "none", "none")
NOT_COVERED = Result("unknown", "none", "none", "none")


def expected(holds: str, holds_tier: str, wants: str, wants_tier: str) -> Result:
    """What applies, as the rows of the rules say it."""
    kind, months = PLANS[holds]
    wanted, wanted_months = PLANS[wants]
    step = TIERS.index(wants_tier) - TIERS.index(holds_tier)
    if kind == "single" and wanted == "single":
        return NOT_COVERED
    if kind == "single":
        if step < 0:
            return Result("yes", "after-single", "used-first", "first-subscription")
        return Result("yes", "at-once", "after-subscription", "first-subscription")
    if wanted == "subscription":
        if step > 0:
            return Result("yes", "at-once", "after-higher", "first-upgrade")
        if step == 0 and wanted_months > months:
            return Result("yes", "at-once", "after-subscription", "none")
        return NO
    if step > 0:
        return Result("yes", "at-once", "after-single", "none")
    return Result("yes", "in-order" if step == 0 else "after-subscription", "unaffected", "none")


def walked(holds: str, holds_tier: str, wants: str, wants_tier: str) -> Walked:
    return Walked(
        "membership-order",
        {
            "holds_plan": holds,
            "holds_tier": holds_tier,
            "wants_plan": wants,
            "wants_tier": wants_tier,
        },
    )


def test_there_are_all_combinations() -> None:
    assert len(COMBINATIONS) == 225


@pytest.mark.parametrize("combination", COMBINATIONS, ids="-".join)
def test_every_combination_has_the_result_of_the_rules(
    combination: tuple[str, str, str, str],
) -> None:
    run = walked(*combination)
    values = run.here.values
    result = Result(*(str(values[name]) for name in Result._fields))
    assert result == expected(*combination)
    script = shown(run.here, run.world).script
    if result == NOT_COVERED:
        assert outcome(run.here) is OutcomeKind.TIER2
        return
    assert outcome(run.here) is OutcomeKind.ANSWER
    assert ("可以的" in script) is (result.allowed == "yes")
    assert ("首购优惠" in script) is (result.discount != "none")
    assert ("立即生效" in script) is (result.starts == "at-once")


def test_the_table_is_proved_not_tried() -> None:
    table = FLOW.nodes["order"]
    assert isinstance(table, TableNode)
    proof = prove(table, FLOW.variables)
    assert (proof.missing, proof.overlaps, proof.empty) == (None, (), ())


def test_what_the_rules_do_not_cover_is_handed_over_with_what_was_asked() -> None:
    run = walked("single-3", "gold", "single-12", "diamond")
    assert prefilled(run.here).fields == {
        "holds_plan": "单品 3 个月",
        "holds_tier": "黄金",
        "wants_plan": "单品 12 个月",
        "wants_tier": "钻石",
    }
