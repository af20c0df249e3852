"""The pages that the palette and the keys after ``g`` lead to, and what else can be done anywhere.

A place is named by the address of its page; who may go there is the page's own rule, repeated here
so that nobody is offered a closed door (a test walks through all of them).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from klingdesk.core.roles import Role

EVERYBODY = frozenset(Role)
AGENT = frozenset({Role.AGENT})
ADVISOR = frozenset({Role.ADVISOR})
TIER2 = frozenset({Role.ADVISOR, Role.MANAGER})
MANAGER = frozenset({Role.MANAGER})
EDITOR = frozenset({Role.EDITOR})
ADMIN = frozenset({Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Place:
    """``key`` is the letter after ``g``, empty for what is not visited many times a day.

    ``words`` are other words that people may type for it.
    """

    name: str
    label: Any
    roles: frozenset[Role]
    key: str = ""
    words: tuple[Any, ...] = ()

    @property
    def url(self) -> str:
        return reverse(f"admin:{self.name}")


PLACES: tuple[Place, ...] = (
    Place("console", _("Console"), AGENT, "c"),
    Place("intake", _("Waiting users"), AGENT | MANAGER, "w"),
    Place("advisor_day", _("My day"), ADVISOR, "d"),
    Place("queue", _("Queue"), TIER2, "q", (_("Tickets"),)),
    Place("sla_report", _("SLA"), MANAGER, "s", (_("Reports"),)),
    Place("report_groups", _("Report: teams and people"), MANAGER),
    Place("report_contacts", _("Report: contacts"), MANAGER),
    Place("report_handovers", _("Report: quality of hand-overs"), MANAGER),
    Place("report_knowledge", _("Report: use of the knowledge"), MANAGER),
    Place("forecast", _("Forecast"), MANAGER, "f"),
    Place("weekly_report", _("Weekly report"), MANAGER),
    Place("exports", _("Exports"), EVERYBODY, "x"),
    Place("contacts", _("Running contacts"), MANAGER, "o"),
    Place("calendar", _("Calendar"), MANAGER, "l"),
    Place("calendar_notice", _("Holiday notice"), MANAGER),
    Place("sla_policies", _("Policies of the promise"), MANAGER),
    Place("promise_changes", _("Changes of the promise"), MANAGER),
    Place("routing", _("Routing rules"), MANAGER, "r"),
    Place("advisors", _("Advisors"), MANAGER, "v"),
    Place("tickets_team_changelist", _("Teams"), MANAGER),
    Place("kb_room", _("Knowledge work today"), EDITOR, "t"),
    Place("kb_standardquestion_changelist", _("Knowledge base"), EDITOR, "k"),
    Place("kb_standardquestion_add", _("New standard question"), EDITOR),
    Place("kb_flows", _("Decision flows"), EDITOR, "e"),
    Place("kb_flow_new", _("New flow"), EDITOR),
    Place("kb_gaps", _("Gaps in the knowledge"), EDITOR, "p"),
    Place("kb_open_questions", _("Open questions"), EDITOR),
    Place("kb_imports", _("Imports and exports"), EDITOR),
    Place("kb_synonym_changelist", _("Synonyms of the search"), EDITOR),
    Place("webhooks", _("Webhooks"), MANAGER),
    Place("subscriptions", _("Event subscriptions"), MANAGER),
    Place("dead_letters", _("Undelivered notices"), MANAGER),
    Place("auth_user_changelist", _("People of the desk"), ADMIN),
    Place("lockouts", _("Lock-outs"), ADMIN),
    Place("inbox", _("Inbox"), EVERYBODY, "i"),
    Place("notice_settings", _("My notices"), EVERYBODY, words=(_("Settings"),)),
    Place("account", _("My login"), EVERYBODY, "m", (_("Password"), _("Two-step login"))),
    Place("help", _("Help"), EVERYBODY, "h"),
    Place("site_index", _("Administration"), MANAGER | EDITOR | ADMIN, "a"),
)
"""In the order in which they are offered."""

LEAVE = Place("advisors", _("My leave"), ADVISOR, "v")
"""The page of the advisors, as an advisor who manages nobody knows it."""


@dataclass(frozen=True, slots=True)
class Doing:
    """Something that the page does when it is chosen; ``palette.js`` knows how, by ``name``."""

    name: str
    label: Any
    words: tuple[Any, ...] = ()


DOINGS: tuple[Doing, ...] = (
    Doing("keys", _("Show all keys"), (_("Keyboard"),)),
    Doing("tour", _("Show me around this page"), (_("Help"),)),
    Doing("theme", _("Light, dark or as the system"), (_("Dark mode"),)),
    Doing("language", _("Switch the language"), ("English", "中文")),
    Doing("logout", pgettext_lazy("palette", "Log out"), (_("Sign out"),)),
)


def places_for(roles: Collection[Role]) -> list[Place]:
    """The places that somebody with these roles may visit, each once, as far as they exist."""
    own = set(roles)
    found = [place for place in PLACES if own & place.roles]
    if Role.ADVISOR in own and Role.MANAGER not in own:
        after = next((n for n, place in enumerate(found) if place.name == "queue"), 0)
        found.insert(after + 1, LEAVE)
    return [place for place in found if _exists(place)]


def _exists(place: Place) -> bool:
    try:
        return bool(place.url)
    except NoReverseMatch:
        return False
