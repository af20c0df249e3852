"""Tables that people take out of the desk: the wish, how far it is, and the file in pieces."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ExportState(models.TextChoices):
    QUEUED = "queued", _("Waiting its turn")
    RUNNING = "running", pgettext_lazy("export", "Being written")
    DONE = "done", _("Ready")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Expired")


class ExportFormat(models.TextChoices):
    CSV = "csv", _("CSV")
    XLSX = "xlsx", _("Excel workbook")


UNDONE = (ExportState.QUEUED, ExportState.RUNNING)

_KNOWN_STATE = Q(state__in=ExportState.values)
_ENDED = ("done", "failed", "cancelled", "expired")


class Export(models.Model):
    """One file that somebody wants. ``query`` is the query string of the page that it was asked on,
    ``language`` that of its words.

    ``attempts`` counts the claims: whoever writes names the claim, so that a worker whose lease
    (``claimed_until``) has run out changes nothing. ``rows_total`` is null until the rows have
    been counted, ``size`` (bytes) until the file is there. ``error`` is a code, never a text.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="exports",
        db_index=False,
        verbose_name=_("owner"),
    )
    kind = models.CharField(_("table"), max_length=40)
    query = models.CharField(_("filters"), max_length=2_000, blank=True)
    file_format = models.CharField(_("format"), max_length=8, choices=ExportFormat.choices)
    language = models.CharField(_("language"), max_length=10)
    state = models.CharField(
        _("state"), max_length=10, choices=ExportState.choices, default=ExportState.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    rows_done = models.PositiveBigIntegerField(_("rows written"), default=0)
    rows_total = models.PositiveBigIntegerField(_("rows in all"), null=True, blank=True)
    size = models.PositiveBigIntegerField(_("bytes"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=40, blank=True)
    created_at = models.DateTimeField(_("asked for at"))
    started_at = models.DateTimeField(_("begun at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="export_by_owner"),
            models.Index(
                fields=["created_at", "id"],
                name="export_undone",
                condition=Q(state__in=["queued", "running"]),
            ),
            models.Index(fields=["expires_at"], name="export_to_expire", condition=Q(state="done")),
            models.Index(
                fields=["finished_at"],
                name="export_to_forget",
                condition=Q(finished_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(name="export_state_known", condition=_KNOWN_STATE),
            models.CheckConstraint(
                name="export_format_known", condition=Q(file_format__in=ExportFormat.values)
            ),
            models.CheckConstraint(
                name="export_claimed_while_running",
                condition=Q(state="running", claimed_until__isnull=False, started_at__isnull=False)
                | (~Q(state="running") & Q(claimed_until=None)),
            ),
            models.CheckConstraint(
                name="export_ended_when_it_is",
                condition=Q(state__in=_ENDED, finished_at__isnull=False)
                | (~Q(state__in=_ENDED) & Q(finished_at=None)),
            ),
            models.CheckConstraint(
                name="export_done_has_a_file_for_a_while",
                condition=~Q(state="done") | Q(size__isnull=False, expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="export_failed_for_a_reason", condition=Q(state="failed") ^ Q(error="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class ExportChunk(models.Model):
    """A piece of a file, by ``number``; those of an attempt that failed stay unread."""

    export = models.ForeignKey(
        Export, models.CASCADE, related_name="chunks", db_index=False, verbose_name=_("export")
    )
    attempt = models.PositiveSmallIntegerField(_("attempt"))
    number = models.PositiveIntegerField(_("number"))
    data = models.BinaryField(_("data"))

    class Meta:
        verbose_name = _("piece of an export")
        verbose_name_plural = _("pieces of exports")
        constraints = [
            models.UniqueConstraint(
                fields=["export", "attempt", "number"], name="export_chunk_once"
            )
        ]


class ReportSubscription(models.Model):
    """Somebody wants the weekly report: of one team, or (``team`` null) of the whole desk."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="report_subscriptions",
        verbose_name=_("person"),
    )
    team = models.ForeignKey(
        "tickets.Team",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("team"),
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("subscription of the weekly report")
        verbose_name_plural = _("subscriptions of the weekly report")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "team"], name="subscription_once", nulls_distinct=False
            )
        ]


class WeeklyReport(models.Model):
    """The report of a week was sent. ``monday`` is that of the week in which it was."""

    monday = models.DateField(_("week"), unique=True)
    sent_at = models.DateTimeField(_("sent at"))

    class Meta:
        verbose_name = _("weekly report")
        verbose_name_plural = _("weekly reports")

    def __str__(self) -> str:
        return f"{self.monday:%Y-%m-%d}"
