"""One contact of one user with tier 1 (咨询记录), and its run through a decision flow."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tickets.models.labels import Channel, ConsultationStatus
from tickets.querysets import ConsultationQuerySet


class Consultation(models.Model):
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="consultations",
        verbose_name=_("agent"),
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    utterance = models.TextField(_("the user's words"), blank=True)
    question = models.ForeignKey(
        "kb.StandardQuestion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="consultations",
        verbose_name=_("standard question"),
    )
    status = models.CharField(
        _("status"),
        max_length=12,
        choices=ConsultationStatus.choices,
        default=ConsultationStatus.OPEN,
    )
    account_id = models.CharField(_("account ID"), max_length=20, blank=True)
    ticket = models.ForeignKey(
        "tickets.Ticket",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="consultations",
        verbose_name=_("ticket"),
    )
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = ConsultationQuerySet.as_manager()

    class Meta:
        verbose_name = _("consultation")
        verbose_name_plural = _("consultations")
        ordering = ["-started_at"]
        indexes = [
            models.Index(
                fields=["agent", "-started_at"],
                name="consultation_open_by_agent",
                condition=Q(status="open"),
            ),
            models.Index(
                fields=["account_id", "-started_at"],
                name="consultation_by_account",
                condition=~Q(account_id=""),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="consultation_status_known",
                condition=Q(status__in=ConsultationStatus.values),
            ),
            models.CheckConstraint(
                name="consultation_finished_when_not_open",
                condition=Q(status="open", finished_at=None)
                | (~Q(status="open") & Q(finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="consultation_handed_over_has_ticket",
                condition=~Q(status__in=["escalated", "chased"]) | Q(ticket__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class FlowRun(models.Model):
    """A run stays on the flow version it began with."""

    consultation = models.OneToOneField(
        Consultation, models.CASCADE, related_name="run", verbose_name=_("consultation")
    )
    version = models.ForeignKey(
        "kb.FlowVersion", models.PROTECT, related_name="runs", verbose_name=_("flow version")
    )
    started_at = models.DateTimeField(_("started at"))

    class Meta:
        verbose_name = _("flow run")
        verbose_name_plural = _("flow runs")


class RunStep(models.Model):
    """One answered node. Rows are only added; going back marks them undone.

    ``values`` are the variables that were filled in or worked out, without secrets but with
    personal data; ``automatic`` steps nobody answered. ``checked`` is what a check told the
    agent: ``{"findings": [{field, found, allowed, say, severity, corrected}], "corrected": text
    or null}``.
    """

    run = models.ForeignKey(FlowRun, models.CASCADE, related_name="steps", verbose_name=_("run"))
    number = models.PositiveIntegerField(_("number"))
    node = models.CharField(_("node"), max_length=255)
    kind = models.CharField(_("kind"), max_length=12)
    prompt = models.TextField(_("prompt"), blank=True)
    script = models.TextField(_("script shown"), blank=True)
    value = models.CharField(_("answer"), max_length=200, blank=True)
    label = models.TextField(_("answer in words"), blank=True)
    values = models.JSONField(_("values"), default=dict, blank=True)
    automatic = models.BooleanField(_("automatic"), default=False)
    checked = models.JSONField(_("check results"), default=dict, blank=True)
    shown_at = models.DateTimeField(_("shown at"))
    answered_at = models.DateTimeField(_("answered at"))
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("answered by")
    )
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("undone by"),
    )

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="run_step_number_once"),
            models.CheckConstraint(
                name="run_step_undone_by_somebody",
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
        ]
