"""The ticket's timeline: append-only, kept so by a database trigger."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KeyTransform
from django.utils.translation import gettext_lazy as _


class TicketEvent(models.Model):
    """What happened: dotted ``code``, who (null: the system), old and new values, words."""

    # The index below begins with the ticket; a second one would only cost what is written most.
    ticket = models.ForeignKey(
        "tickets.Ticket",
        models.PROTECT,
        related_name="events",
        db_index=False,
        verbose_name=_("ticket"),
    )
    code = models.CharField(_("event"), max_length=40)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("at"))
    old = models.JSONField(_("before"), default=dict)
    new = models.JSONField(_("after"), default=dict)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["ticket", "id"], name="event_by_ticket"),
            # Which tickets a change of the promise has moved.
            models.Index(
                KeyTransform("change", "new"),
                "id",
                name="event_by_change",
                condition=Q(code="sla.moved"),
            ),
        ]

    def __str__(self) -> str:
        return self.code
