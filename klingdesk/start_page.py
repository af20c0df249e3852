"""The start page of the administration: every page that a person may open, by what it is for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from klingdesk.core.roles import Role

AGENT = frozenset({Role.AGENT})
TIER_2 = frozenset({Role.ADVISOR, Role.MANAGER})
MANAGER = frozenset({Role.MANAGER})
EDITOR = frozenset({Role.EDITOR})
ADMIN = frozenset({Role.ADMIN})
EVERYBODY = frozenset(Role)


@dataclass(frozen=True, slots=True)
class StartPage:
    """``name``: of its address; ``help``: what one does there; ``add``: the address of its form."""

    label: Any
    name: str
    roles: frozenset[Role]
    help: Any
    add: str = ""


@dataclass(frozen=True, slots=True)
class StartGroup:
    title: Any
    pages: tuple[StartPage, ...]


GROUPS: tuple[StartGroup, ...] = (
    StartGroup(
        _("The day's work"),
        (
            StartPage(_("Console"), "console", AGENT, _("Search, answer, hand over.")),
            StartPage(
                _("Waiting users"),
                "intake",
                AGENT | MANAGER,
                _("Users of a chatbot who wait for an agent."),
            ),
            StartPage(
                _("Running contacts"),
                "contacts",
                MANAGER,
                _("Whose they are, and how to pass one on."),
            ),
            StartPage(_("My day"), "advisor_day", frozenset({Role.ADVISOR}), _("What is due.")),
            StartPage(_("Queue"), "queue", TIER_2, _("All tickets, by due date.")),
        ),
    ),
    StartGroup(
        _("How the promise is kept"),
        (
            StartPage(
                _("SLA report"),
                "sla_report",
                MANAGER,
                _("Kept and breached, with the list behind every number."),
            ),
            StartPage(
                _("Forecast"), "forecast", MANAGER, _("The next five working days, and what if.")
            ),
            StartPage(
                _("Weekly report"), "weekly_report", MANAGER, _("Choose what you are told of.")
            ),
            StartPage(_("My exports"), "exports", EVERYBODY, _("Files that you have asked for.")),
        ),
    ),
    StartGroup(
        _("What is promised"),
        (
            StartPage(
                _("Calendar"), "calendar", MANAGER, _("Working days, holidays, corrections.")
            ),
            StartPage(
                _("Holiday notice"),
                "calendar_notice",
                MANAGER,
                _("Load the notice of the State Council, once a year."),
            ),
            StartPage(
                _("Policies"), "sla_policies", MANAGER, _("How many working days, until when.")
            ),
            StartPage(
                pgettext_lazy("of the promise", "Changes"),
                "promise_changes",
                MANAGER,
                _("Who changed what, and which tickets followed."),
            ),
        ),
    ),
    StartGroup(
        _("Who gets which ticket"),
        (
            StartPage(
                _("Routing rules"),
                "routing",
                MANAGER,
                _("Which team gets what; the first that fits decides."),
                add="routing_rule_new",
            ),
            StartPage(
                _("Advisors"),
                "advisors",
                TIER_2,
                _("Skills, room, hours and leave."),
            ),
            StartPage(
                _("Teams"),
                "tickets_team_changelist",
                MANAGER,
                _("Members and leads."),
                add="tickets_team_add",
            ),
        ),
    ),
    StartGroup(
        _("The answers"),
        (
            StartPage(_("Today"), "kb_room", EDITOR, _("Answers that need care now.")),
            StartPage(
                _("Knowledge base"),
                "kb_standardquestion_changelist",
                EDITOR,
                _("All standard questions and their scripts."),
                add="kb_standardquestion_add",
            ),
            StartPage(
                _("Decision flows"),
                "kb_flows",
                EDITOR,
                _("Write, try, compare and publish."),
                add="kb_flow_new",
            ),
            StartPage(
                _("Open questions"),
                "kb_open_questions",
                EDITOR,
                _("Where two sources disagree."),
                add="kb_open_question_new",
            ),
            StartPage(_("Searches in vain"), "kb_gaps", EDITOR, _("What was asked and not found.")),
            StartPage(
                _("Imports"), "kb_imports", EDITOR, _("Support documents, read as they are.")
            ),
            StartPage(
                _("Synonyms"),
                "kb_synonym_changelist",
                EDITOR,
                _("Words that mean the same to the search."),
                add="kb_synonym_add",
            ),
            StartPage(
                _("Categories"), "kb_category_changelist", EDITOR, _("Their order and names.")
            ),
            StartPage(
                _("Published states"),
                "kb_revision_changelist",
                EDITOR,
                _("Every answer as it once was."),
            ),
            StartPage(
                _("Versions of flows"),
                "kb_flowversion_changelist",
                EDITOR,
                _("Every flow as it once was."),
            ),
        ),
    ),
    StartGroup(
        _("People and logins"),
        (
            StartPage(
                _("People"),
                "auth_user_changelist",
                ADMIN,
                _("Roles, passwords, sessions and tokens."),
                add="auth_user_add",
            ),
            StartPage(_("Lock-outs"), "lockouts", ADMIN, _("Who failed to log in too often.")),
            StartPage(
                _("My login"), "account", EVERYBODY, _("Password, two steps, sessions, tokens.")
            ),
        ),
    ),
    StartGroup(
        _("Notices and programs"),
        (
            StartPage(_("Inbox"), "inbox", EVERYBODY, _("What you have been told.")),
            StartPage(
                _("My notices"), "notice_settings", EVERYBODY, _("What comes by e-mail, too.")
            ),
            StartPage(_("Webhooks"), "webhooks", MANAGER, _("Group chats that are told.")),
            StartPage(
                _("Event subscriptions"),
                "subscriptions",
                MANAGER,
                _("Programs that follow tickets."),
            ),
            StartPage(_("Undelivered"), "dead_letters", MANAGER, _("Send again, or discard.")),
            StartPage(_("Design system"), "design", EVERYBODY, _("Every colour and component.")),
        ),
    ),
)


def start_groups(roles: Collection[Role]) -> list[dict[str, Any]]:
    """The groups with what ``roles`` may open; a group without a page is left out."""
    found = []
    for group in GROUPS:
        pages = [
            {
                "label": page.label,
                "url": reverse(f"admin:{page.name}"),
                "help": page.help,
                "add": reverse(f"admin:{page.add}") if page.add else "",
            }
            for page in group.pages
            if page.roles & set(roles)
        ]
        if pages:
            found.append({"title": group.title, "pages": pages})
    return found
