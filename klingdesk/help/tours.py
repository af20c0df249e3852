"""What the guided tours show: for each role steps that point at real parts of real pages.

``target`` is a selector of the page; the browser suite walks every tour and fails when a step
points at nothing. ``place`` names a page of ``klingdesk.help.places``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from klingdesk.core.roles import Role


@dataclass(frozen=True, slots=True)
class Step:
    place: str
    target: str
    title: Any
    text: Any


_HELP = Step(
    "",
    "#desk-help",
    _("Help is always here"),
    _("It opens at what belongs to the page you are on. This tour can be started there again."),
)

AGENT = (
    Step(
        "console",
        "#q",
        _("Type what the user says"),
        _("In their own words, as they come. Results appear while you type; / leads back here."),
    ),
    Step(
        "found",
        ".console-results .console-result",
        _("The standard questions that fit"),
        _(
            "The best match stands first, with what it was found by. Arrow keys choose, Enter "
            "opens."
        ),
    ),
    Step(
        "question",
        "#script-main",
        _("The reference script"),
        _("Read it out or copy it. What is for the desk only is never copied along."),
    ),
    Step(
        "question",
        ".console-begin button.console-big",
        _("Begin the contact"),
        _(
            "This records the contact and begins the decision flow: it asks step by step, and you "
            "answer with the number keys."
        ),
    ),
    Step(
        "contact",
        "#contact",
        _("A contact under way"),
        _(
            "What to say or ask now, and beside it the path so far. Going back, a reload or "
            "another computer lose nothing. Where tier 1 ends, the flow leads to the hand-over "
            "with the date that you may promise."
        ),
    ),
    Step(
        "console",
        "#panel",
        _("What is still yours"),
        _(
            "Contacts that wait for a user, tickets that came back to you, and what you have "
            "handed over with its due date."
        ),
    ),
    Step(
        "intake",
        "#content",
        _("Users who wait for a person"),
        _("The chatbot hands them over here. Whoever takes one first has the contact."),
    ),
    _HELP,
)

ADVISOR = (
    Step(
        "advisor_day",
        ".day-grid",
        _("Your day"),
        _("What is due today, whom to call again, what will be late soon, and what was chased."),
    ),
    Step(
        "advisor_day",
        ".queue-take button",
        _("Take the next ticket"),
        _("The desk gives you what is due first among those that your team and skills may take."),
    ),
    Step(
        "ticket",
        "[aria-labelledby=facts-title]",
        _("The ticket: problem and demand"),
        _("Everything that tier 1 learned, so that nobody has to ask the user twice."),
    ),
    Step(
        "ticket",
        "[aria-labelledby=promise-title]",
        pgettext_lazy("tour", "The promise"),
        _(
            "By when the user has to have an answer, counted in working days. It is kept when a "
            "call-back reached them or a private message was sent."
        ),
    ),
    Step(
        "ticket",
        "[aria-labelledby=actions-title]",
        _("What you can do now"),
        _(
            "Log a contact, wait, return it to tier 1, resolve. Only what fits the ticket's state "
            "is offered."
        ),
    ),
    Step(
        "ticket",
        "[aria-labelledby=timeline-title]",
        _("The timeline"),
        _("Every step with who and when. Nothing in it is ever changed."),
    ),
    Step(
        "queue",
        ".queue-tabs",
        _("The queue"),
        _("All tickets by due date. Views keep the filters that you use often."),
    ),
    Step(
        "leave",
        "#content",
        _("Your leave"),
        _("Say when you are away: your open tickets go back into the queue that morning."),
    ),
    _HELP,
)

MANAGER = (
    Step(
        "reports",
        ".report-cards",
        _("Were the promises kept?"),
        _("How many promises fell into the period, how many were kept, and what changed."),
    ),
    Step(
        "reports",
        ".report-period",
        _("Any period"),
        _("Narrow it down by team, person or question; the address can be passed on."),
    ),
    Step(
        "reports",
        ".report-card a",
        _("The list behind every number"),
        _("A number opens the tickets that it counts, under the same definition."),
    ),
    Step(
        "forecast",
        "#content",
        _("What will be late"),
        _("The next five working days, and what one more advisor or a leave would change."),
    ),
    Step(
        "queue",
        ".queue-tabs",
        _("The queue of all teams"),
        _("Choose several tickets to transfer them or to change their priority at once."),
    ),
    Step(
        "calendar",
        "#content",
        _("The calendar of working days"),
        _(
            "Days off, make-up workdays and the yearly holiday notice. Each change first shows "
            "which open promises it moves."
        ),
    ),
    Step(
        "routing",
        "#content",
        _("Which team gets what"),
        _("Rules are tried on the latest tickets before they are stored."),
    ),
    _HELP,
)

EDITOR = (
    Step(
        "room",
        ".room-sections",
        _("What needs care today"),
        _("Drafts, reviews, answers that expire, open questions, searches that found nothing."),
    ),
    Step(
        "questions",
        "#changelist",
        _("All standard questions"),
        _("Filter by state, group or owner, and change several at once."),
    ),
    Step(
        "editing",
        "[name=script]",
        _("The script, with its preview"),
        _(
            "What you write is a draft beside what is published. Agents read the published text "
            "until you publish."
        ),
    ),
    Step(
        "editing",
        "[name=phrasings]",
        _("What it is found by"),
        _("Three to eight different wordings. Try an utterance beside it to see where it comes."),
    ),
    Step(
        "flows",
        "#content table",
        _("Decision flows"),
        _("Edited as a form, a drawing or a text, checked and tried before they are published."),
    ),
    Step(
        "gaps",
        "#content",
        _("Searches that found nothing"),
        _("What users said and the knowledge base did not know: make it a phrasing or a question."),
    ),
    Step(
        "imports",
        "#content",
        _("Documents as they are"),
        _("Upload a support document: what it would change is proposed to you entry by entry."),
    ),
    _HELP,
)

ADMIN = (
    Step(
        "site",
        "#content",
        _("Administration"),
        _("People, teams, and everything that is kept. Work on contacts stays with the agents."),
    ),
    Step(
        "people",
        "#changelist",
        _("People and their roles"),
        _("A role is a group. A person's page also ends their logins and resets the second step."),
    ),
    Step(
        "lockouts",
        "#content",
        _("Who is locked out"),
        _("After too many wrong passwords. Here it can be lifted before its time."),
    ),
    Step(
        "webhooks",
        "#content",
        _("Notices to the outside"),
        _("Group chats and addresses that are told what happens, and what could not be delivered."),
    ),
    _HELP,
)

TOURS: Mapping[Role, tuple[Step, ...]] = {
    Role.AGENT: AGENT,
    Role.ADVISOR: ADVISOR,
    Role.MANAGER: MANAGER,
    Role.EDITOR: EDITOR,
    Role.ADMIN: ADMIN,
}

ORDER = (Role.ADMIN, Role.AGENT, Role.ADVISOR, Role.MANAGER, Role.EDITOR)
"""Whose tour and help come first for somebody with several roles. An administrator holds the
manager's and the editor's role, too, and is an administrator first."""
