"""The promise: policies, the clock of a ticket, and the alarms that have fired."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tickets.models.labels import AlarmLevel, ClockKind


class SlaPolicy(models.Model):
    """How many working days; the highest version of a kind is in force for new clocks."""

    kind = models.CharField(_("kind"), max_length=10, choices=ClockKind.choices)
    version = models.PositiveIntegerField(_("version"))
    working_days = models.PositiveSmallIntegerField(
        _("working days"), validators=[MinValueValidator(1)]
    )
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("close of business"))
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("SLA policy")
        verbose_name_plural = _("SLA policies")
        ordering = ["kind", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="policy_version_once"),
            models.CheckConstraint(name="policy_has_days", condition=Q(working_days__gte=1)),
            models.CheckConstraint(
                name="policy_opens_before_it_closes", condition=Q(opens__lt=F("closes"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} v{self.version}"


class Clock(models.Model):
    """One promise of one ticket. Running while ``stopped_at`` is null.

    ``days`` keeps how the due date was counted: ``[{date, counted, why, name,
    provisional}]``. ``next_alarm_at`` is the earliest instant whose alarm has not
    fired, null when none is left: the sweep reads only its index.
    """

    ticket = models.ForeignKey(
        "tickets.Ticket", models.PROTECT, related_name="clocks", verbose_name=_("ticket")
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ClockKind.choices)
    policy = models.ForeignKey(SlaPolicy, models.PROTECT, verbose_name=_("policy"))
    started_at = models.DateTimeField(_("started at"))
    due_at = models.DateTimeField(_("due"))
    provisional = models.BooleanField(_("provisional"))
    days = models.JSONField(_("days counted"))
    due_soon_at = models.DateTimeField(_("due soon at"))
    last_call_at = models.DateTimeField(_("last call at"))
    overdue_at = models.DateTimeField(_("a working day late at"))
    next_alarm_at = models.DateTimeField(_("next alarm"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)
    breached_at = models.DateTimeField(_("breached at"), null=True, blank=True)

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        indexes = [
            models.Index(
                fields=["next_alarm_at"],
                name="clock_alarms",
                condition=Q(stopped_at=None, next_alarm_at__isnull=False),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "kind"], name="one_clock_per_ticket_and_kind"
            ),
            models.CheckConstraint(
                name="clock_due_after_start", condition=Q(due_at__gt=F("started_at"))
            ),
            models.CheckConstraint(
                name="clock_late_stop_is_a_breach",
                condition=Q(stopped_at=None)
                | Q(stopped_at__lte=F("due_at"))
                | Q(breached_at__isnull=False),
            ),
            models.CheckConstraint(
                name="clock_breach_not_before_due",
                condition=Q(breached_at=None) | Q(breached_at__gte=F("due_at")),
            ),
        ]


class ClockAlarm(models.Model):
    """A level that has fired; the unique row is what makes it fire once."""

    clock = models.ForeignKey(Clock, models.PROTECT, related_name="alarms")
    level = models.CharField(_("level"), max_length=12, choices=AlarmLevel.choices)
    fired_at = models.DateTimeField(_("fired at"))

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = [
            models.UniqueConstraint(fields=["clock", "level"], name="alarm_once_per_level")
        ]
