"""What of an event leaves the desk: what is listed, and nothing that people wrote."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.admin.event_words import _WORDS
from tickets.admin.subscription_words import EVENTS
from tickets.rules.event_facts import FACTS, LONGEST_TEXT, PEOPLE, facts_of

WRITTEN = re.compile(r"""["']((?:ticket|sla)\.(?!id\b)[a-z_]+)["']""")
SERVICES = Path("tickets/services")
OF_ALARMS = {"sla.due_soon", "sla.last_call", "sla.breached", "sla.overdue_day"}
"""``alarms.py`` makes these from the level's name."""


def test_every_event_that_services_write_is_listed_and_has_words() -> None:
    written = {
        code for file in SERVICES.glob("*.py") for code in WRITTEN.findall(file.read_text("utf-8"))
    }
    assert len(written) > 25
    assert written | OF_ALARMS <= FACTS.keys()
    assert EVENTS.keys() == FACTS.keys()
    assert {code for code in FACTS if code.startswith("ticket.")} == _WORDS.keys()


@pytest.mark.parametrize(
    ("code", "values", "told"),
    [
        ("ticket.completed", {"status": "queued", "account_id": "1", "problem": "x"}, ["status"]),
        ("ticket.returned", {"status": "returned", "missing": [{"why": "x"}]}, ["status"]),
        ("ticket.transferred", {"team": "safety", "assignee": None, "skill": ""}, None),
        ("ticket.noted", {"mentions": ["advisor"]}, None),
        ("ticket.unheard_of", {"status": "new"}, []),
        ("ticket.claimed", "no mapping", []),
        ("ticket.claimed", {"status": {"nested": "x"}, "assignee": ["a", {"x": 1}]}, []),
        ("ticket.claimed", {"assignee": "x" * (LONGEST_TEXT + 1)}, []),
    ],
)
def test_only_what_is_listed_goes_out(code: str, values: object, told: list[str] | None) -> None:
    found = facts_of(code, values)
    expected = list(values) if told is None and isinstance(values, dict) else told
    assert list(found) == expected


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    code=st.sampled_from(sorted(FACTS)),
    values=st.dictionaries(
        st.sampled_from(sorted(set[str]().union(*FACTS.values()))) | st.text(), _json
    ),
)
def test_whatever_an_event_holds_what_goes_out_is_listed_flat_and_short(
    code: str, values: dict[str, object]
) -> None:
    found = facts_of(code, values)
    assert found.keys() <= FACTS[code] & values.keys()
    for name, value in found.items():
        assert value == values[name]
        for each in value if isinstance(value, list) else [value]:
            assert each is None or isinstance(each, str | int)
            assert not isinstance(each, str) or len(each) <= LONGEST_TEXT
    assert facts_of(code, values, with_people=False).keys() == found.keys() - PEOPLE
