"""Tickets that ended long ago: one row each, out of the way of the desk's work."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tickets.models.labels import ResolutionCode, Status
from tickets.querysets import ArchivedTicketQuerySet
from tickets.rules.ticket_number import format_number

ENDED_STATUSES = (Status.CLOSED, Status.MERGED, Status.CANCELLED)


class ArchivedTicket(models.Model):
    """What ``document`` holds is told in ``tickets.services.archiving``; the columns repeat what
    a look-up, a permission or a deadline asks for.

    The key is the ticket's own, so its number still names it. ``reporters``: ids of the agents
    who handed it over or chased it, or one that was merged into it. A trigger lets nobody change
    or delete a row; anonymising alone may take the user out of it.
    """

    id = models.BigIntegerField(primary_key=True)
    question = models.ForeignKey(
        "kb.StandardQuestion",
        models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("standard question"),
    )
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    team = models.ForeignKey(
        "tickets.Team",
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("team"),
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("assignee"),
    )
    handed_over_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("handed over by"),
    )
    reporters = ArrayField(models.BigIntegerField(), verbose_name=_("reporters"))
    account_id = models.CharField(_("account ID"), max_length=20, blank=True)
    created_at = models.DateTimeField(_("handed over at"))
    ended_at = models.DateTimeField(_("closed at"))
    resolution_code = models.CharField(
        _("resolution"), max_length=20, choices=ResolutionCode.choices, blank=True
    )
    # Numbers, no foreign keys: the whole family is archived with it.
    merged_into_id = models.BigIntegerField(_("merged into"), null=True)
    document = models.JSONField(_("document"))
    archived_at = models.DateTimeField(_("archived at"))
    anonymised_at = models.DateTimeField(_("anonymised at"), null=True)

    objects = ArchivedTicketQuerySet.as_manager()

    class Meta:
        verbose_name = _("archived ticket")
        verbose_name_plural = _("archived tickets")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["ended_at"], name="archive_to_anonymise", condition=Q(anonymised_at=None)
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="archived_ticket_has_ended", condition=Q(status__in=list(ENDED_STATUSES))
            ),
            models.CheckConstraint(
                name="archived_after_its_end", condition=Q(archived_at__gt=F("ended_at"))
            ),
            models.CheckConstraint(
                name="archived_ticket_merged_somewhere",
                condition=Q(status="merged", merged_into_id__isnull=False)
                | (~Q(status="merged") & Q(merged_into_id=None)),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people use, as the ticket had it."""
        return format_number(self.pk)
