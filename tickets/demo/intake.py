"""When contacts come: by month, weekday, holiday and hour; on some days something broke.

The shape is that of a consumer product's support: most in the late morning and the evening, fewer
at weekends and on public holidays, more from month to month.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from tickets.demo.days import DAY, Days

_HOURS = (
    *(0.20, 0.10, 0.05, 0.05, 0.05, 0.10, 0.20, 0.50),
    *(1.5, 3.0, 4.0, 3.8, 3.0, 3.2, 3.8, 3.9),
    *(3.7, 3.4, 3.2, 3.8, 4.2, 4.0, 2.8, 1.2),
)
_WEEKDAYS = (1.10, 1.05, 1.0, 1.0, 1.0, 0.78, 0.72)
_HOLIDAY = 0.6
"""A public holiday that is no weekend day, beside its weekday."""
_GROWTH = (0.7, 1.3)
_INCIDENTS_A_YEAR = 6


def by_day(rng: random.Random, days: Days, *, count: int, until: int) -> list[int]:
    """How many contacts come on each day until the instant ``until``; together ``count``."""
    last = until // DAY
    weights: list[float] = []
    for number in range(last + 1):
        weekday = days.dates[number].weekday()
        weight = _WEEKDAYS[weekday]
        if weekday < 5 and not days.is_working[number]:
            weight *= _HOLIDAY
        elif weekday >= 5 and days.is_working[number]:
            weight = 1.0
        weight *= _GROWTH[0] + (_GROWTH[1] - _GROWTH[0]) * number / max(last, 1)
        weights.append(weight * rng.uniform(0.9, 1.1))
    for _n in range(round(_INCIDENTS_A_YEAR * (last + 1) / 365)):
        weights[rng.randrange(last + 1)] *= rng.uniform(1.8, 3.0)
    weights[last] *= _passed(until % DAY)
    return _shared(count, weights)


def instants(rng: random.Random, day: int, count: int, *, until: int) -> list[int]:
    """``count`` instants of a day, in their order, none after ``until``."""
    found: list[int] = []
    end = until - day * DAY
    weights = [weight if hour * 3600 < end else 0.0 for hour, weight in enumerate(_HOURS)]
    for hour in rng.choices(range(24), weights=weights, k=count):
        second = hour * 3600 + rng.randrange(3600)
        found.append(day * DAY + min(second, end))
    return sorted(found)


def _passed(second: int) -> float:
    """The share of a day's contacts that has come by a second of it; never nothing."""
    hour, inside = divmod(second, 3600)
    return max((sum(_HOURS[:hour]) + _HOURS[hour] * inside / 3600) / sum(_HOURS), 1e-6)


def _shared(count: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers in the proportion of ``weights`` that are together ``count``."""
    total, given, passed = sum(weights), 0, 0.0
    shares: list[int] = []
    for weight in weights:
        passed += weight
        upto = round(count * passed / total)
        shares.append(upto - given)
        given = upto
    return shares
