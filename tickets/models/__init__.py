from tickets.models.advisor import Absence, AdvisorProfile, Shift
from tickets.models.archive import ArchivedTicket
from tickets.models.calendar import CalendarOverride, CalendarYear
from tickets.models.consultation import Consultation, ContactTransfer, FlowRun, RunStep
from tickets.models.contact import ContactAttempt
from tickets.models.desk import Presence, SavedView
from tickets.models.event import TicketEvent
from tickets.models.export import Export, ExportChunk, ReportSubscription, WeeklyReport
from tickets.models.feed import (
    EventPending,
    EventSubscription,
    FeedEntry,
    FeedHead,
    FeedReader,
)
from tickets.models.heartbeat import Heartbeat
from tickets.models.intake import Intake
from tickets.models.report import (
    ContactFact,
    FlowOutcome,
    ReportDay,
    ReportDirty,
    ReportState,
    ReportSum,
    TicketFact,
)
from tickets.models.sla import Clock, ClockAlarm, PromiseChange, SlaPolicy
from tickets.models.team import RoutingRule, Team
from tickets.models.ticket import Ticket
from tickets.models.undo import Undo

__all__ = [
    "Absence",
    "AdvisorProfile",
    "ArchivedTicket",
    "CalendarOverride",
    "CalendarYear",
    "Clock",
    "ClockAlarm",
    "Consultation",
    "ContactAttempt",
    "ContactFact",
    "ContactTransfer",
    "EventPending",
    "EventSubscription",
    "Export",
    "ExportChunk",
    "FeedEntry",
    "FeedHead",
    "FeedReader",
    "FlowOutcome",
    "FlowRun",
    "Heartbeat",
    "Intake",
    "Presence",
    "PromiseChange",
    "ReportDay",
    "ReportDirty",
    "ReportState",
    "ReportSubscription",
    "ReportSum",
    "RoutingRule",
    "RunStep",
    "SavedView",
    "Shift",
    "SlaPolicy",
    "Team",
    "Ticket",
    "TicketEvent",
    "TicketFact",
    "Undo",
    "WeeklyReport",
]
