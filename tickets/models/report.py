"""What reports count: a narrow row for each ticket and each contact, and sums of whole days.

Everything here follows from tickets, events and contacts, and can be built anew from them. No
personal data: anonymising changes nothing here, and rows outlive tickets that were archived.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tickets.models.labels import ConsultationStatus, Status
from tickets.rules.fact_profile import Fate, Flag, contact_fate, resolve_fate
from tickets.rules.ticket_number import format_number


class FlowOutcome(models.Model):
    """Where decision flows lead: ``code`` is the flow's key, then the queue or tags of its end."""

    code = models.CharField(max_length=200, unique=True)

    def __str__(self) -> str:
        return self.code


class TicketFact(models.Model):
    """A ticket as reports see it; how each column is counted: ``tickets.rules.ticket_facts``.

    ``day`` is the Shanghai day of the hand-over, ``agent`` who handed over. ``settled``: no clock
    runs and the ticket is not open, so only an event can change the row's part in any number.
    """

    # No foreign key to the ticket: it may be archived, and is counted all the same.
    ticket_id = models.BigIntegerField(primary_key=True)
    created_at = models.DateTimeField()
    day = models.DateField()
    question = models.ForeignKey(
        "kb.StandardQuestion", models.PROTECT, db_index=False, related_name="+"
    )
    team = models.ForeignKey(
        "tickets.Team", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    outcome = models.ForeignKey(
        FlowOutcome, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    status = models.CharField(max_length=10, choices=Status.choices)
    profile = models.IntegerField()
    due_at = models.DateTimeField(null=True)
    provisional = models.BooleanField()
    answered_at = models.DateTimeField(null=True)
    solved_at = models.DateTimeField(null=True)
    resolve_due_at = models.DateTimeField(null=True)
    contact_minutes = models.IntegerField(null=True)
    resolve_minutes = models.IntegerField(null=True)
    chases = models.PositiveSmallIntegerField()
    returns = models.PositiveSmallIntegerField()
    reopens = models.PositiveSmallIntegerField()
    settled = models.BooleanField()

    class Meta:
        indexes = [
            models.Index(fields=["day", "created_at", "ticket_id"], name="fact_by_day"),
            models.Index(fields=["day"], name="fact_unsettled", condition=Q(settled=False)),
            models.Index(fields=["question", "day"], name="fact_by_question"),
            models.Index(fields=["team", "day"], name="fact_by_team"),
            models.Index(fields=["assignee", "day"], name="fact_by_assignee"),
            models.Index(fields=["agent", "day"], name="fact_by_agent"),
            models.Index(fields=["outcome", "day"], name="fact_by_outcome"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return format_number(self.ticket_id)

    @property
    def promise(self) -> bool:
        return bool(self.profile & Flag.PROMISE)

    @property
    def contact_fate(self) -> Fate:
        """As of the last event; a running clock past ``due_at`` is breached."""
        return contact_fate(self.profile)

    @property
    def resolve_fate(self) -> Fate:
        """As of the last event; a running clock past ``resolve_due_at`` is breached."""
        return resolve_fate(self.profile)


class ContactFact(models.Model):
    """A contact with tier 1 as reports see it; a trigger writes it with the contact."""

    contact_id = models.BigIntegerField(primary_key=True)
    started_at = models.DateTimeField()
    day = models.DateField()
    question = models.ForeignKey(
        "kb.StandardQuestion", models.PROTECT, null=True, db_index=False, related_name="+"
    )
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, db_index=False, related_name="+"
    )
    outcome = models.CharField(max_length=12, choices=ConsultationStatus.choices)

    class Meta:
        indexes = [
            models.Index(fields=["day", "started_at", "contact_id"], name="contact_fact_by_day"),
            models.Index(fields=["question", "day"], name="contact_fact_by_question"),
            models.Index(fields=["agent", "day"], name="contact_fact_by_agent"),
        ]

    def __str__(self) -> str:
        return f"#{self.contact_id}"


class ReportSum(models.Model):
    """How many rows of a stretch of days have ``code``; ``grain``: ``tickets.reports.grains``.

    ``source``: ticket (settled ones only), contact, search. ``by`` names what ``key`` and
    ``other`` are the primary keys of (0: none), or is ``total``. ``kind`` 0: ``code`` is a
    profile; 1 and 2: whole working hours until the user was answered, and until the solution.
    """

    source = models.CharField(max_length=8)
    by = models.CharField(max_length=20)
    grain = models.CharField(max_length=1)
    start = models.DateField()
    key = models.BigIntegerField()
    other = models.BigIntegerField(db_default=0)
    kind = models.SmallIntegerField()
    code = models.IntegerField()
    count = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "grain", "start", "by", "key", "other", "kind", "code"],
                include=["count"],
                name="report_sum_once",
            )
        ]


class ReportDay(models.Model):
    """A stretch whose sums are there. They hold unless a ``ReportDirty`` contradicts."""

    source = models.CharField(max_length=8)
    grain = models.CharField(max_length=1)
    start = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "grain", "start"], name="report_day_once")
        ]


class ReportDirty(models.Model):
    """Rows of this day have changed since: until it is summed again, it is counted row by row.

    Only added to, so that nobody waits for anybody; written with the change itself.
    """

    source = models.CharField(max_length=8)
    day = models.DateField()
    at = models.DateTimeField(db_default=Now())


class ReportState(models.Model):
    """How far a part of the reports' books reaches: ``at``, and where a rebuild goes on."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField(null=True)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name
