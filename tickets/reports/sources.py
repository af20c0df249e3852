"""What is counted for reports, as SQL: rows with a day, keys and a code; and their sums.

One description each for tickets, contacts and searches serves those who sum up whole days
(``tickets.services.report_sums``) and those who read (``tickets.reports.counting``), so that they
cannot count differently.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from tickets.reports.contact_measures import CONTACT_CODES, SearchFlag
from tickets.reports.grains import Grain
from tickets.rules.fact_profile import CONTACT_SHIFT, OVERDUE, RESOLVE_SHIFT, Fate

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Source:
    """``rows``: a FROM clause. ``keys``: columns by what they are the key of; ``live``: the code
    at ``%(now)s``. ``settled`` picks the rows whose ``code`` is what it is at any time.

    ``first`` gives the first day that has any row. ``days``: a condition for rows of the days
    ``%(days)s``, ``period`` for those from ``%(first)s`` to ``%(last)s``, both in a form that an
    index serves.
    """

    name: str
    rows: str
    day: str
    first: str
    keys: Mapping[str, str]
    code: str
    live: str
    settled: str
    days: str
    period: str
    hours: Mapping[int, str]
    keyed: Grain
    """The shortest stretch that sums by key are kept of; totals are kept of days."""
    daily: frozenset[str] = frozenset()
    """Of these keys sums are kept of days, too: there are few, or few that are met in a day."""
    few: frozenset[str] = frozenset()
    """Of these and another key sums are kept by both at once: a pair is met often enough that
    its sums are much less than its rows."""

    @property
    def sums(self) -> Mapping[str, tuple[str, ...]]:
        """By what sums are kept: the total, each key, pairs of keys; and the keys of each."""
        pairs = (pair for pair in combinations(self.keys, 2) if self.few & set(pair))
        kept = [(), *((key,) for key in self.keys), *pairs]
        return {summed_by(self, keys): keys for keys in kept}

    def grain_of(self, by: str) -> Grain:
        """The shortest stretch that sums are kept of by ``by``, one of ``sums``."""
        keys = self.sums[by]
        if self.daily.issuperset(keys):
            return Grain.DAY
        return self.keyed if len(keys) == 1 else Grain.MONTH


def summed_by(source: Source, keys: Collection[str]) -> str:
    """The name of sums by these keys, whether there are any or not."""
    return "+".join(key for key in source.keys if key in keys) or TOTAL


def _fate_is(shift: int, fate: Fate) -> str:
    return f"(fact.profile >> {shift}) & 7 = {int(fate)}"


LIVE_PROFILE = (
    "fact.profile"
    f" + CASE WHEN fact.due_at < %(now)s AND {_fate_is(CONTACT_SHIFT, Fate.RUNNING)}"
    f" THEN {OVERDUE << CONTACT_SHIFT} ELSE 0 END"
    f" + CASE WHEN fact.resolve_due_at < %(now)s AND {_fate_is(RESOLVE_SHIFT, Fate.RUNNING)}"
    f" THEN {OVERDUE << RESOLVE_SHIFT} ELSE 0 END"
)

TICKETS = Source(
    name="ticket",
    rows="tickets_ticketfact AS fact",
    day="fact.day",
    first="SELECT min(day) FROM tickets_ticketfact",
    keys={
        "question": "fact.question_id",
        "team": "fact.team_id",
        "assignee": "fact.assignee_id",
        "agent": "fact.agent_id",
        "outcome": "fact.outcome_id",
    },
    code="fact.profile",
    live=LIVE_PROFILE,
    settled="fact.settled",
    days="fact.day = ANY(%(days)s)",
    period="fact.day BETWEEN %(first)s AND %(last)s",
    hours={1: "(fact.contact_minutes + 59) / 60", 2: "(fact.resolve_minutes + 59) / 60"},
    keyed=Grain.THIRD,
    daily=frozenset({"question", "team"}),
    few=frozenset({"question", "team", "outcome"}),
)

WITHOUT_HOURS = replace(TICKETS, hours={})
"""The same tickets where nobody asks how long anything took: a third of what is read."""

_CONTACT_CODE = "CASE fact.outcome " + " ".join(
    f"WHEN '{outcome}' THEN {code}" for outcome, code in CONTACT_CODES.items()
)

CONTACTS = Source(
    name="contact",
    rows="tickets_contactfact AS fact",
    day="fact.day",
    first="SELECT min(day) FROM tickets_contactfact",
    keys={"question": "fact.question_id", "agent": "fact.agent_id"},
    code=f"{_CONTACT_CODE} END",
    live=f"{_CONTACT_CODE} END",
    settled="true",
    days="fact.day = ANY(%(days)s)",
    period="fact.day BETWEEN %(first)s AND %(last)s",
    hours={},
    keyed=Grain.THIRD,
    daily=frozenset({"question"}),
    few=frozenset({"question"}),
)

SEARCH_CODE = (
    f"CASE WHEN log.chosen <> '' THEN {int(SearchFlag.OPENED)} ELSE 0 END"
    f" + CASE WHEN log.confident THEN {int(SearchFlag.CONFIDENT)} ELSE 0 END"
    f" + CASE WHEN log.results = '[]'::jsonb THEN {int(SearchFlag.NOTHING)} ELSE 0 END"
    f" + CASE WHEN log.retyped THEN {int(SearchFlag.RETYPED)} ELSE 0 END"
)
_STARTS = "::date::timestamp AT TIME ZONE 'Asia/Shanghai'"

# The log has an index of instants, none of days.
_ON_DAYS = (
    f"log.asked_at >= (SELECT min(day) FROM unnest(%(days)s) AS day){_STARTS}"  # noqa: S608
    f" AND log.asked_at < (SELECT max(day) + 1 FROM unnest(%(days)s) AS day){_STARTS}"
    " AND klingdesk_day_of(log.asked_at) = ANY(%(days)s)"
)
_IN_PERIOD = f"log.asked_at >= %(first)s{_STARTS} AND log.asked_at < (%(last)s::date + 1){_STARTS}"

SEARCHES = Source(
    name="search",
    rows=(
        "kb_loggedsearch AS log LEFT JOIN kb_standardquestion AS question"
        " ON question.key = log.chosen AND log.chosen <> ''"
    ),
    day="klingdesk_day_of(log.asked_at)",
    first="SELECT klingdesk_day_of(min(asked_at)) FROM kb_loggedsearch",
    keys={"question": "question.id"},
    code=SEARCH_CODE,
    live=SEARCH_CODE,
    settled="true",
    days=_ON_DAYS,
    period=_IN_PERIOD,
    hours={},
    # Rows of the log are purged: of what is gone nothing can be counted but whole days.
    keyed=Grain.DAY,
)

SOURCES = {source.name: source for source in (TICKETS, CONTACTS, SEARCHES)}
