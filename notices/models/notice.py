"""What a person of the desk is told, in the desk itself."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Notice(models.Model):
    """One thing that one person is told once.

    ``code`` names the text (``notices.words``), ``params`` fills it in; so it is read in the
    reader's language. ``event`` is what makes it once: the same event never notifies the same
    person again, however often the sweep that found it runs. ``path`` is the page to go to.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="notices",
        verbose_name=_("recipient"),
    )
    code = models.CharField(_("code"), max_length=60)
    params = models.JSONField(_("parameters"), default=dict)
    path = models.CharField(_("page"), max_length=300, blank=True)
    event = models.CharField(_("event"), max_length=200)
    created_at = models.DateTimeField(_("created at"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "event"], name="notice_once_per_event")
        ]
        indexes = [
            models.Index(
                fields=["recipient", "-created_at"],
                condition=models.Q(read_at=None),
                name="notice_unread",
            ),
            models.Index(fields=["recipient", "-created_at"], name="notice_by_recipient"),
            models.Index(fields=["event"], name="notice_by_event"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.event}"
