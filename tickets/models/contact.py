"""Attempts of tier 2 to reach the user."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models.labels import ContactChannel, ContactResult


class ContactAttempt(models.Model):
    ticket = models.ForeignKey(
        "tickets.Ticket", models.PROTECT, related_name="contacts", verbose_name=_("ticket")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=ContactChannel.choices)
    result = models.CharField(_("result"), max_length=16, choices=ContactResult.choices)
    note = models.TextField(_("note"), blank=True)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)

    class Meta:
        verbose_name = _("contact attempt")
        verbose_name_plural = _("contact attempts")
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(
                name="contact_result_fits_kind",
                condition=Q(
                    kind="call_back", result__in=["reached", "no_answer", "wrong_number", "refused"]
                )
                | Q(kind="private_message", result__in=["sent", "read", "answered"]),
            )
        ]
