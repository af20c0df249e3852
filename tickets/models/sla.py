"""The promise: policies, the clock of a ticket, and the alarms that have fired."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tickets.models.labels import AlarmLevel, ClockKind, PromiseCause


class SlaPolicy(models.Model):
    """How many working days; the highest version of a kind is in force for new clocks."""

    kind = models.CharField(_("kind"), max_length=10, choices=ClockKind.choices)
    version = models.PositiveIntegerField(_("version"))
    working_days = models.PositiveSmallIntegerField(
        _("working days"), validators=[MinValueValidator(1)]
    )
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("close of business"))
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author"),
    )
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
    fired, null when none is left or while it is paused: the sweep reads only its index.

    ``paused_since`` is set while the clock stands still; the pauses themselves are derived
    from the ticket's events. ``breached_at`` stays when the due date moves later, and when a merge
    lets the clock go on with a promise that was made after it.
    ``counted_with`` is the last ``PromiseChange`` that it was counted after (0: none).
    ``dropped``: stopped without a verdict, because the ticket was merged or cancelled; every
    other stopped clock was met, or missed when ``breached_at`` is set.
    """

    # No indexes of their own: the constraint below begins with the ticket, the alarm's with the
    # clock, and nobody looks for the clocks of a policy. The sweeps write less so.
    ticket = models.ForeignKey(
        "tickets.Ticket",
        models.PROTECT,
        related_name="clocks",
        db_index=False,
        verbose_name=_("ticket"),
    )
    kind = models.CharField(_("kind"), max_length=10, choices=ClockKind.choices)
    policy = models.ForeignKey(SlaPolicy, models.PROTECT, db_index=False, verbose_name=_("policy"))
    started_at = models.DateTimeField(_("started at"))
    due_at = models.DateTimeField(_("due"))
    provisional = models.BooleanField(_("provisional"))
    days = models.JSONField(_("days counted"))
    due_soon_at = models.DateTimeField(_("due soon at"))
    last_call_at = models.DateTimeField(_("last call at"))
    overdue_at = models.DateTimeField(_("a working day late at"))
    next_alarm_at = models.DateTimeField(_("next alarm"), null=True, blank=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)
    dropped = models.BooleanField(_("stopped without a verdict"), default=False)
    paused_since = models.DateTimeField(_("paused since"), null=True, blank=True)
    breached_at = models.DateTimeField(_("breached at"), null=True, blank=True)
    counted_with = models.PositiveBigIntegerField(_("counted after change"), default=0)

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        indexes = [
            models.Index(
                fields=["next_alarm_at"],
                name="clock_alarms",
                condition=Q(stopped_at=None, next_alarm_at__isnull=False),
            ),
            models.Index(
                fields=["counted_with", "id"], name="clock_to_recount", condition=Q(stopped_at=None)
            ),
            models.Index(
                fields=["due_at", "ticket"],
                name="clock_provisional",
                condition=Q(stopped_at=None, provisional=True),
            ),
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
                | Q(dropped=True)
                | Q(stopped_at__lte=F("due_at"))
                | Q(breached_at__isnull=False),
            ),
            models.CheckConstraint(
                name="clock_dropped_is_stopped",
                condition=Q(dropped=False) | Q(stopped_at__isnull=False),
            ),
            models.CheckConstraint(
                name="clock_paused_has_no_alarm",
                condition=Q(paused_since=None) | Q(next_alarm_at=None, stopped_at=None),
            ),
            models.CheckConstraint(
                name="clock_contact_never_pauses",
                condition=~Q(kind="contact") | Q(paused_since=None),
            ),
        ]


class ClockAlarm(models.Model):
    """A level that has fired; the unique row is what makes it fire once."""

    clock = models.ForeignKey(Clock, models.PROTECT, related_name="alarms", db_index=False)
    level = models.CharField(_("level"), max_length=12, choices=AlarmLevel.choices)
    fired_at = models.DateTimeField(_("fired at"))

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        constraints = [
            models.UniqueConstraint(fields=["clock", "level"], name="alarm_once_per_level")
        ]


class PromiseChange(models.Model):
    """An edit of the calendar or of a policy, and how far the open clocks have followed it.

    Clocks with ``counted_with`` below its id are still to be counted anew: whatever stops in
    the middle, a sweep goes on. ``old`` and ``new`` say what was edited.
    """

    cause = models.CharField(_("cause"), max_length=10, choices=PromiseCause.choices)
    summary = models.CharField(_("summary"), max_length=300)
    old = models.JSONField(_("before"), default=dict)
    new = models.JSONField(_("after"), default=dict)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("author"),
    )
    at = models.DateTimeField(_("at"))
    looked_at = models.PositiveIntegerField(_("clocks looked at"), default=0)
    moved = models.PositiveIntegerField(_("due dates moved"), default=0)
    breached = models.PositiveIntegerField(_("breached by it"), default=0)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    class Meta:
        verbose_name = _("change of the promise")
        verbose_name_plural = _("changes of the promise")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["id"], name="promise_change_open", condition=Q(done_at=None))
        ]
