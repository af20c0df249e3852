"""Addresses of other programs that are told what concerns a team."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from notices.models.labels import WebhookKind


class Webhook(models.Model):
    """``audience`` is an opaque key of whom it concerns (``notices.providers``), ``topics`` what
    of it is told.

    Address and secret are sealed (``notices.channels.sealing``): the address of a group robot is
    itself a key to the group. ``host`` repeats of it what may be shown.
    """

    name = models.CharField(_("name"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=WebhookKind.choices)
    audience = models.CharField(_("concerns"), max_length=80)
    topics = ArrayField(models.CharField(max_length=40), verbose_name=_("topics"), default=list)
    host = models.CharField(_("host"), max_length=260)
    sealed_url = models.TextField(_("address, sealed"))
    sealed_secret = models.TextField(_("secret, sealed"), blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created at"))
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("changed by")
    )
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name"]
        indexes = [
            models.Index(
                fields=["audience"], name="webhook_by_audience", condition=models.Q(is_active=True)
            )
        ]
        constraints = [
            models.CheckConstraint(
                name="webhook_kind_known", condition=models.Q(kind__in=WebhookKind.values)
            ),
            models.CheckConstraint(
                name="webhook_of_ours_is_signed",
                condition=~models.Q(kind="generic") | ~models.Q(sealed_secret=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name
