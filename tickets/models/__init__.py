from tickets.models.calendar import CalendarOverride, CalendarYear
from tickets.models.consultation import Consultation, FlowRun, RunStep
from tickets.models.contact import ContactAttempt
from tickets.models.event import TicketEvent
from tickets.models.heartbeat import Heartbeat
from tickets.models.sla import Clock, ClockAlarm, SlaPolicy
from tickets.models.team import RoutingRule, Team
from tickets.models.ticket import Ticket

__all__ = [
    "CalendarOverride",
    "CalendarYear",
    "Clock",
    "ClockAlarm",
    "Consultation",
    "ContactAttempt",
    "FlowRun",
    "Heartbeat",
    "RoutingRule",
    "RunStep",
    "SlaPolicy",
    "Team",
    "Ticket",
    "TicketEvent",
]
