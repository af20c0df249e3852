"""An import: files read into a proposal, which an editor reviews, then applies or discards."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ImportState(models.TextChoices):
    READING = "reading", pgettext_lazy("import", "Being read")
    REFUSED = "refused", pgettext_lazy("import", "Cannot be read")
    PROPOSED = "proposed", _("Waiting for review")
    APPLYING = "applying", pgettext_lazy("import", "Being saved")
    APPLIED = "applied", _("Applied")
    DISCARDED = "discarded", _("Discarded")


WORKED_ON = (ImportState.READING, ImportState.APPLYING)
"""A worker has, or waits for, something to do."""

_WORKED_ON = Q(state__in=["reading", "applying"])
_CLOSED = Q(state__in=["refused", "applied", "discarded"])


class ImportBatch(models.Model):
    """``files`` names what is read ({name, size}, once it was read also form and digest);
    ``proposal`` is what came of it, empty until then.

    What a worker does was asked for by ``asked_by`` at ``asked_at``, in ``language``. ``attempts``
    counts the claims on it: whoever writes names the claim, so that a worker whose lease
    (``claimed_until``) has run out changes nothing. ``step`` of ``steps`` files are read, or
    entries saved. ``choices`` are those that are being saved, or were refused: number of an entry
    → what is taken of it. ``problems`` ({file, code, line, text, params}) say what stood against
    it the last time.
    """

    files = models.JSONField(_("files"))
    proposal = models.JSONField(_("proposal"))
    state = models.CharField(
        _("state"), max_length=12, choices=ImportState.choices, default=ImportState.PROPOSED
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    asked_at = models.DateTimeField(_("asked for at"), null=True, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    claimed_until = models.DateTimeField(_("claimed until"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    step = models.PositiveIntegerField(_("steps done"), default=0)
    steps = models.PositiveIntegerField(_("steps in all"), default=0)
    choices = models.JSONField(_("choices"), default=dict, blank=True)
    problems = models.JSONField(_("problems"), default=list, blank=True)
    created_at = models.DateTimeField(_("created at"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("closed by"),
    )

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["asked_at"], name="import_worked_on", condition=_WORKED_ON),
        ]
        constraints = [
            models.CheckConstraint(
                name="import_state_known", condition=Q(state__in=ImportState.values)
            ),
            models.CheckConstraint(
                name="import_claimed_while_worked_on",
                condition=_WORKED_ON & Q(asked_at__isnull=False)
                | ~_WORKED_ON & Q(claimed_until=None),
            ),
            models.CheckConstraint(
                name="import_closed_only_when_it_is", condition=_CLOSED | Q(closed_at=None)
            ),
        ]

    def __str__(self) -> str:
        return ", ".join(file["name"] for file in self.files)


class ImportUpload(models.Model):
    """The bytes of the file with that ``number`` (from 0 on), until it was read or refused."""

    batch = models.ForeignKey(
        ImportBatch,
        models.CASCADE,
        related_name="uploads",
        db_index=False,
        verbose_name=_("import"),
    )
    number = models.PositiveSmallIntegerField(_("number"))
    data = models.BinaryField(_("bytes"))

    class Meta:
        verbose_name = _("file of an import")
        verbose_name_plural = _("files of imports")
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="import_upload_once")
        ]
