from tickets.models.advisor import Absence, AdvisorProfile, Shift
from tickets.models.calendar import CalendarOverride, CalendarYear
from tickets.models.consultation import Consultation, ContactTransfer, FlowRun, RunStep
from tickets.models.contact import ContactAttempt
from tickets.models.desk import Presence, SavedView
from tickets.models.event import TicketEvent
from tickets.models.heartbeat import Heartbeat
from tickets.models.sla import Clock, ClockAlarm, PromiseChange, SlaPolicy
from tickets.models.team import RoutingRule, Team
from tickets.models.ticket import Ticket

__all__ = [
    "Absence",
    "AdvisorProfile",
    "CalendarOverride",
    "CalendarYear",
    "Clock",
    "ClockAlarm",
    "Consultation",
    "ContactAttempt",
    "ContactTransfer",
    "FlowRun",
    "Heartbeat",
    "Presence",
    "PromiseChange",
    "RoutingRule",
    "RunStep",
    "SavedView",
    "Shift",
    "SlaPolicy",
    "Team",
    "Ticket",
    "TicketEvent",
]
