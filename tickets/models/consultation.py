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
    # In place of ``ticket`` once that is archived.
    archived = models.ForeignKey(
        "tickets.ArchivedTicket",
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="consultations",
        verbose_name=_("archived ticket"),
    )
    started_at = models.DateTimeField(_("started at"))
    parked_at = models.DateTimeField(_("waiting for the user since"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    anonymised_at = models.DateTimeField(_("anonymised at"), null=True, blank=True)

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
            models.Index(
                fields=["started_at", "id"], name="consultation_open", condition=Q(status="open")
            ),
            models.Index(
                fields=["-parked_at"],
                name="consultation_parked",
                condition=Q(status="open", parked_at__isnull=False),
            ),
            models.Index(
                fields=["finished_at"],
                name="consultation_to_anonymise",
                condition=Q(finished_at__isnull=False, anonymised_at=None),
            ),
            models.Index(
                fields=["archived"],
                name="consultation_archived",
                condition=Q(archived__isnull=False),
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
                name="consultation_parked_only_while_open",
                condition=Q(parked_at=None) | Q(status="open"),
            ),
            models.CheckConstraint(
                name="consultation_handed_over_has_ticket",
                condition=~Q(status__in=["escalated", "chased"])
                | Q(ticket__isnull=False)
                | Q(archived__isnull=False),
            ),
            models.CheckConstraint(
                name="consultation_ticket_in_one_place",
                condition=Q(ticket=None) | Q(archived=None),
            ),
            models.CheckConstraint(
                name="consultation_anonymised_after_its_end",
                condition=Q(anonymised_at=None) | Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class ContactTransfer(models.Model):
    """A running contact that went from one agent to another; rows are only added."""

    consultation = models.ForeignKey(
        Consultation, models.CASCADE, related_name="transfers", verbose_name=_("consultation")
    )
    from_agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("from")
    )
    to_agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("to")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by")
    )
    note = models.CharField(_("note"), max_length=300, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("transfer of a contact")
        verbose_name_plural = _("transfers of contacts")
        ordering = ["at", "id"]


class FlowRun(models.Model):
    """A run stays on the flow version it began with.

    ``question_revision`` is the revision of the contact's question when it began: the scripts
    that the question itself gives were those.
    """

    consultation = models.OneToOneField(
        Consultation, models.CASCADE, related_name="run", verbose_name=_("consultation")
    )
    version = models.ForeignKey(
        "kb.FlowVersion", models.PROTECT, related_name="runs", verbose_name=_("flow version")
    )
    question_revision = models.PositiveIntegerField(_("revision of the question"), default=0)
    started_at = models.DateTimeField(_("started at"))

    class Meta:
        verbose_name = _("flow run")
        verbose_name_plural = _("flow runs")
        indexes = [models.Index(fields=["version", "-started_at"], name="run_by_version")]


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
        indexes = [
            # Rare among very many: runs that left one flow for another, by where they went.
            models.Index(
                fields=["value", "run"], name="run_step_changed_flow", condition=Q(kind="changed")
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="run_step_number_once"),
            models.CheckConstraint(
                name="run_step_undone_by_somebody",
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
        ]
