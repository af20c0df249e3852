"""The ticket (工单): what tier 1 could not settle and tier 2 promised to answer."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models.labels import (
    OPEN_STATUSES,
    ContactChannel,
    Priority,
    ResolutionCode,
    Status,
)
from tickets.querysets import TicketQuerySet
from tickets.rules.ticket_number import format_number

_OPEN = Q(status__in=list(OPEN_STATUSES))


class Ticket(models.Model):
    """State changes happen in ``tickets.services`` only; the constraints refuse bad rows.

    ``due_at`` repeats the contact clock's due instant so that the queue and
    claim-next read one index; it is null for records without a promise. What else
    repeats the timeline, for an index: ``next_try_at`` (the next planned try to reach the
    user, or when to look again while waiting), ``bounce_count``, ``reopen_count``.

    ``skill`` is what an advisor must know to be given it. ``merged_into`` carries the promise
    of a merged ticket; ``follows`` is the ticket that a user came back about too late to
    reopen it. ``missing`` says what tier 1 is to complete while it is returned:
    ``[{"field", "label", "why"}]``.
    """

    question = models.ForeignKey(
        "kb.StandardQuestion",
        models.PROTECT,
        related_name="tickets",
        verbose_name=_("standard question"),
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.NEW
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.NORMAL
    )
    team = models.ForeignKey(
        "tickets.Team",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        verbose_name=_("team"),
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="assigned_tickets",
        verbose_name=_("assignee"),
    )
    promise = models.BooleanField(_("answer promised"), default=True)

    problem = models.TextField(_("problem"))
    demand = models.TextField(_("demand"), blank=True)
    account_id = models.CharField(_("account ID"), max_length=20, blank=True)
    contact_channel = models.CharField(
        _("contact by"), max_length=16, choices=ContactChannel.choices, blank=True
    )
    contact_value = models.CharField(_("call-back number"), max_length=20, blank=True)
    extra = models.JSONField(_("further details"), default=list, blank=True)
    tags = ArrayField(models.CharField(max_length=40), verbose_name=_("tags"), default=list)
    transcript = models.JSONField(_("transcript"), default=dict)

    handed_over_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_index=False,
        related_name="handed_over_tickets",
        verbose_name=_("handed over by"),
    )
    created_at = models.DateTimeField(_("handed over at"))
    routed_at = models.DateTimeField(_("routed at"), null=True, blank=True)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    first_answered_at = models.DateTimeField(_("user answered at"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    due_provisional = models.BooleanField(_("due date provisional"), default=False)

    resolution_code = models.CharField(
        _("resolution"), max_length=20, choices=ResolutionCode.choices, blank=True
    )
    resolution_summary = models.TextField(_("summary"), blank=True)
    chase_count = models.PositiveSmallIntegerField(_("chases"), default=0)

    skill = models.SlugField(_("skill"), max_length=40, blank=True, db_index=False)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    missing = models.JSONField(_("what is missing"), default=list, blank=True)
    bounce_count = models.PositiveSmallIntegerField(_("returns"), default=0)
    reopen_count = models.PositiveSmallIntegerField(_("reopenings"), default=0)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    follows = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="followed_by",
        verbose_name=_("follows"),
    )
    ended_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    anonymised_at = models.DateTimeField(_("anonymised at"), null=True, blank=True)
    watchers = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        blank=True,
        related_name="watched_tickets",
        verbose_name=_("watchers"),
    )

    objects = TicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        ordering = ["due_at", "-priority", "id"]
        indexes = [
            models.Index(
                models.F("due_at").asc(nulls_last=True),
                models.F("priority").desc(),
                models.F("id"),
                name="ticket_queue",
                condition=Q(status="queued"),
            ),
            models.Index(
                models.F("assignee"),
                models.F("due_at").asc(nulls_last=True),
                name="ticket_open_by_assignee",
                condition=_OPEN & Q(assignee__isnull=False),
            ),
            models.Index(fields=["created_at", "id"], name="ticket_by_creation"),
            models.Index(
                fields=["assignee"],
                name="ticket_by_assignee",
                condition=Q(assignee__isnull=False),
            ),
            models.Index(
                models.F("chase_count").desc(),
                models.F("due_at").asc(nulls_last=True),
                models.F("id"),
                name="ticket_open_by_chases",
                condition=_OPEN,
            ),
            models.Index(
                fields=["merged_into"],
                name="ticket_merged_into",
                condition=Q(merged_into__isnull=False),
            ),
            models.Index(
                fields=["follows"], name="ticket_follows", condition=Q(follows__isnull=False)
            ),
            models.Index(fields=["due_at"], name="ticket_open_by_due", condition=_OPEN),
            models.Index(fields=["created_at"], name="ticket_unrouted", condition=Q(status="new")),
            models.Index(
                fields=["-resolved_at"],
                name="ticket_by_resolution",
                condition=Q(status__in=["resolved", "closed"]),
            ),
            models.Index(
                fields=["resolved_at"], name="ticket_to_close", condition=Q(status="resolved")
            ),
            models.Index(
                fields=["next_try_at"],
                name="ticket_next_try",
                condition=Q(next_try_at__isnull=False) & Q(status__in=["assigned", "waiting"]),
            ),
            models.Index(
                fields=["ended_at"],
                name="ticket_to_anonymise",
                condition=Q(ended_at__isnull=False, anonymised_at=None),
            ),
            models.Index(fields=["account_id", "-created_at"], name="ticket_by_account"),
            models.Index(fields=["handed_over_by", "-created_at"], name="ticket_by_agent"),
        ]
        constraints = [
            models.CheckConstraint(
                name="ticket_status_known", condition=Q(status__in=Status.values)
            ),
            models.UniqueConstraint(
                fields=["account_id", "question"],
                condition=_OPEN & Q(promise=True),
                name="one_open_ticket_per_account_and_question",
            ),
            models.CheckConstraint(
                name="ticket_promise_is_complete",
                condition=Q(promise=False)
                | Q(anonymised_at__isnull=False)
                | (
                    Q(account_id__regex=r"^[0-9]{3,20}$")
                    & ~Q(problem="")
                    & ~Q(demand="")
                    & Q(due_at__isnull=False)
                    & (
                        Q(contact_channel="private_message")
                        | (Q(contact_channel="call_back") & ~Q(contact_value=""))
                    )
                ),
            ),
            models.CheckConstraint(
                name="ticket_queued_in_a_team",
                condition=~Q(status="queued") | Q(team__isnull=False, assignee=None),
            ),
            models.CheckConstraint(
                name="ticket_assigned_to_somebody",
                condition=~Q(status__in=["assigned", "waiting"]) | Q(assignee__isnull=False),
            ),
            models.CheckConstraint(
                name="ticket_resolved_with_code_and_summary",
                condition=~Q(status__in=["resolved", "closed"])
                | (
                    Q(resolved_at__isnull=False)
                    & ~Q(resolution_code="")
                    & ~Q(resolution_summary="")
                ),
            ),
            models.CheckConstraint(
                name="ticket_merged_into_another",
                condition=Q(status="merged", merged_into__isnull=False)
                | (~Q(status="merged") & Q(merged_into=None)),
            ),
            models.CheckConstraint(
                name="ticket_not_merged_into_itself",
                condition=Q(merged_into=None) | ~Q(merged_into=models.F("id")),
            ),
            models.CheckConstraint(
                name="ticket_ended_when_it_is",
                condition=Q(status__in=["closed", "merged", "cancelled"], ended_at__isnull=False)
                | (~Q(status__in=["closed", "merged", "cancelled"]) & Q(ended_at=None)),
            ),
            models.CheckConstraint(
                name="ticket_anonymised_after_its_end",
                condition=Q(anonymised_at=None) | Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people use, e.g. ``T00001234``."""
        return format_number(self.pk)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN_STATUSES
