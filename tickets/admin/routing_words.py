"""Routing rules, shifts and reasons of assignment turned into words.

Pure presentation: no query, no clock. Words follow the language that is active at the call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from tickets.models.labels import Priority
from tickets.rules.assignment import Why

_NAMED: Mapping[str, str] = {
    "category": gettext_noop("group “%(what)s”"),
    "question": gettext_noop("question “%(what)s”"),
    "flow": gettext_noop("flow “%(what)s”"),
    "tag": gettext_noop("tag “%(what)s”"),
    "queue": gettext_noop("queue hint “%(what)s”"),
}
_YES_NO: Mapping[str, Callable[[bool], str]] = {
    "chased": lambda yes: _("chased by the user") if yes else _("not chased"),
    "api_customer": lambda yes: _("API customer") if yes else _("no API customer"),
}


def condition_words(conditions: Mapping[str, Any]) -> list[str]:
    """What a rule asks for (``selectors.routing.conditions_of``), one text for each condition."""
    words = [
        _(text) % {"what": conditions[name]} for name, text in _NAMED.items() if name in conditions
    ]
    words += [say(conditions[name]) for name, say in _YES_NO.items() if name in conditions]
    return words


def conditions_text(conditions: Mapping[str, Any]) -> str:
    """The same in one line."""
    return pgettext("between the conditions of a rule", ", ").join(condition_words(conditions))


def rule_text(snapshot: Mapping[str, Any]) -> str:
    """A whole rule (``selectors.routing.snapshot_of``) in one line."""
    words = _("%(number)s. %(conditions)s → %(team)s, priority %(priority)s") % {
        "number": snapshot.get("order", "?"),
        "conditions": conditions_text(snapshot),
        "team": snapshot.get("team", "?"),
        "priority": priority_word(snapshot.get("priority")),
    }
    if snapshot.get("skill"):
        words = _("%(words)s; skill: %(skill)s") % {"words": words, "skill": snapshot["skill"]}
    return words


def priority_word(value: Any) -> str:
    """The label of a priority that a rule gives (a number, or text of one); – for none."""
    try:
        return str(Priority(int(value)).label)
    except (TypeError, ValueError):
        return "–"


def profile_text(profile: Mapping[str, Any], weekdays: list[str]) -> str:
    """An advisor's profile (``selectors.advisors.profile_of``) in one line."""
    hours = [
        f"{weekdays[int(day)]} {hours}" for day, hours in sorted(profile.get("hours", {}).items())
    ]
    return _("skills: %(skills)s; at most %(capacity)s open; hours: %(hours)s") % {
        "skills": ", ".join(profile.get("skills", [])) or "–",
        "capacity": profile.get("capacity", "?"),
        "hours": "; ".join(hours) or _("those of the desk"),
    }


def unassigned_words(why: Why) -> str:
    """Why the desk has not given a ticket to anybody."""
    match why:
        case Why.NOBODY_PRESENT:
            return _("Waits in the queue: nobody of the team is on shift now.")
        case Why.NOBODY_SKILLED:
            return _("Waits in the queue: nobody on shift has the skill.")
        case Why.ALL_FULL:
            return _("Waits in the queue: everybody on shift has as many tickets as they can.")
        case _:
            return ""
