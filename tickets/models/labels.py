"""Choices stored in columns, with their labels.

Statuses, codes and results come from the pure rules; this module only gives them words.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.rules import transitions


class Status(models.TextChoices):
    NEW = "new", _("New")
    QUEUED = "queued", _("Queued")
    ASSIGNED = "assigned", _("In progress")
    WAITING = "waiting", _("Waiting for the user")
    RETURNED = "returned", _("Returned to tier 1")
    RESOLVED = "resolved", _("Resolved")
    CLOSED = "closed", _("Closed")
    MERGED = "merged", _("Merged")
    CANCELLED = "cancelled", _("Cancelled")


OPEN_STATUSES = tuple(each for each in Status if each.value in transitions.OPEN_STATUSES)
"""In this order: conditions of the database are made of it."""


class Priority(models.IntegerChoices):
    NORMAL = 0, _("Normal")
    HIGH = 1, _("High")
    URGENT = 2, _("Urgent")


class Channel(models.TextChoices):
    PHONE = "phone", _("Phone")
    CHAT = "chat", _("Chat")


class ConsultationStatus(models.TextChoices):
    OPEN = "open", _("In progress")
    ANSWERED = "answered", _("Answered")
    REDIRECTED = "redirected", _("Redirected")
    ABANDONED = "abandoned", _("Abandoned")
    ESCALATED = "escalated", _("Handed over")
    CHASED = "chased", _("Chased")


class IntakeStatus(models.TextChoices):
    """A chatbot's user who waits for an agent."""

    WAITING = "waiting", _("Waiting for an agent")
    TAKEN = "taken", _("Taken by an agent")
    EXPIRED = "expired", _("Nobody came in time")
    WITHDRAWN = "withdrawn", _("Withdrawn by the chatbot")


class ContactChannel(models.TextChoices):
    CALL_BACK = "call_back", _("Call-back")
    PRIVATE_MESSAGE = "private_message", _("Private message")


class ContactResult(models.TextChoices):
    REACHED = "reached", _("Reached")
    NO_ANSWER = "no_answer", _("No answer")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    REFUSED = "refused", _("Refused to talk")
    SENT = "sent", _("Sent")
    READ = "read", _("Read by the user")
    ANSWERED = "answered", _("Answered by the user")


class ResolutionCode(models.TextChoices):
    REFUNDED = "refunded", _("Credits given back")
    FIXED = "fixed", _("Fixed")
    EXPLAINED = "explained", _("Explained")
    NOT_REPRODUCIBLE = "not_reproducible", _("Could not be reproduced")
    USER_UNREACHABLE = "user_unreachable", _("User could not be reached")
    REFERRED = "referred", _("Referred to another team")
    DUPLICATE = "duplicate", _("Duplicate")
    OTHER = "other", _("Other")


class ClockKind(models.TextChoices):
    CONTACT = "contact", _("First contact")
    RESOLVE = "resolve", _("Solution")


class AlarmLevel(models.TextChoices):
    DUE_SOON = "due_soon", _("Due in one working day")
    LAST_CALL = "last_call", _("Due in two working hours")
    BREACHED = "breached", _("Breached")
    OVERDUE_DAY = "overdue_day", _("Breached by a working day")


class Assignment(models.TextChoices):
    """How a team's queue is emptied."""

    PULL = "pull", _("Advisors take the next one")
    AUTOMATIC = "automatic", _("The desk assigns")


class PromiseCause(models.TextChoices):
    """What can move the due dates of many tickets at once."""

    CALENDAR = "calendar", _("Calendar")
    POLICY = "policy", _("SLA policy")


class SubscriptionState(models.TextChoices):
    """``PAUSED``: the desk gave up after a day of failures. ``OFF``: a manager switched it off."""

    ON = "on", pgettext_lazy("subscription", "In use")
    PAUSED = "paused", pgettext_lazy("subscription", "Paused after failures")
    OFF = "off", pgettext_lazy("subscription", "Switched off")
