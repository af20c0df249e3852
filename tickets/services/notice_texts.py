"""What tier 2 is told of its tickets, by topic."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from klingdesk.core.roles import Role
from notices.rules.topics import Severity, Topic
from notices.words import register

TIER_2 = frozenset({Role.ADVISOR.value, Role.MANAGER.value})

MY_TICKETS = Topic(
    "tickets.mine",
    _("My tickets"),
    _("Assigned or transferred to me, returned to me, reopened, ended, watched by me."),
    TIER_2 | {Role.AGENT.value},
)
MY_CONTACTS = Topic(
    "contacts.mine",
    _("My contacts"),
    _("A running contact was passed on to me, or mine went to a colleague."),
    frozenset({Role.AGENT.value}),
)
CHASES = Topic("tickets.chases", _("Chases"), _("The user asked again."), TIER_2)
MENTIONS = Topic(
    "tickets.mentions",
    _("Mentions"),
    _("A note on a ticket names me."),
    TIER_2 | {Role.AGENT.value},
)
DUE = Topic("tickets.due", _("Due soon"), _("A promise falls due."), TIER_2)
BREACHES = Topic(
    "tickets.breaches",
    _("Breaches"),
    _("A promise was not kept in time. Told at night, too."),
    TIER_2,
)
ROUTING = Topic(
    "tickets.routing",
    _("Routing"),
    _("No rule names a team for a question."),
    frozenset({Role.MANAGER.value}),
)

FEEDS = Topic(
    "tickets.feeds",
    _("Event subscriptions"),
    _("Events of tickets cannot be sent to another program any more."),
    frozenset({Role.MANAGER.value}),
)

INTAKE = Topic(
    "intake.expired",
    _("Waiting users"),
    _("A user of a chatbot waited, and no agent came in time."),
    frozenset({Role.MANAGER.value}),
)
WEEKLY = Topic(
    "reports.weekly",
    _("Weekly report"),
    _("How the promise was kept last week, for the desk or for teams that I subscribe to."),
    frozenset({Role.MANAGER.value}),
)

JOBS = Topic(
    "desk.jobs",
    _("Long jobs"),
    _("An export, or the recount after an edit of the promise, that I began has ended."),
    TIER_2 | {Role.AGENT.value, Role.EDITOR.value, Role.ADMIN.value},
)

_MINE = {
    "tickets.assigned": _("Ticket %(ticket)s was assigned to you: %(question)s"),
    "tickets.transferred": _("Ticket %(ticket)s was transferred to you: %(question)s"),
    "tickets.transferred_to_team": _(
        "Ticket %(ticket)s was transferred to the queue of %(team)s: %(question)s"
    ),
    "tickets.returned": _(
        "Ticket %(ticket)s came back from tier 2. Something is missing: %(question)s"
    ),
    "tickets.completed": _("Tier 1 has completed ticket %(ticket)s: %(question)s"),
    "tickets.reopened": _("Ticket %(ticket)s was reopened: %(question)s"),
    "tickets.cancelled": _("Ticket %(ticket)s was cancelled: %(question)s"),
    "tickets.merged": _("Ticket %(ticket)s goes on as another one: %(question)s"),
}
_CONTACTS = {
    "contacts.passed_on": _("%(by)s passed a contact on to you: %(question)s"),
    "contacts.passed_by_other": _("%(by)s passed your contact on to %(to)s: %(question)s"),
    "contacts.taken_over": _(
        "The user of your contact is back, and %(by)s took it over: %(question)s"
    ),
}
_CHASED = {
    "tickets.chased": _(
        "The user asks again about ticket %(ticket)s (chase no. %(chases)s): %(question)s"
    )
}
_MENTIONED = {
    "tickets.mentioned": _("A note on ticket %(ticket)s mentions you: %(question)s"),
}
_DUE = {
    "sla.contact.due_soon": _(
        "The user of ticket %(ticket)s is to be answered within one working day, "
        "by %(due)s: %(question)s"
    ),
    "sla.contact.last_call": _(
        "The user of ticket %(ticket)s is to be answered within two working hours, "
        "by %(due)s: %(question)s"
    ),
    "sla.resolve.due_soon": _(
        "Ticket %(ticket)s is to be solved within one working day, by %(due)s: %(question)s"
    ),
    "sla.resolve.last_call": _(
        "Ticket %(ticket)s is to be solved within two working hours, by %(due)s: %(question)s"
    ),
}
_BREACHED = {
    "sla.contact.breached": _(
        "The promise of ticket %(ticket)s is breached: the user was to be answered "
        "by %(due)s. %(question)s"
    ),
    "sla.contact.overdue_day": _(
        "The user of ticket %(ticket)s has waited a working day beyond the promise "
        "(%(due)s): %(question)s"
    ),
    "sla.resolve.breached": _(
        "Ticket %(ticket)s is breached: it was to be solved by %(due)s. %(question)s"
    ),
    "sla.resolve.overdue_day": _(
        "Ticket %(ticket)s was to be solved a working day ago (%(due)s): %(question)s"
    ),
}
_ROUTED = {
    "tickets.unrouted": _(
        "No routing rule names a team for “%(question)s”: the default team gets its tickets, "
        "%(ticket)s among them."
    )
}
_PAUSED = {
    "subscriptions.paused": _(
        "The event subscription “%(name)s” (%(host)s) is paused. Its page says why, and lets it "
        "go on from where it stopped."
    )
}


_WAITED = {
    "intake.expired": _(
        "No agent came in time for user no. %(number)s of a chatbot, who waited since %(since)s."
    )
}

_WEEKS = {
    "reports.weekly": _(
        "The desk from %(from)s to %(to)s (the same time before in brackets): "
        "%(handed_over)s handed over (%(handed_over_before)s), answered in time %(attainment)s "
        "(%(attainment_before)s), answered late %(breached)s (%(breached_before)s), solved late "
        "%(resolve_breached)s (%(resolve_breached_before)s)."
    ),
    "reports.weekly_team": _(
        "%(team)s from %(from)s to %(to)s (the same time before in brackets): "
        "%(handed_over)s handed over (%(handed_over_before)s), answered in time %(attainment)s "
        "(%(attainment_before)s), answered late %(breached)s (%(breached_before)s), solved late "
        "%(resolve_breached)s (%(resolve_breached_before)s)."
    ),
}

_JOBS = {
    "exports.done": _("Your export is ready to be fetched: %(table)s"),
    "promise.followed": _(
        "All open tickets follow change %(number)s of the promise: %(looked_at)s clocks looked "
        "at, %(moved)s due dates moved, %(breached)s breached by it."
    ),
}
_JOBS_FAILED = {"exports.failed": _("Your export could not be written: %(table)s")}


def register_texts() -> None:
    register(_MINE, topic=MY_TICKETS)
    register(_WAITED, topic=INTAKE, severity=Severity.WARNING)
    register(_CONTACTS, topic=MY_CONTACTS)
    register(_MENTIONED, topic=MENTIONS)
    register(_CHASED, topic=CHASES, severity=Severity.WARNING)
    register(_DUE, topic=DUE, severity=Severity.WARNING)
    register(_BREACHED, topic=BREACHES, severity=Severity.BREACH)
    register(_WEEKS, topic=WEEKLY)
    register(_ROUTED, topic=ROUTING, severity=Severity.WARNING)
    register(_PAUSED, topic=FEEDS, severity=Severity.WARNING)
    register(_JOBS, topic=JOBS)
    register(_JOBS_FAILED, topic=JOBS, severity=Severity.WARNING)
