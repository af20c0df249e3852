"""The outbox: what is still to leave the desk, and what became of it."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notices.models.labels import ChannelKind, DeliveryState, SeverityLabel
from notices.models.webhook import Webhook


class Delivery(models.Model):
    """One event on its way to one target over one channel; written with the change it tells of.

    ``target`` is ``person:<id>`` or ``webhook:<id>``: one event reaches it once. ``line`` is what
    can be down as a whole: the mail server (``email``) or the webhook. ``key`` goes along with
    every attempt, so that a receiver can tell a repetition. ``attempts`` counts the claims:
    whoever marks a row names the claim, so that a sender whose lease has run out changes nothing.

    ``payload`` is ``{"code", "params", "path", "topic"}``; its words are made when it is sent.
    """

    key = models.UUIDField(_("idempotency key"), unique=True, default=uuid.uuid4, editable=False)
    channel = models.CharField(_("channel"), max_length=10, choices=ChannelKind.choices)
    target = models.CharField(_("target"), max_length=40)
    line = models.CharField(_("line"), max_length=40)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recipient"),
    )
    webhook = models.ForeignKey(
        Webhook,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name=_("webhook"),
    )
    event = models.CharField(_("event"), max_length=200)
    severity = models.CharField(_("severity"), max_length=10, choices=SeverityLabel.choices)
    payload = models.JSONField(_("payload"), default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("created at"))
    due_at = models.DateTimeField(_("to be sent at"))
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=300, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("discarded by"),
    )
    reason = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="delivery_due", condition=Q(state="pending")
            ),
            models.Index(
                fields=["claimed_until"], name="delivery_claimed", condition=Q(state="sending")
            ),
            models.Index(
                fields=["-ended_at", "-id"], name="delivery_dead", condition=Q(state="dead")
            ),
            models.Index(
                fields=["ended_at"],
                name="delivery_done",
                condition=Q(state__in=["sent", "discarded"]),
            ),
            models.Index(fields=["line"], name="delivery_by_line", condition=Q(state="pending")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "target", "event"], name="delivery_once_per_event"
            ),
            models.CheckConstraint(
                name="delivery_state_known", condition=Q(state__in=DeliveryState.values)
            ),
            models.CheckConstraint(
                name="delivery_claimed_while_sending",
                condition=Q(state="sending", claimed_until__isnull=False)
                | (~Q(state="sending") & Q(claimed_until=None)),
            ),
            models.CheckConstraint(
                name="delivery_ended_when_it_is",
                condition=Q(state__in=["sent", "dead", "discarded"], ended_at__isnull=False)
                | (Q(state__in=["pending", "sending"]) & Q(ended_at=None)),
            ),
            models.CheckConstraint(
                name="delivery_discarded_with_a_reason",
                condition=~Q(state="discarded") | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="delivery_has_its_target",
                condition=Q(channel="email", recipient__isnull=False, webhook=None)
                | Q(channel="webhook", recipient=None, webhook__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.target} {self.event}"


class Line(models.Model):
    """The state of a way out that has failed: closed for a while, so that a target which hangs
    costs one attempt now and then and not a worker. A line without a row works.
    """

    key = models.CharField(max_length=40, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    closed_until = models.DateTimeField(null=True, blank=True)
    down_since = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.key
