"""What happened to a ticket: the events of its timeline turned into words.

Pure presentation: no query, no clock. Words follow the language that is active at the call. What
an event's JSON does not say, or says in an unknown way, is left out or shown as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext

from klingdesk.moments import due_words
from tickets.admin.routing_words import conditions_text
from tickets.models.labels import (
    ClockKind,
    ContactChannel,
    ContactResult,
    Priority,
    ResolutionCode,
)
from tickets.selectors.masking import PersonalPart


class Event(Protocol):
    """What ``event_words`` reads of a ``TicketEvent``."""

    @property
    def code(self) -> str: ...
    @property
    def old(self) -> Any: ...
    @property
    def new(self) -> Any: ...


Facts = Mapping[str, Any]
Teams = Mapping[str, str]

FIELDS: Mapping[str, str] = {
    "problem": gettext_noop("Problem"),
    "demand": gettext_noop("What the user asks for"),
    "account_id": gettext_noop("Account ID"),
    "contact": gettext_noop("How to reach the user"),
    "contact_channel": gettext_noop("How to reach the user"),
    "contact_value": gettext_noop("Call-back number"),
}
"""What a hand-over captures, as the timeline names it."""


def event_words(event: Event, *, teams: Teams | None = None) -> str:
    """What an event of the timeline says, without its time, actor and note.

    ``teams`` gives names for team slugs; a slug it does not have is shown as it is. An unknown
    code is shown as it is.
    """
    old: Facts = event.old if isinstance(event.old, dict) else {}
    new: Facts = event.new if isinstance(event.new, dict) else {}
    words = _WORDS.get(event.code)
    if words is not None:
        return words(old, new, teams or {})
    if event.code.startswith("sla."):
        return _sla_words(event.code, new)
    return event.code


def _handed_over(_old: Facts, new: Facts, _teams: Teams) -> str:
    due = _instant(new.get("due_at"))
    if due is None:
        words = _("Handed over without a promise")
    else:
        words = _("Handed over; answer promised until %(due)s") % {"due": due_words(due)}
    if not new.get("follows"):
        return words
    return _("%(words)s; follows %(ticket)s") % {"words": words, "ticket": new["follows"]}


def _routed(_old: Facts, new: Facts, teams: Teams) -> str:
    words = _("Routed to %(team)s") % {"team": _team(new, teams)}
    return _with_skill(_with_rule(words, new), new)


def _rerouted(_old: Facts, new: Facts, teams: Teams) -> str:
    words = _("Routed anew to %(team)s after a chase") % {"team": _team(new, teams)}
    return _with_skill(_with_rule(words, new), new)


def _with_rule(words: str, new: Facts) -> str:
    if new.get("reason") == "default":
        return _("%(words)s (no rule fits)") % {"words": words}
    if isinstance(new.get("rule"), int) and isinstance(new.get("because"), dict):
        return _("%(words)s (rule %(number)d: %(conditions)s)") % {
            "words": words,
            "number": new["rule"],
            "conditions": conditions_text(new["because"]),
        }
    if isinstance(new.get("rule"), int):
        return _("%(words)s (rule %(number)d)") % {"words": words, "number": new["rule"]}
    return words


def _with_skill(words: str, new: Facts) -> str:
    if not new.get("skill"):
        return words
    return _("%(words)s; skill: %(skill)s") % {"words": words, "skill": new["skill"]}


def _assigned(_old: Facts, new: Facts, _teams: Teams) -> str:
    words = _("Assigned to %(person)s") % {"person": new.get("assignee", "?")}
    load, capacity = new.get("load"), new.get("capacity")
    if not isinstance(load, int) or not isinstance(capacity, int):
        return words
    return _("%(words)s, the least loaded (%(load)d of %(capacity)d)") % {
        "words": words,
        "load": load,
        "capacity": capacity,
    }


def _released(_old: Facts, new: Facts, _teams: Teams) -> str:
    match new.get("reason"):
        case "absent":
            return _("Back in the queue: the advisor is on leave")
        case "left":
            return _("Back in the queue: the advisor has left")
        case _:
            return _("Given back to the queue")


def _contacted(_old: Facts, new: Facts, _teams: Teams) -> str:
    words = _("%(kind)s: %(result)s") % {
        "kind": _label(ContactChannel, new.get("kind")),
        "result": _label(ContactResult, new.get("result")),
    }
    made = _instant(new.get("at"))
    if made is not None:
        words = _("%(contact)s (at %(time)s)") % {"contact": words, "time": due_words(made)}
    again = _instant(new.get("next_try_at"))
    if again is None:
        return words
    return _("%(contact)s; next try %(time)s") % {"contact": words, "time": due_words(again)}


def _noted(_old: Facts, new: Facts, _teams: Teams) -> str:
    names = new.get("mentions")
    if not isinstance(names, list) or not names:
        return _("Note")
    return _("Note to %(people)s") % {"people": ", ".join(f"@{name}" for name in names)}


def _resolved(_old: Facts, new: Facts, _teams: Teams) -> str:
    return _("Resolved: %(code)s") % {"code": _label(ResolutionCode, new.get("code"))}


def _waiting(_old: Facts, new: Facts, _teams: Teams) -> str:
    again = _instant(new.get("next_try_at"))
    if again is None:
        return _("Waits for the user")
    return _("Waits for the user; look again %(time)s") % {"time": due_words(again)}


def _returned(_old: Facts, new: Facts, _teams: Teams) -> str:
    items = new.get("missing")
    listed = items if isinstance(items, list) else []
    names = [_missing(item) for item in listed if isinstance(item, dict)]
    if not names:
        return _("Returned to tier 1")
    return _("Returned to tier 1; missing: %(things)s") % {"things": _list(names)}


def _missing(item: Facts) -> str:
    name = str(item.get("label") or "") or _field(str(item.get("field", "")))
    return f"{name} ({item['why']})" if item.get("why") else name


def _completed(old: Facts, new: Facts, _teams: Teams) -> str:
    changed = [
        f"{_field(key)} {old.get(key) or '–'} → {value or '–'}"
        for key, value in new.items()
        if key not in ("status", "problem", "demand")
    ]
    changed += [_field(key) for key in ("problem", "demand") if key in new]
    if not changed:
        return _("Completed by tier 1")
    return _("Completed by tier 1: %(changes)s") % {"changes": _list(changed)}


def _field(key: str) -> str:
    known = FIELDS.get(key)
    return _(known) if known else key.removeprefix("extra.")


def _chased(old: Facts, new: Facts, _teams: Teams) -> str:
    words = _("Chased by the user (chase %(number)s)") % {"number": new.get("chases", "?")}
    if old.get("priority") == new.get("priority"):
        return words
    return _("%(chase)s; priority is now %(priority)s") % {
        "chase": words,
        "priority": _label(Priority, new.get("priority")),
    }


def _transferred(_old: Facts, new: Facts, teams: Teams) -> str:
    if new.get("assignee"):
        return _("Passed to %(person)s (%(team)s)") % {
            "person": new["assignee"],
            "team": _team(new, teams),
        }
    return _with_skill(_("Passed to %(team)s") % {"team": _team(new, teams)}, new)


def _prioritised(old: Facts, new: Facts, _teams: Teams) -> str:
    return _("Priority changed from %(old)s to %(new)s") % {
        "old": _label(Priority, old.get("priority")),
        "new": _label(Priority, new.get("priority")),
    }


def _reopened(_old: Facts, new: Facts, _teams: Teams) -> str:
    if not new.get("assignee"):
        return _("Reopened; waits in the queue")
    return _("Reopened; %(person)s goes on") % {"person": new["assignee"]}


def _said(text: str, key: str) -> Callable[[Facts, Facts, Teams], str]:
    """Words with one thing of the event in them."""
    return lambda _old, new, _teams: _(text) % {"ticket": new.get(key, "?")}


def _just(text: str) -> Callable[[Facts, Facts, Teams], str]:
    return lambda _old, _new, _teams: _(text)


def _revealed(_old: Facts, new: Facts, _teams: Teams) -> str:
    """Everything is what the page reveals; programs may ask for less."""
    labels = {
        PersonalPart.ACCOUNT_ID: _("account ID"),
        PersonalPart.CONTACT: _("contact details"),
        PersonalPart.TRANSCRIPT: _("what was said and written"),
    }
    parts = [label for part, label in labels.items() if part in new.get("what", ())]
    if len(parts) in (0, len(labels)):
        return _("Account ID and contact details revealed")
    listed = pgettext("between the parts of a list", ", ").join(parts)
    return _("Revealed: %(parts)s") % {"parts": listed}


_WORDS: Mapping[str, Callable[[Facts, Facts, Teams], str]] = {
    "ticket.handed_over": _handed_over,
    "ticket.followed": _said(gettext_noop("The user came back; %(ticket)s follows"), "ticket"),
    "ticket.routed": _routed,
    "ticket.rerouted": _rerouted,
    "ticket.assigned": _assigned,
    "ticket.claimed": lambda _old, _new, _teams: _("Taken"),
    "ticket.released": _released,
    "ticket.transferred": _transferred,
    "ticket.contacted": _contacted,
    "ticket.waiting": _waiting,
    "ticket.resumed": _just(gettext_noop("Work taken up again")),
    "ticket.returned": _returned,
    "ticket.completed": _completed,
    "ticket.noted": _noted,
    "ticket.release_undone": _just(gettext_noop("Giving back undone")),
    "ticket.transfer_undone": _just(gettext_noop("Passing on undone")),
    "ticket.note_withdrawn": _just(gettext_noop("Note withdrawn")),
    "ticket.chased": _chased,
    "ticket.prioritised": _prioritised,
    "ticket.merged": _said(gettext_noop("Merged into %(ticket)s"), "into"),
    "ticket.merged_further": _said(gettext_noop("Now part of %(ticket)s"), "into"),
    "ticket.absorbed": _said(gettext_noop("%(ticket)s was merged into this one"), "from"),
    "ticket.resolved": _resolved,
    "ticket.reopened": _reopened,
    "ticket.cancelled": lambda _old, _new, _teams: pgettext("event", "Cancelled"),
    "ticket.closed": _just(gettext_noop("Closed: nobody came back about it")),
    "ticket.watched": _just(gettext_noop("Watches the ticket")),
    "ticket.unwatched": _just(gettext_noop("Watches the ticket no more")),
    "ticket.revealed": _revealed,
}


# --- the promise ----------------------------------------------------------------------------------


def _sla_words(code: str, new: Facts) -> str:
    is_solution = new.get("clock") == ClockKind.RESOLVE
    words = _solution_words(code, new) if is_solution else _promise_words(code, new)
    return words if words is not None else _clock_words(code, new)


def _promise_words(code: str, new: Facts) -> str | None:
    match code:
        case "sla.met":
            return _("Promise kept in time")
        case "sla.missed" if new.get("cancelled"):
            return _("Cancelled after the promise was breached")
        case "sla.missed":
            return _("Promise kept too late")
        case "sla.due_soon":
            return _with_due(_("Due within a working day"), new)
        case "sla.last_call":
            return _with_due(_("Due within two working hours"), new)
        case "sla.breached":
            return _with_due(_("Promise breached"), new)
        case "sla.overdue_day":
            return _("Breached by a working day")
        case "sla.moved":
            return _with_due(_("The promise is due at another time"), new)
        case _:
            return None


def _solution_words(code: str, new: Facts) -> str | None:
    match code:
        case "sla.met":
            return _("Solved in time")
        case "sla.missed" if new.get("cancelled"):
            return _("Cancelled after the solution was overdue")
        case "sla.missed":
            return _("Solved too late")
        case "sla.due_soon":
            return _with_due(_("Solution due within a working day"), new)
        case "sla.last_call":
            return _with_due(_("Solution due within two working hours"), new)
        case "sla.breached":
            return _with_due(_("Solution overdue"), new)
        case "sla.overdue_day":
            return _("Solution overdue by a working day")
        case "sla.moved":
            return _with_due(_("The solution is due at another time"), new)
        case _:
            return None


def _clock_words(code: str, new: Facts) -> str:
    match code:
        case "sla.recounted":
            return _("Due date counted anew; it stays")
        case "sla.dropped":
            return _("Clocks stopped, neither kept nor broken")
        case "sla.merged" if new.get("from"):
            return _with_due(
                _("The earlier due date of %(ticket)s holds") % {"ticket": new["from"]}, new
            )
        case "sla.merged":
            return _("The promise goes on with %(ticket)s") % {"ticket": new.get("into", "?")}
        case _:
            return code


def _with_due(words: str, new: Facts) -> str:
    due = _instant(new.get("due_at"))
    if due is None:
        return words
    return _("%(words)s (%(due)s)") % {"words": words, "due": due_words(due)}


# --- parts ----------------------------------------------------------------------------------------


def _team(new: Facts, teams: Teams) -> str:
    slug = str(new.get("team", ""))
    return teams.get(slug, slug)


def _list(things: list[str]) -> str:
    return pgettext("between the parts of a list", ", ").join(things)


def _instant(text: Any) -> datetime | None:
    """An instant out of an event's JSON; None for anything that is none."""
    try:
        found = parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and timezone.is_aware(found) else None


def _label(choices: Any, value: Any) -> str:
    return str(dict(choices.choices).get(value, value))
