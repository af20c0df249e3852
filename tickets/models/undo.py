"""What somebody did a moment ago and can still take back."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Undo(models.Model):
    """The last thing on a ticket that can be taken back: at most one for each, no history.

    ``until`` is by the database's clock. ``event`` is what was done, ``first_event`` where that
    began (giving up waiting comes before a transfer); ``before`` what the ticket was. ``key``
    is shared by what was done to many tickets at once.
    """

    ticket = models.OneToOneField(
        "tickets.Ticket",
        models.CASCADE,
        primary_key=True,
        related_name="undo",
        verbose_name=_("ticket"),
    )
    event = models.ForeignKey(
        "tickets.TicketEvent",
        models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("event"),
    )
    first_event = models.BigIntegerField(_("first event"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        db_index=False,
        related_name="+",
        verbose_name=_("by"),
    )
    key = models.UUIDField(_("key"), default=uuid.uuid4, db_index=True, editable=False)
    before = models.JSONField(_("before"), default=dict)
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("undo offer")
        verbose_name_plural = _("undo offers")

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.event_id}"
