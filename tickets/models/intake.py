"""A chatbot's user who asks for a person (转人工): what the chatbot knows, until an agent comes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tickets.models.labels import Channel, IntakeStatus
from tickets.querysets import IntakeQuerySet


class Intake(models.Model):
    """Waiting → taken, expired or withdrawn. Taken, it has become a contact of the agent's.

    ``external_id`` is the chatbot's own name for it. ``transcript`` is ``[{"who": "user" or
    "bot", "text", "at": ISO 8601 or null}]``, ``suggestions`` is ``[{"key", "title"}]``.
    """

    bot = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("chatbot")
    )
    external_id = models.CharField(_("number at the chatbot"), max_length=100)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    text = models.TextField(_("the user's words"))
    account_id = models.CharField(_("account ID"), max_length=20, blank=True)
    session = models.CharField(_("session at the chatbot"), max_length=200, blank=True)
    transcript = models.JSONField(_("conversation"), default=list, blank=True)
    suggestions = models.JSONField(_("suggested questions"), default=list, blank=True)
    status = models.CharField(
        _("status"),
        max_length=10,
        choices=IntakeStatus.choices,
        default=IntakeStatus.WAITING,
    )
    created_at = models.DateTimeField(_("waiting since"))
    expires_at = models.DateTimeField(_("waits until"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("agent"),
    )
    consultation = models.OneToOneField(
        "tickets.Consultation",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="intake",
        verbose_name=_("consultation"),
    )
    anonymised_at = models.DateTimeField(_("anonymised at"), null=True, blank=True)

    objects = IntakeQuerySet.as_manager()

    class Meta:
        verbose_name = _("chatbot's user")
        verbose_name_plural = _("chatbot's users")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["id"], name="intake_waiting", condition=Q(status="waiting")),
            models.Index(
                fields=["expires_at"], name="intake_to_expire", condition=Q(status="waiting")
            ),
            models.Index(
                fields=["ended_at"],
                name="intake_to_anonymise",
                condition=Q(ended_at__isnull=False, anonymised_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["bot", "external_id"], name="intake_once"),
            models.CheckConstraint(
                name="intake_status_known", condition=Q(status__in=IntakeStatus.values)
            ),
            models.CheckConstraint(
                name="intake_ended_when_not_waiting",
                condition=Q(status="waiting", ended_at=None)
                | (~Q(status="waiting") & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="intake_taken_is_a_contact",
                condition=Q(status="taken", taken_by__isnull=False, consultation__isnull=False)
                | (~Q(status="taken") & Q(taken_by=None, consultation=None)),
            ),
            models.CheckConstraint(
                name="intake_waits_a_while", condition=Q(expires_at__gt=F("created_at"))
            ),
            models.CheckConstraint(
                name="intake_anonymised_after_its_end",
                condition=Q(anonymised_at=None) | Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"
